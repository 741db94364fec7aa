//! Accepts connections.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::serve::{Ending, answer};
use super::wire::Wire;
use super::{Shared, send};
use crate::github;

/// Serves until the task is dropped.
pub(crate) async fn listen(shared: Arc<Shared>, listener: TcpListener) {
    let router = github::router(&shared);
    tokio::spawn(send::deliver(shared.clone()));
    loop {
        // A connection that fails while it is accepted is the peer's loss.
        if let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::spawn(connection(shared.clone(), router.clone(), Wire::new(stream)));
        }
    }
}

/// What ends a connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("reset as planned")]
struct Reset;

async fn connection(shared: Arc<Shared>, router: Router, (wire, cut): (Wire, super::wire::Cut)) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let (shared, router, cut) = (shared.clone(), router.clone(), cut.clone());
        async move {
            match answer(&shared, router, request.map(Body::new)).await {
                Ending::Answer(response) => Ok(response),
                Ending::Reset => {
                    cut.set();
                    Err(Reset)
                }
            }
        }
    });
    // The error is the reset, or a client that went away.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(wire), service).await;
}
