//! The addresses that forges send to.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::HeaderMap,
    routing::post,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use forgeline_model::{Digest, Secret};

use crate::{
    Answer, Buckets, Hook, Kept, NotKept, Rate, Sink, Source,
    body::{MAX_BYTES, Reader},
    header, hint, origin, verify,
};

/// Header with the secret of a service hook.
const SECRET_HEADER: &str = "x-forgeline-secret";
/// Bodies longer than this are verified on a thread that may take its time.
const LONG: usize = 256 << 10;

/// A secret that the operator names cannot be read; the log says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// Reads the active secrets of a source, at most two; none: it takes nothing. Asked at each request, so that a rotated one
/// is taken without a restart.
pub type Secrets = Arc<dyn Fn(Source) -> Result<Arc<[Secret<String>]>, Unreadable> + Send + Sync>;

/// Told of each answer, and of the time that it took.
pub type Observer = Arc<dyn Fn(Source, Answer, Duration) + Send + Sync>;

/// How much is taken in.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Longest body, bytes.
    pub max_bytes: usize,
    /// Most bytes of bodies in memory at once.
    pub room: usize,
    /// Longest time in which a body arrives.
    pub patience: Duration,
    /// How much one address may send.
    pub rate: Rate,
    /// Proxies that are believed when they say whose request it is, besides those on this machine.
    pub proxies: Vec<IpAddr>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: MAX_BYTES,
            room: 8 * MAX_BYTES,
            patience: Duration::from_secs(10),
            rate: Rate::default(),
            proxies: Vec::new(),
        }
    }
}

/// Takes hooks in. Cheap to clone.
#[derive(Clone)]
pub struct Ingress(Arc<Parts>);

struct Parts {
    sink: Box<dyn Sink>,
    secrets: Secrets,
    observer: Observer,
    proxies: Vec<IpAddr>,
    buckets: Mutex<Buckets>,
    reader: Reader,
    began: Instant,
}

impl Ingress {
    /// Verifies with these secrets and stores in this sink.
    pub fn new(sink: impl Sink, secrets: Secrets, observer: Observer, limits: Limits) -> Self {
        Self(Arc::new(Parts {
            sink: Box::new(sink),
            secrets,
            observer,
            buckets: Mutex::new(Buckets::new(limits.rate)),
            reader: Reader::new(limits.room, limits.max_bytes, limits.patience),
            proxies: limits.proxies,
            began: Instant::now(),
        }))
    }

    async fn take(self, source: Source, request: Request) -> Answer {
        let began = Instant::now();
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|it| it.0.ip());
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let address = origin::address(peer, request.headers(), &self.0.proxies);
        let answer = self.answer(source, address, request).await;
        if matches!(answer, Answer::Unauthentic | Answer::TooLong) {
            self.buckets(|buckets| buckets.charge(address));
            tracing::warn!("a hook for {source} from {address} was refused: {}", answer.word());
        }
        (self.0.observer)(source, answer, began.elapsed());
        answer
    }

    async fn answer(&self, source: Source, address: IpAddr, request: Request) -> Answer {
        let now = self.0.began.elapsed();
        if !self.buckets(|buckets| buckets.take(address, now)) {
            return Answer::TooMany;
        }
        let secrets = match (self.0.secrets)(source) {
            Ok(secrets) if secrets.is_empty() => return Answer::NotTaken,
            Ok(secrets) => secrets,
            Err(Unreadable) => return Answer::Unavailable,
        };
        let (head, body) = request.into_parts();
        // What its head says suffices for: nothing more of it is read.
        if source == Source::AzureDevOps && !knows_secret(&secrets, &head.headers) {
            return Answer::Unauthentic;
        }
        if !self.0.sink.has_room() {
            return Answer::Unavailable;
        }
        let whole = match self.0.reader.read(&head.headers, body).await {
            Ok(whole) => whole,
            Err(answer) => return answer,
        };
        let is_long = whole.bytes.len() > LONG;
        let work = move || {
            let bytes = whole.bytes;
            match source {
                Source::GitHub => of_github(&secrets, &head.headers, bytes),
                Source::AzureDevOps => Ok(of_azure(bytes)),
            }
        };
        let done = if is_long { tokio::task::spawn_blocking(work).await } else { Ok(work()) };
        let hook = match done {
            Ok(Ok(hook)) => hook,
            Ok(Err(answer)) => return answer,
            Err(_) => return Answer::Unavailable,
        };
        if source == Source::GitHub && hook.event == "ping" {
            return Answer::Pong;
        }
        match self.0.sink.keep(hook).await {
            Ok(Kept::New) => Answer::Stored,
            Ok(Kept::Duplicate) => Answer::Duplicate,
            Err(NotKept) => Answer::Unavailable,
        }
    }

    fn buckets<T>(&self, act: impl FnOnce(&mut Buckets) -> T) -> T {
        act(&mut self.0.buckets.lock().expect("no panic while held"))
    }
}

/// What GitHub sends: signed bytes, and headers that say what they are.
fn of_github(secrets: &[Secret<String>], headers: &HeaderMap, body: Vec<u8>) -> Result<Hook, Answer> {
    let said = header::one(headers, "x-hub-signature-256").unwrap_or_default();
    if !verify::signature(secrets, &body, said) {
        return Err(Answer::Unauthentic);
    }
    let form = |kind: &str| kind.trim_start().starts_with("application/x-www-form-urlencoded");
    let hint = hint::github(&body, header::one(headers, "content-type").is_some_and(form));
    let event = header::word(headers, "x-github-event").unwrap_or_else(|| UNKNOWN.to_owned());
    let delivery = header::word(headers, "x-github-delivery").unwrap_or_else(|| Digest::of_bytes(&body).to_string());
    Ok(Hook { source: Source::GitHub, delivery, event, hint, body })
}

/// What Azure DevOps sends: it says in the body what it is.
fn of_azure(body: Vec<u8>) -> Hook {
    let told = hint::azure(&body);
    let delivery = told.delivery.unwrap_or_else(|| Digest::of_bytes(&body).to_string());
    let event = told.event.unwrap_or_else(|| UNKNOWN.to_owned());
    Hook { source: Source::AzureDevOps, delivery, event, hint: told.hint, body }
}

/// The event of a hook that does not say what it is.
const UNKNOWN: &str = "unknown";

/// Whether the secret stands in its header, or as the password of basic authentication.
fn knows_secret(secrets: &[Secret<String>], headers: &HeaderMap) -> bool {
    if let Some(said) = header::one(headers, SECRET_HEADER) {
        return verify::secret(secrets, said);
    }
    let basic = header::one(headers, "authorization").and_then(|text| text.split_once(' '));
    let Some((_, code)) = basic.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic")) else { return false };
    let plain = BASE64_STANDARD.decode(code.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let password = plain.as_deref().and_then(|plain| plain.split_once(':'));
    password.is_some_and(|(_, password)| verify::secret(secrets, password))
}

/// `POST /webhooks/github` and `POST /webhooks/azure-devops`. Serve it with the peer's address as `ConnectInfo`.
pub fn router(ingress: Ingress) -> Router {
    let take = |source: Source| {
        post(move |State(ingress): State<Ingress>, request: Request| async move { ingress.take(source, request).await })
    };
    Source::ALL
        .into_iter()
        .fold(Router::new(), |router, source| router.route(&format!("/webhooks/{source}"), take(source)))
        .with_state(ingress)
}
