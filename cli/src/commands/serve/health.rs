//! Whether the parts are well.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

use forgeline_runner::Stop;
use serde_json::{Value, json};
use tokio::sync::watch;

/// What looks, decides and carries out.
pub(super) const ORCHESTRATOR: &str = "orchestrator";
/// What starts agents' processes.
pub(super) const AGENT_HOST: &str = "agentHost";
/// The index.
pub(super) const KNOWLEDGE: &str = "knowledgeSystem";

/// Passes that fail one after the other before the orchestrator counts as unwell.
const FAILURES: u32 = 3;
/// Time that a pass may take besides the time between passes.
const SLACK: Duration = Duration::from_secs(120);

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nobody has looked yet.
    Starting,
    /// It works.
    Healthy,
    /// It is not installed, and is not needed.
    Off,
    /// It does not work.
    Unhealthy,
}

impl State {
    /// In documents.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Off => "off",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// How all parts are.
#[derive(Debug)]
pub(super) struct Health {
    began: Instant,
    poll: Duration,
    seen: Mutex<Seen>,
    ended: watch::Sender<bool>,
}

#[derive(Debug)]
struct Seen {
    parts: BTreeMap<&'static str, State>,
    /// Failed passes since the last good one.
    failures: u32,
    /// When the last good pass ended.
    passed: Option<Instant>,
}

impl Health {
    /// Of a server that passes at least every `poll`.
    pub(super) fn new(poll: Duration) -> Self {
        let parts = [(AGENT_HOST, State::Starting), (KNOWLEDGE, State::Starting)].into();
        let seen = Mutex::new(Seen { parts, failures: 0, passed: None });
        Self { began: Instant::now(), poll, seen, ended: watch::channel(false).0 }
    }

    /// Since the server was started.
    pub(super) fn uptime(&self) -> Duration {
        self.began.elapsed()
    }

    /// Somebody looked at a part.
    pub(super) fn say(&self, part: &'static str, state: State) {
        self.seen().parts.insert(part, state);
    }

    /// A pass ended. How many have failed since the last good one.
    pub(super) fn passed(&self, is_good: bool) -> u32 {
        let mut seen = self.seen();
        if is_good {
            seen.passed = Some(Instant::now());
        }
        seen.failures = if is_good { 0 } else { seen.failures.saturating_add(1) };
        seen.failures
    }

    /// Passes that have failed since the last good one.
    pub(super) fn failures(&self) -> u32 {
        self.seen().failures
    }

    /// Everything else has ended.
    pub(super) fn end(&self) {
        let _ = self.ended.send(true);
    }

    /// Becomes true when everything else has ended.
    pub(super) fn ended(&self) -> Stop {
        self.ended.subscribe()
    }

    /// Each part with its state.
    pub(super) fn parts(&self) -> BTreeMap<&'static str, State> {
        self.parts_at(Instant::now())
    }

    fn parts_at(&self, now: Instant) -> BTreeMap<&'static str, State> {
        let seen = self.seen();
        let since = now.saturating_duration_since(seen.passed.unwrap_or(self.began));
        let is_late = since > 2 * self.poll + SLACK;
        let state = match seen.passed {
            _ if is_late || seen.failures >= FAILURES => State::Unhealthy,
            None => State::Starting,
            Some(_) => State::Healthy,
        };
        let mut parts = seen.parts.clone();
        parts.insert(ORCHESTRATOR, state);
        parts
    }

    /// The document of `/health`, and whether all is well.
    pub(super) fn document(&self, rss: u64) -> (bool, Value) {
        let parts = self.parts();
        let is_well = parts.values().all(|state| *state != State::Unhealthy);
        let words: BTreeMap<&str, &str> = parts.into_iter().map(|(part, state)| (part, state.word())).collect();
        let status = if is_well { State::Healthy } else { State::Unhealthy }.word();
        let document = json!({
            "status": status, "components": words, "uptime": self.uptime().as_secs(), "memoryUsage": {"rss": rss},
        });
        (is_well, document)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no panic while held")
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::json;

    use super::{AGENT_HOST, Health, KNOWLEDGE, ORCHESTRATOR, SLACK, State};

    #[test]
    fn one_part_that_is_unwell_makes_the_whole_unwell() {
        let health = Health::new(Duration::from_secs(30));
        health.say(AGENT_HOST, State::Healthy);
        health.say(KNOWLEDGE, State::Off);
        health.passed(true);
        let (is_well, mut document) = health.document(4096);
        document["uptime"] = 0.into();
        let components = json!({"orchestrator": "healthy", "agentHost": "healthy", "knowledgeSystem": "off"});
        let expected =
            json!({"status": "healthy", "components": components, "uptime": 0, "memoryUsage": {"rss": 4096}});
        assert_eq!((is_well, document), (true, expected));
        health.say(AGENT_HOST, State::Unhealthy);
        let (is_well, document) = health.document(0);
        assert_eq!((is_well, &document["status"]), (false, &json!("unhealthy")));
    }

    #[test]
    fn the_orchestrator_is_unwell_when_passes_fail_or_stay_away() {
        let health = Health::new(Duration::from_secs(30));
        let state = |after: Duration| health.parts_at(Instant::now() + after)[ORCHESTRATOR];
        assert_eq!(state(Duration::ZERO), State::Starting);
        for expected in [State::Starting, State::Starting, State::Unhealthy] {
            health.passed(false);
            assert_eq!(state(Duration::ZERO), expected);
        }
        health.passed(true);
        assert_eq!(state(Duration::from_secs(60)), State::Healthy);
        assert_eq!(state(Duration::from_secs(61) + SLACK), State::Unhealthy);
    }
}
