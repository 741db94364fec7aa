//! A notice as mail.

use std::{fs, time::Duration};

use forgeline_store::Notice;
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls as Protection, TlsParameters},
    },
};

use super::{
    NotSent,
    channel::{SmtpChannel, Tls},
    notice::NoticeBody,
    text,
};
use crate::{outbound, secret};

/// Longest wait for the server's answer to a command.
const TIMEOUT: Duration = Duration::from_secs(10);

type Transport = AsyncSmtpTransport<Tokio1Executor>;

pub(super) async fn send(channel: &SmtpChannel, notice: &Notice, body: &NoticeBody) -> Result<(), NotSent> {
    let message = message(channel, notice, body)?;
    let sent = transport(channel)?.send(message).await;
    sent.map(drop).map_err(|error| {
        let reason = format!("the mail server `{}` did not take it: {error}", channel.host);
        if error.is_permanent() { NotSent::ever(reason) } else { NotSent::now(reason) }
    })
}

fn message(channel: &SmtpChannel, notice: &Notice, body: &NoticeBody) -> Result<Message, NotSent> {
    let address = |text: &str| {
        text.parse::<Mailbox>().map_err(|_| NotSent::ever(format!("`{text}` is no mail address; correct it")))
    };
    let from = address(&channel.from)?;
    // The same identity for a repetition, so that a reader's program shows it once.
    let id = format!("<{}@{}>", notice.key, from.email.domain());
    let mut message =
        Message::builder().from(from).message_id(Some(id)).subject(text::title(body)).header(ContentType::TEXT_PLAIN);
    for receiver in &channel.to {
        message = message.to(address(receiver)?);
    }
    message.body(text::plain(body)).map_err(NotSent::ever)
}

fn transport(channel: &SmtpChannel) -> Result<Transport, NotSent> {
    outbound::use_one_provider();
    let (protection, usual) = match channel.tls {
        Tls::StartTls => (Protection::Required(parameters(channel)?), 587),
        Tls::Implicit => (Protection::Wrapper(parameters(channel)?), 465),
        Tls::None => (Protection::None, 25),
    };
    let mut transport = Transport::builder_dangerous(&channel.host)
        .port(channel.port.unwrap_or(usual))
        .tls(protection)
        .timeout(Some(TIMEOUT));
    if let Some(user) = &channel.user {
        let password = match &channel.password {
            Some(reference) => secret::read(reference).map_err(NotSent::now)?.expose().clone(),
            None => String::new(),
        };
        transport = transport.credentials(Credentials::new(user.clone(), password));
    }
    Ok(transport.build())
}

fn parameters(channel: &SmtpChannel) -> Result<TlsParameters, NotSent> {
    let mut parameters = TlsParameters::builder(channel.host.clone());
    if let Some(path) = &channel.ca {
        let refuse =
            |error: &dyn std::fmt::Display| NotSent::now(format!("`{}` is no certificate: {error}", path.display()));
        let pem = fs::read(path).map_err(|error| refuse(&error))?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| refuse(&error))?);
    }
    parameters.build().map_err(NotSent::now)
}
