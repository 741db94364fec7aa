//! One request over the wire, once.

use std::{error::Error as _, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use octocrab::{OctoBody, Octocrab};

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

/// Sends requests.
pub(crate) struct Wire {
    crab: Octocrab,
}

impl Wire {
    /// Needs a Tokio runtime around it.
    ///
    /// # Errors
    /// [`ConfigError::Client`].
    pub(crate) fn new() -> Result<Self, ConfigError> {
        let crab = Octocrab::builder()
            .set_connect_timeout(Some(CONNECT))
            .add_header(header::USER_AGENT, concat!("forgeline/", env!("CARGO_PKG_VERSION")).to_owned())
            .build()
            .map_err(|error| ConfigError::Client(reason(&error)))?;
        Ok(Self { crab })
    }

    pub(crate) async fn once(
        &self,
        method: &Method,
        url: &str,
        headers: HeaderMap,
        body: Option<&serde_json::Value>,
    ) -> Result<Raw, Failure> {
        let mut request = http::Request::builder().method(method.clone()).uri(url);
        if let Some(all) = request.headers_mut() {
            *all = headers;
            if body.is_some() {
                all.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
            } else if *method != Method::GET {
                all.insert(header::CONTENT_LENGTH, http::HeaderValue::from_static("0"));
            }
        }
        let body = body.map_or_else(OctoBody::empty, |body| body.to_string().into());
        let request = request.body(body).map_err(|error| Failure::NotSent(error.to_string()))?;
        match tokio::time::timeout(WHOLE, self.answer(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::Lost(format!("no answer within {} s", WHOLE.as_secs()))),
        }
    }

    async fn answer(&self, request: http::Request<OctoBody>) -> Result<Raw, Failure> {
        let answer = self.crab.send(request).await.map_err(|error| {
            if is_unconnected(&error) { Failure::NotSent(reason(&error)) } else { Failure::Lost(reason(&error)) }
        })?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await.map_err(|error| {
            Failure::Lost(if error.is::<LengthLimitError>() {
                format!("the answer has more than {} MiB", LONGEST_ANSWER >> 20)
            } else {
                format!("the answer broke off: {}", reason(&*error))
            })
        })?;
        Ok(Raw { status: head.status, headers: head.headers, body: body.to_bytes() })
    }
}

/// Whether there never was a connection, so that nothing can have arrived.
fn is_unconnected(error: &octocrab::Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(|error| error.is_connect()) {
            return true;
        }
        cause = inner.source();
    }
    false
}

/// The innermost cause; what stands around it says no more than that it failed.
fn reason(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    shown(&innermost.to_string(), 300)
}
