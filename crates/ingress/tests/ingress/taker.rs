//! An ingress whose sink is a list.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, request::Builder},
};
use forgeline_ingress::{Answer, Hook, Ingress, Kept, Limits, NotKept, Rate, Sink, Source, Unreadable, router};
use forgeline_model::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tower::ServiceExt as _;

/// The secret that was always there, and the one before it.
pub(crate) const SECRET: &str = "a-secret-of-the-tests";
pub(crate) const PREVIOUS: &str = "the-one-before-it";

/// Keeps hooks in memory.
#[derive(Clone, Default)]
pub(crate) struct List {
    pub(crate) kept: Arc<Mutex<Vec<Hook>>>,
    numbers: Arc<Mutex<HashSet<String>>>,
    pub(crate) is_full: Arc<AtomicBool>,
    pub(crate) is_broken: Arc<AtomicBool>,
    pub(crate) is_unreadable: Arc<AtomicBool>,
    pub(crate) answers: Arc<Mutex<Vec<Answer>>>,
}

#[async_trait]
impl Sink for List {
    fn has_room(&self) -> bool {
        !self.is_full.load(Ordering::SeqCst)
    }

    async fn keep(&self, hook: Hook) -> Result<Kept, NotKept> {
        if self.is_broken.load(Ordering::SeqCst) {
            return Err(NotKept);
        }
        let is_new = self.numbers.lock().expect("whole").insert(format!("{} {}", hook.source, hook.delivery));
        if !is_new {
            return Ok(Kept::Duplicate);
        }
        self.kept.lock().expect("whole").push(hook);
        Ok(Kept::New)
    }
}

/// The routes, and what came of requests.
pub(crate) struct Taker {
    router: Router,
    pub(crate) list: List,
}

impl Taker {
    pub(crate) fn new() -> Self {
        let without = Rate { per_second: 1e9, burst: 1e9, refused: 0.0 };
        Self::with(Limits { rate: without, ..Limits::default() })
    }

    pub(crate) fn with(limits: Limits) -> Self {
        let list = List::default();
        let (unreadable, answers) = (list.is_unreadable.clone(), list.answers.clone());
        let secrets = move |_: Source| match unreadable.load(Ordering::SeqCst) {
            true => Err(Unreadable),
            false => Ok([SECRET, PREVIOUS].map(|it| Secret::new(it.to_owned())).into()),
        };
        let observe = move |_, answer, _| answers.lock().expect("whole").push(answer);
        let ingress = Ingress::new(list.clone(), Arc::new(secrets), Arc::new(observe), limits);
        Self { router: router(ingress), list }
    }

    /// One that takes nothing from anybody.
    pub(crate) fn deaf() -> Self {
        let list = List::default();
        let ingress =
            Ingress::new(list.clone(), Arc::new(|_| Ok(Arc::from([]))), Arc::new(|_, _, _| {}), Limits::default());
        Self { router: router(ingress), list }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> StatusCode {
        self.router.clone().oneshot(request).await.expect("the router never fails").status()
    }

    /// What was stored, oldest first: `delivery event repository action`.
    pub(crate) fn stored(&self) -> Vec<String> {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        let line = |hook: &Hook| {
            let (repository, action) = (or_none(&hook.hint.repository), or_none(&hook.hint.action));
            format!("{} {} {repository} {action}", hook.delivery, hook.event)
        };
        self.list.kept.lock().expect("whole").iter().map(line).collect()
    }
}

/// GitHub's signature.
pub(crate) fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(body);
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

/// A request from an address.
pub(crate) fn post(to: &str, from: &str) -> Builder {
    let from: SocketAddr = format!("{from}:4711").parse().expect("an address");
    Request::post(format!("/webhooks/{to}")).extension(ConnectInfo(from))
}

/// A whole delivery of GitHub, signed.
pub(crate) fn github(delivery: &str, event: &str, body: &[u8]) -> Request<Body> {
    post("github", "192.0.2.1")
        .header("content-type", "application/json")
        .header("x-github-event", event)
        .header("x-github-delivery", delivery)
        .header("x-hub-signature-256", sign(SECRET, body))
        .body(Body::from(body.to_vec()))
        .expect("a request")
}

/// A whole delivery of Azure DevOps, with its secret.
pub(crate) fn azure(body: &[u8]) -> Request<Body> {
    let request = post("azure-devops", "192.0.2.1").header("x-forgeline-secret", SECRET);
    request.body(Body::from(body.to_vec())).expect("a request")
}
