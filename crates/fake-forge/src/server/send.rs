//! Sends webhooks, one after the other.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use sha2::Sha256;
use tokio::net::TcpStream;

use super::Shared;
use super::conditional::hex;
use crate::github;

/// How long a delivery waits for another one that is to overtake it.
const OVERTAKEN_WITHIN: Duration = Duration::from_millis(50);

/// How long a receiver may take; GitHub waits as long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends what is in the queue until the task is dropped.
pub(crate) async fn deliver(shared: Arc<Shared>) {
    loop {
        if shared.lock().deliveries.lone() {
            tokio::time::sleep(OVERTAKEN_WITHIN).await;
        }
        let next = shared.lock().deliveries.next();
        let Some(shipment) = next else {
            shared.queued.notified().await;
            continue;
        };
        let ready = {
            let state = shared.lock();
            let delivery = state.deliveries.get(shipment.id).cloned();
            let hook = state.deliveries.hook.as_ref().map(|hook| (hook.url.clone(), hook.secret.clone()));
            delivery.zip(hook)
        };
        let mut status = 502;
        if let Some((delivery, (url, secret))) = ready {
            let body = Bytes::from(delivery.payload.to_string());
            let headers = github::payload::headers(&delivery, &sign(&secret, &body));
            for _ in 0..shipment.copies {
                let sent = tokio::time::timeout(PATIENCE, post(&url, &headers, body.clone())).await;
                status = sent.ok().flatten().unwrap_or(502);
            }
        }
        let mut state = shared.lock();
        state.deliveries.under_way -= 1;
        if let Some(delivery) = state.deliveries.all.iter_mut().find(|delivery| delivery.id == shipment.id) {
            delivery.status = status;
        }
        drop(state);
        shared.delivered.notify_all();
    }
}

/// The signature of a body: `sha256=` and the HMAC in hexadecimal.
pub(crate) fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    format!("sha256={}", hex(&mac.finalize().into_bytes()))
}

/// Posts to an `http://` address; none if nobody answers.
async fn post(url: &str, headers: &[(&str, String)], body: Bytes) -> Option<u16> {
    let uri: hyper::Uri = url.parse().ok()?;
    let host = uri.authority()?.as_str().to_owned();
    let address = if uri.port_u16().is_some() { host.clone() } else { format!("{host}:80") };
    let stream = TcpStream::connect(address).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    let pump = tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = hyper::Request::post(path).header("host", host);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let response = sender.send_request(request.body(Full::new(body)).ok()?).await.ok()?;
    let status = response.status().as_u16();
    let _ = response.into_body().collect().await;
    pump.abort();
    Some(status)
}
