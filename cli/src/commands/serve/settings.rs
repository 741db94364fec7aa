//! Where the server listens: flag, variable, operator's file, default.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use forgeline_blueprints::config::operator;

use super::Serve;
use crate::exit::{Exit, Failure};

/// For webhooks when nobody says: a proxy on this machine.
pub(in crate::commands) const LISTEN: &str = "127.0.0.1:8080";
/// For health and metrics when nobody says.
pub(in crate::commands) const ADMIN: &str = "127.0.0.1:9090";
/// Seconds between looks when nobody says.
pub(in crate::commands) const POLL: u64 = 30;

/// What the server is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) listen: SocketAddr,
    pub(super) admin: SocketAddr,
    pub(super) poll: Duration,
    pub(super) proxies: Vec<IpAddr>,
}

impl Settings {
    /// Flags and variables come first, then the operator's file.
    pub(super) fn of(flags: &Serve, file: &operator::Serve) -> anyhow::Result<Self> {
        let listen = address(flags.listen, file.listen.as_deref(), "listen", LISTEN)?;
        let admin = address(flags.admin, file.admin.as_deref(), "admin", ADMIN)?;
        if listen == admin && listen.port() != 0 {
            let message = "webhooks and health have the same address; nobody outside should see health: name another";
            return Err(Failure::new(Exit::Usage, message).into());
        }
        let poll = Duration::from_secs(flags.poll.or(file.poll).unwrap_or(POLL));
        let proxies = file.proxies.iter().map(|text| text.parse().map_err(|_| wrong("proxies", text, "10.0.0.1")));
        Ok(Self { listen, admin, poll, proxies: proxies.collect::<anyhow::Result<_>>()? })
    }
}

fn address(flag: Option<SocketAddr>, file: Option<&str>, key: &str, otherwise: &str) -> anyhow::Result<SocketAddr> {
    match flag {
        Some(address) => Ok(address),
        None => {
            let text = file.unwrap_or(otherwise);
            text.parse().map_err(|_| wrong(key, text, otherwise))
        }
    }
}

fn wrong(key: &str, text: &str, like: &str) -> anyhow::Error {
    let message = format!("`serve.{key}` of the operator's file is `{text}`; write it like `{like}`");
    Failure::new(Exit::Invalid, message).into()
}

#[cfg(test)]
mod tests {
    use forgeline_blueprints::config::operator;

    use super::Settings;
    use crate::{commands::serve::Serve, rehearsal::DryRun};

    fn flags(listen: Option<&str>) -> Serve {
        let listen = listen.map(|text| text.parse().expect("an address"));
        Serve { listen, admin: None, poll: None, how: DryRun::default() }
    }

    #[test]
    fn a_flag_comes_before_the_file_and_that_before_the_default() {
        let file = operator::Serve { listen: Some("[::1]:1".into()), poll: Some(5), ..operator::Serve::default() };
        for (flag, file, expected) in [
            (Some("0.0.0.0:2"), &file, "0.0.0.0:2 127.0.0.1:9090 5"),
            (None, &file, "[::1]:1 127.0.0.1:9090 5"),
            (None, &operator::Serve::default(), "127.0.0.1:8080 127.0.0.1:9090 30"),
        ] {
            let it = Settings::of(&flags(flag), file).expect("settings");
            assert_eq!(format!("{} {} {}", it.listen, it.admin, it.poll.as_secs()), expected);
        }
    }

    #[test]
    fn what_is_no_address_is_named() {
        let here = || operator::Serve::default();
        for (file, word) in [
            (operator::Serve { listen: Some("localhost".into()), ..here() }, "`serve.listen`"),
            (operator::Serve { admin: Some("9090".into()), ..here() }, "`serve.admin`"),
            (operator::Serve { proxies: vec!["10.0.0.0/8".into()], ..here() }, "`serve.proxies`"),
            (operator::Serve { admin: Some("127.0.0.1:8080".into()), ..here() }, "the same address"),
        ] {
            let error = Settings::of(&flags(None), &file).expect_err("wrong").to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
