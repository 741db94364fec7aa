//! A request until it is answered: its turn, the cache, trying again, redirects.
//!
//! Reads are tried three times. A write is tried once: what may have arrived is never sent again.

use std::sync::Arc;

use bytes::Bytes;
use forgeline_forge::remote::Trouble;
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;

use super::{
    Base, Path,
    cache::{Cache, Kept},
    flights::{Change, Flights, Seat, landed},
    trouble::trouble,
    wire::{Failure, Raw, Wire},
};
use crate::{
    Clock,
    config::ConfigError,
    limits::{Gate, Heard, Kind, Priority},
};

/// Tries of a request that may be repeated.
const TRIES: u32 = 3;
/// First wait between tries, milliseconds; doubled, and up to as much again at random.
const BACKOFF: u64 = 200;
/// Redirects that are followed.
const MOST_REDIRECTS: u32 = 3;

/// The right to ask, as the header that shows it. It prints nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Credential(HeaderValue);

impl Credential {
    /// # Errors
    /// [`Trouble::Unauthorized`] for what no token looks like.
    pub(crate) fn bearer(token: &str) -> Result<Self, Trouble> {
        let bad = || Trouble::Unauthorized("the secret holds characters that no token has".into());
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(|_| bad())?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

/// What a request does, and so how it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It reads; an answer that did not change comes from the cache.
    Read,
    /// It reads, and no cache is involved.
    ReadFresh,
    /// It makes a token: it may be repeated.
    Mint,
    /// It changes something.
    Write(Priority),
    /// It makes something.
    Create(Priority),
}

impl Manner {
    const fn repeatable(self) -> bool {
        matches!(self, Self::Read | Self::ReadFresh | Self::Mint)
    }

    const fn place(self) -> (Kind, Priority) {
        match self {
            Self::Read | Self::ReadFresh | Self::Mint => (Kind::Read, Priority::Work),
            Self::Write(priority) => (Kind::Write, priority),
            Self::Create(priority) => (Kind::Create, priority),
        }
    }
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) body: Option<Value>,
    pub(crate) manner: Manner,
}

/// A success.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// JSON, or empty.
    pub(crate) body: Bytes,
    /// Address of the next page.
    pub(crate) next: Option<String>,
}

/// Sends requests and obeys the rules.
pub(crate) struct Client {
    wire: Wire,
    base: Base,
    cache: Cache,
    flights: Flights,
    clock: Arc<dyn Clock>,
}

enum Step {
    Done(Answer),
    Again(String),
    Elsewhere(String),
}

impl Client {
    /// # Errors
    /// [`ConfigError`].
    pub(crate) fn new(base: Base, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        Ok(Self { wire: Wire::new()?, base, cache: Cache::default(), flights: Flights::default(), clock })
    }

    pub(crate) fn base(&self) -> &Base {
        &self.base
    }

    pub(crate) fn request(&self, method: Method, path: &Path, body: Option<Value>, manner: Manner) -> Request {
        Request { method, url: self.base.api(path.as_str()), body, manner }
    }

    /// A query, which reads though it is posted.
    pub(crate) fn query(&self, body: Value) -> Request {
        Request { method: Method::POST, url: self.base.graphql(), body: Some(body), manner: Manner::ReadFresh }
    }

    pub(crate) async fn send(
        &self,
        credential: &Credential,
        gate: &Gate,
        request: &Request,
    ) -> Result<Answer, Trouble> {
        match request.manner {
            Manner::Read => loop {
                match self.flights.join(credential, &request.url) {
                    Seat::First(flight) => {
                        let outcome = self.send_alone(credential, gate, request).await;
                        flight.land(&outcome);
                        return outcome;
                    }
                    Seat::Other(landing) => {
                        if let Some(outcome) = landed(landing).await {
                            return outcome;
                        }
                    }
                }
            },
            Manner::ReadFresh | Manner::Mint => self.send_alone(credential, gate, request).await,
            Manner::Write(_) | Manner::Create(_) => {
                let _change = Change(&self.flights);
                self.send_alone(credential, gate, request).await
            }
        }
    }

