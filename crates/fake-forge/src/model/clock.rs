//! The fake's own time.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::Millis;

/// Runs with the machine's clock until it is set; a clock that was set stands still until it is moved.
#[derive(Debug)]
pub(crate) struct Clock {
    base: Millis,
    running_since: Option<Instant>,
}

impl Clock {
    /// A running clock that shows the real time.
    pub(crate) fn running() -> Self {
        Self { base: real_now(), running_since: Some(Instant::now()) }
    }

    pub(crate) fn now(&self) -> Millis {
        let passed = self.running_since.map_or(0, |since| since.elapsed().as_millis());
        self.base + Millis::try_from(passed).unwrap_or(Millis::MAX / 2)
    }

    pub(crate) fn set(&mut self, now: Millis) {
        *self = Self { base: now, running_since: None };
    }

    pub(crate) fn advance(&mut self, millis: Millis) {
        self.base += millis;
    }
}

/// What the machine's clock shows.
pub(crate) fn real_now() -> Millis {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(passed.as_millis()).unwrap_or(Millis::MAX / 2)
}

/// A time as forges write it: UTC, whole seconds, rounded down.
pub(crate) fn iso(at: Millis) -> String {
    let at = jiff::Timestamp::from_second(at.div_euclid(1000)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads an ISO 8601 time; none if it is not one.
pub(crate) fn parse_iso(text: &str) -> Option<Millis> {
    text.parse::<jiff::Timestamp>().ok().map(|at| at.as_millisecond())
}
