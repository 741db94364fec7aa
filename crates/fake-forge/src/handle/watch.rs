//! What goes wrong by plan, and what was seen.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::FakeForge;
use crate::github;
use crate::server::deliveries::Delivery;
use crate::server::faults::Fault;
use crate::server::limits::LimitSettings;
use crate::server::log::{Problem, Request};

/// The plan of faults of a running fake.
///
/// Patterns are a method and a path, such as `POST /repos/*/*/issues/*/comments`: `*` stands for any method and for one
/// part of a path, `**` for all that follows. Paths are without `/api/v3`.
#[derive(Debug)]
pub struct Faults<'a>(&'a FakeForge);

impl Faults<'_> {
    /// The k-th matching request from now on, counted from 1, meets the fault.
    pub fn on(&self, pattern: &str, kth: u32, fault: Fault) -> &Self {
        self.add(pattern, kth.saturating_sub(1), 1, fault)
    }

    /// The next so many matching requests meet the fault.
    pub fn next(&self, pattern: &str, count: u32, fault: Fault) -> &Self {
        self.add(pattern, 0, count, fault)
    }

    /// All matching requests meet the fault.
    pub fn always(&self, pattern: &str, fault: Fault) -> &Self {
        self.add(pattern, 0, u32::MAX, fault)
    }

    fn add(&self, pattern: &str, skip: u32, hits: u32, fault: Fault) -> &Self {
        self.0.act(|state| state.plan.add(pattern, skip, hits, fault));
        self
    }

    /// Every request takes so many milliseconds longer.
    pub fn latency(&self, millis: u64) -> &Self {
        self.0.act(|state| state.plan.latency_ms = millis);
        self
    }

    /// What is made through the API from now on stays unseen for so many reads: 404, and missing from lists.
    pub fn lag(&self, reads: u32) -> &Self {
        self.0.act(|state| state.world.lag.requests = reads);
        self
    }

    /// Nothing goes wrong any more, but for what is unseen already.
    pub fn clear(&self) -> &Self {
        self.0.act(|state| {
            state.plan.clear();
            state.world.lag.requests = 0;
        });
        self
    }
}

impl FakeForge {
    /// The plan of what goes wrong.
    #[must_use]
    pub fn faults(&self) -> Faults<'_> {
        Faults(self)
    }

    /// Sets how much a credential may ask for.
    pub fn limits(&self, settings: LimitSettings) {
        self.act(|state| state.limits.settings = settings);
    }

    /// All requests so far, in the order in which they came.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().log.requests.clone()
    }

    /// Empties the log of requests, with what was wrong with them.
    pub fn forget_requests(&self) {
        self.shared.lock().log.requests.clear();
    }

    /// What a `GET` of this path and query would show to the owner of everything, whole instead of in pages. It is not
    /// logged, meets no fault or limit, and is for tests that look at what came of something.
    ///
    /// # Panics
    /// If the path is not served or what it names is not there.
    #[must_use]
    pub fn peek(&self, path: &str) -> serde_json::Value {
        let mut state = self.shared.lock();
        github::peek(&mut state, self.shared.base(), path)
    }

    /// Everything that was wrong with requests, answers and webhooks, as sentences; a test holds it to be empty.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let state = self.shared.lock();
        let told = |request: &Request, problem: &Problem| {
            let what = match problem {
                Problem::Request(text) => format!("does not fit the description: {text}"),
                Problem::Answer(text) => format!("bug of the fake: {text}"),
                Problem::TooEarly { remaining_ms } => format!("came {remaining_ms} ms before it was allowed"),
            };
            format!("request {} `{} {}` {what}", request.number, request.method, request.path)
        };
        let requests = state.log.requests.iter();
        let of_requests =
            requests.flat_map(|request| request.problems.iter().map(move |problem| told(request, problem)));
        let of_webhooks = state.log.webhook_problems.iter().map(|problem| format!("bug of the fake: {problem}"));
        of_requests.chain(of_webhooks).collect()
    }

    /// The operations of the API that were used, as `METHOD /path/{parameter}`.
    #[must_use]
    pub fn operations(&self) -> BTreeSet<String> {
        self.shared.lock().log.requests.iter().filter_map(|request| request.operation.clone()).collect()
    }

    /// All operations that the fake serves.
    #[must_use]
    pub fn served() -> BTreeSet<String> {
        github::operation::all().map(github::operation::Operation::name).collect()
    }

    /// The package, with its version, whose description of the API requests and answers are held against.
    #[must_use]
    pub fn description() -> String {
        github::openapi::source()
    }

    /// All deliveries of webhooks so far, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.lock().deliveries.all.clone()
    }

    /// Waits until all deliveries were dealt with; false if that takes longer than `patience`. It blocks the thread: in
    /// a test whose own runtime receives the webhooks, call [`FakeForge::settled`].
    pub fn settle(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        let mut state = self.shared.lock();
        while !state.deliveries.idle() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.delivered.wait_timeout(state, left);
            state = waited.unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
        true
    }

    /// The same without blocking.
    pub async fn settled(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        while !self.shared.lock().deliveries.idle() {
            if Instant::now() >= end {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        true
    }
}