    async fn send_alone(&self, credential: &Credential, gate: &Gate, request: &Request) -> Result<Answer, Trouble> {
        let (kind, priority) = request.manner.place();
        let mut url = request.url.clone();
        let (mut tries, mut redirects) = (1, 0);
        loop {
            let pass = gate.enter(kind, priority).await.map_err(|until| Trouble::Limited { until })?;
            let kept = if request.manner == Manner::Read { self.cache.get(&url) } else { None };
            let headers = headers(credential, kept.as_ref());
            let outcome = self.wire.once(&request.method, &url, headers, request.body.as_ref()).await;
            tracing::debug!(method = %request.method, url, status = outcome.as_ref().ok().map(|raw| raw.status.as_u16()), "GitHub");
            let step = match outcome {
                Err(failure) => lost(failure, request.manner)?,
                Ok(raw) => {
                    if let Some(until) = gate.hear(&Heard::new(raw.status.as_u16(), &raw.headers, &raw.body)) {
                        return Err(Trouble::Limited { until });
                    }
                    self.judge(&url, request, raw, kept)?
                }
            };
            drop(pass);
            match step {
                Step::Done(answer) => return Ok(answer),
                Step::Again(reason) if tries >= TRIES => {
                    return Err(Trouble::Unavailable { reason, perhaps_done: false });
                }
                Step::Again(_) => {
                    let wait = BACKOFF << (tries - 1);
                    tries += 1;
                    self.clock.sleep(wait + fastrand::u64(0..=wait)).await;
                }
                Step::Elsewhere(_) if redirects >= MOST_REDIRECTS => {
                    return Err(Trouble::Unreadable("it leads from one address to the next without end".into()));
                }
                Step::Elsewhere(target) => {
                    redirects += 1;
                    url = target;
                }
            }
        }
    }

    fn judge(&self, url: &str, request: &Request, raw: Raw, kept: Option<Kept>) -> Result<Step, Trouble> {
        let repeatable = request.manner.repeatable();
        match (raw.status.as_u16(), kept) {
            (304, Some(kept)) => Ok(Step::Done(Answer { body: kept.body, next: kept.next })),
            (200..=299, _) => self.success(url, request, raw),
            (301 | 307 | 308, _) if request.method == Method::GET => self.elsewhere(&raw.headers).map(Step::Elsewhere),
            (500 | 502 | 503 | 504, _) if repeatable => Ok(Step::Again(format!("GitHub answers {}", raw.status))),
            _ => Err(trouble(raw.status, &raw.headers, &raw.body, !repeatable)),
        }
    }

    fn success(&self, url: &str, request: &Request, raw: Raw) -> Result<Step, Trouble> {
        let whole = raw.body.is_empty() || serde_json::from_slice::<serde::de::IgnoredAny>(&raw.body).is_ok();
        if !whole {
            let reason = "the answer is no whole JSON".to_owned();
            return if request.manner.repeatable() {
                Ok(Step::Again(reason))
            } else {
                Err(Trouble::Unavailable { reason, perhaps_done: true })
            };
        }
        let next = self.next_page(&raw.headers)?;
        if request.manner == Manner::Read
            && let Some(etag) = raw.headers.get(header::ETAG)
        {
            self.cache.put(url, Kept { etag: etag.clone(), body: raw.body.clone(), next: next.clone() });
        }
        Ok(Step::Done(Answer { body: raw.body, next }))
    }

    fn elsewhere(&self, headers: &HeaderMap) -> Result<String, Trouble> {
        let target = headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        self.base
            .same_host(target)
            .ok_or_else(|| Trouble::Missing("it has moved to another host, where the credential is not taken".into()))
    }

    /// From `<https://…?page=2>; rel="next", <…>; rel="last"`.
    fn next_page(&self, headers: &HeaderMap) -> Result<Option<String>, Trouble> {
        let links = headers.get_all(header::LINK).iter().filter_map(|value| value.to_str().ok());
        let next = links.flat_map(|value| value.split(", <")).find_map(|link| {
            let (target, rest) = link.trim_start_matches('<').split_once('>')?;
            rest.contains("rel=\"next\"").then(|| target.to_owned())
        });
        let foreign = || Trouble::Unreadable("the next page is said to be on another host".into());
        next.map(|target| self.base.same_host(&target).ok_or_else(foreign)).transpose()
    }
}

fn headers(credential: &Credential, kept: Option<&Kept>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, credential.0.clone());
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
    headers.insert("x-github-api-version", HeaderValue::from_static("2022-11-28"));
    if let Some(kept) = kept {
        headers.insert(header::IF_NONE_MATCH, kept.etag.clone());
    }
    headers
}

fn lost(failure: Failure, manner: Manner) -> Result<Step, Trouble> {
    match failure {
        Failure::NotSent(reason) | Failure::Lost(reason) if manner.repeatable() => Ok(Step::Again(reason)),
        Failure::NotSent(reason) => Err(Trouble::Unavailable { reason, perhaps_done: false }),
        Failure::Lost(reason) => Err(Trouble::Unavailable { reason, perhaps_done: true }),
    }
}
