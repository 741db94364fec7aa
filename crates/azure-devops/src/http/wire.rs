//! One request over the wire, once.

use std::{error::Error as _, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};

use super::shown;
use crate::config::ConfigError;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest wait for a whole answer.
const WHOLE: Duration = Duration::from_secs(30);
/// Longest answer that is read, bytes.
const LONGEST_ANSWER: usize = 16 << 20;

/// What came back.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Nothing came back, or not all of it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The request did not leave.
    NotSent(String),
    /// The request may have arrived.
    Lost(String),
}

impl Failure {
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::NotSent(reason) | Self::Lost(reason) => reason,
        }
    }
}

/// Sends requests.
#[derive(Debug)]
pub(crate) struct Wire(reqwest::Client);

impl Wire {
    /// # Errors
    /// [`ConfigError::Client`].
    pub(crate) fn new() -> Result<Self, ConfigError> {
        // Somebody else may have chosen before; then theirs is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A redirect is an answer like any other: the credential follows none.
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("forgeline/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| ConfigError::Client(reason(error)))?;
        Ok(Self(client))
    }

    pub(crate) async fn once(
        &self,
        method: &Method,
        url: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Raw, Failure> {
        let request = self.0.request(method.clone(), url).headers(headers.clone()).body(body.clone());
        let mut answer = request.send().await.map_err(|error| {
            let not_sent = error.is_connect() || error.is_builder();
            if not_sent { Failure::NotSent(reason(error)) } else { Failure::Lost(reason(error)) }
        })?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = BytesMut::new();
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= LONGEST_ANSWER => body.extend_from_slice(&chunk),
                Ok(Some(_)) => {
                    return Err(Failure::Lost(format!("the answer has more than {} MiB", LONGEST_ANSWER >> 20)));
                }
                Ok(None) => return Ok(Raw { status, headers, body: body.freeze() }),
                Err(error) => return Err(Failure::Lost(format!("the answer broke off: {}", reason(error)))),
            }
        }
    }
}

/// The innermost cause; what stands around it says no more than that it failed.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return format!("no answer within {} s", WHOLE.as_secs());
    }
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        said = inner.to_string();
        cause = inner.source();
    }
    shown(&said, 300)
}
