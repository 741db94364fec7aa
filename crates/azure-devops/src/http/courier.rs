//! The transport below `azure_devops_rust_api`: what that crate builds is sent by our rules.
//!
//! Reads are tried three times. A write is tried once: what may have arrived is never sent again. The crate's own retries are
//! off, and it never sees the credential.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request, headers::Headers};
use bytes::Bytes;
use forgeline_forge::remote::Trouble;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::{
    trouble::trouble,
    wire::{Failure, Raw, Wire},
};
use crate::{
    Clock,
    auth::{Credential, Keeper},
    config::{Auth, ConfigError},
    limits::{Gate, Heard, Kind, Limits, Priority},
};

/// Tries of a request that may be repeated.
const TRIES: u32 = 3;
/// First wait between tries, milliseconds; doubled, and up to as much again at random.
const BACKOFF: u64 = 200;

/// What a request does, and so how it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It reads.
    Read,
    /// It changes something.
    Write(Priority),
}

/// Sends requests and obeys the rules.
pub(crate) struct Client {
    wire: Wire,
    keeper: Keeper,
    gate: Gate,
    clock: Arc<dyn Clock>,
}

/// One verb's way to the client.
#[derive(Clone)]
pub(crate) struct Courier {
    pub(crate) client: Arc<Client>,
    pub(crate) manner: Manner,
}

/// What went wrong, on its way through the other crate's errors.
#[derive(Debug, thiserror::Error)]
#[error("{trouble}")]
struct Told {
    trouble: Trouble,
    status: Option<u16>,
}

enum Step {
    Done(Raw),
    Again(String),
}

impl Client {
    /// # Errors
    /// [`ConfigError`].
    pub(crate) fn new(auth: Auth, limits: Limits, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let gate = Gate::new(limits, clock.clone());
        Ok(Self { wire: Wire::new()?, keeper: Keeper::new(auth)?, gate, clock })
    }

    pub(crate) fn now(&self) -> forgeline_model::Timestamp {
        self.clock.now()
    }

    /// The credential itself, for Git.
    pub(crate) async fn secret(&self) -> Result<String, Trouble> {
        self.keeper.get(&self.wire, self.now()).await.map(|credential| credential.secret)
    }

    async fn send(
        &self,
        manner: Manner,
        method: &Method,
        url: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Raw, Told> {
        let plain = |trouble| Told { trouble, status: None };
        let mut credential = self.keeper.get(&self.wire, self.now()).await.map_err(plain)?;
        let mut renewed = false;
        loop {
            let sent = self.send_as(&credential, manner, method, url, headers, body).await;
            let Err(Told { trouble: Trouble::Unauthorized(_), .. }) = &sent else { return sent };
            if renewed {
                return sent;
            }
            renewed = true;
            // A refused credential did nothing, so this is no repetition.
            match self.keeper.renew(&self.wire, self.now(), &credential).await.map_err(plain)? {
                Some(another) => credential = another,
                None => return sent,
            }
        }
    }

    async fn send_as(
        &self,
        credential: &Credential,
        manner: Manner,
        method: &Method,
        url: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Raw, Told> {
        let (kind, priority) = match manner {
            Manner::Read => (Kind::Read, Priority::Work),
            Manner::Write(priority) => (Kind::Write, priority),
        };
        let limited = |until| Told { trouble: Trouble::Limited { until }, status: None };
        let mut headers = headers.clone();
        headers.insert(header::AUTHORIZATION, credential.header.clone());
        let mut tries = 1;
        loop {
            let pass = self.gate.enter(kind, priority).await.map_err(limited)?;
            let outcome = self.wire.once(method, url, &headers, body).await;
            let status = outcome.as_ref().ok().map(|raw| raw.status.as_u16());
            tracing::debug!(%method, url, status, "Azure DevOps");
            let step = match outcome {
                Err(failure) => lost(failure, manner)?,
                Ok(raw) => {
                    if let Some(until) = self.gate.hear(&Heard::new(raw.status.as_u16(), &raw.headers)) {
                        return Err(limited(until));
                    }
                    judge(raw, manner)?
                }
            };
            drop(pass);
            match step {
                Step::Done(raw) => return Ok(raw),
                Step::Again(reason) if tries >= TRIES => {
                    let trouble = Trouble::Unavailable { reason, perhaps_done: false };
                    return Err(Told { trouble, status });
                }
                Step::Again(_) => {
                    let wait = BACKOFF << (tries - 1);
                    tries += 1;
                    self.clock.sleep(wait + fastrand::u64(0..=wait)).await;
                }
            }
        }
    }
}

fn judge(raw: Raw, manner: Manner) -> Result<Step, Told> {
    let reads = manner == Manner::Read;
    let status = raw.status.as_u16();
    match status {
        203 => {}
        200..=299 => {
            let whole = raw.body.is_empty() || serde_json::from_slice::<serde::de::IgnoredAny>(&raw.body).is_ok();
            return match (whole, reads) {
                (true, _) => Ok(Step::Done(raw)),
                (false, true) => Ok(Step::Again("the answer is no whole JSON".to_owned())),
                (false, false) => {
                    let reason = "the answer is no whole JSON".to_owned();
                    let trouble = Trouble::Unavailable { reason, perhaps_done: true };
                    Err(Told { trouble, status: Some(status) })
                }
            };
        }
        500 | 502 | 503 | 504 if reads => return Ok(Step::Again(format!("Azure DevOps answers {}", raw.status))),
        _ => {}
    }
    Err(Told { trouble: trouble(raw.status, &raw.body, !reads), status: Some(status) })
}

fn lost(failure: Failure, manner: Manner) -> Result<Step, Told> {
    let (reason, perhaps_done) = match failure {
        Failure::NotSent(reason) | Failure::Lost(reason) if manner == Manner::Read => return Ok(Step::Again(reason)),
        Failure::NotSent(reason) => (reason, false),
        Failure::Lost(reason) => (reason, true),
    };
    Err(Told { trouble: Trouble::Unavailable { reason, perhaps_done }, status: None })
}

/// What went wrong, and the status of the answer that said so.
pub(crate) fn trouble_of(error: &azure_core::Error) -> (Trouble, Option<u16>) {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(told) = inner.downcast_ref::<Told>() {
            return (told.trouble.clone(), told.status);
        }
        cause = inner.source();
    }
    if let Some(told) = error.downcast_ref::<Told>() {
        return (told.trouble.clone(), told.status);
    }
    (Trouble::Refused("the request cannot be made".to_owned()), None)
}

#[async_trait]
impl HttpClient for Courier {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let refuse = |why: &str| azure_core::Error::with_message(azure_core::error::ErrorKind::Other, why.to_owned());
        // The other crate writes a slash too many after the host, and after what it has no name for.
        let mut url = request.url().clone();
        let path: Vec<&str> = url.path().split('/').filter(|segment| !segment.is_empty()).collect();
        let path = format!("/{}", path.join("/"));
        url.set_path(&path);
        let method: Method = request.method().as_str().parse().map_err(|_| refuse("an unknown method"))?;
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers().iter() {
            let name: HeaderName = name.as_str().parse().map_err(|_| refuse("a header that is none"))?;
            headers.insert(name, HeaderValue::from_str(value.as_str()).map_err(|_| refuse("a header that is none"))?);
        }
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert("x-tfs-fedauthredirect", HeaderValue::from_static("Suppress"));
        let Body::Bytes(body) = request.body() else { return Err(refuse("a body that is a stream")) };
        if body.is_empty() {
            headers.remove(header::CONTENT_TYPE);
        }
        let raw = self
            .client
            .send(self.manner, &method, url.as_str(), &headers, body)
            .await
            .map_err(|told| azure_core::Error::new(azure_core::error::ErrorKind::Other, told))?;
        let mut headers = Headers::new();
        for (name, value) in &raw.headers {
            if let Ok(value) = value.to_str() {
                headers.insert(name.as_str().to_owned(), value.to_owned());
            }
        }
        Ok(AsyncRawResponse::from_bytes(raw.status.as_u16().into(), headers, raw.body))
    }
}

impl fmt::Debug for Courier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Courier").field("manner", &self.manner).finish_non_exhaustive()
    }
}
