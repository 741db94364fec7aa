//! When the next request may leave. Values only: the time is an argument.

use forgeline_model::Timestamp;

use super::{Heard, Limits};

/// No wait is longer, whatever an answer says and wherever the clock jumps.
const LONGEST_CLOSED: u64 = 65 * 60_000;
/// Doublings of the wait after a refusal that names no time.
const MOST_DOUBLINGS: u32 = 5;

/// What a request costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It changes nothing.
    Read,
    /// It changes what is there.
    Write,
}

/// Until when nothing may be sent, and when something was last written.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    last_write: Option<Timestamp>,
    closed_until: Option<Timestamp>,
    strikes: u32,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, last_write: None, closed_until: None, strikes: 0 }
    }

    /// The earliest time for a request of this kind; `now` when it may leave at once.
    pub(crate) fn ready_at(&mut self, kind: Kind, now: Timestamp) -> Timestamp {
        // After a jump back of the clock no wait is without end.
        self.last_write = self.last_write.map(|time| time.min(now));
        self.closed_until = self.closed_until.map(|closed| closed.min(now.plus_millis(LONGEST_CLOSED)));
        let mut at = self.closed_until.map_or(now, |closed| closed.max(now));
        if kind == Kind::Write
            && let Some(last) = self.last_write
        {
            at = at.max(last.plus_millis(self.limits.gap_millis));
        }
        at
    }

    /// A request of this kind leaves.
    pub(crate) fn spend(&mut self, kind: Kind, now: Timestamp) {
        if kind == Kind::Write {
            self.last_write = Some(now);
        }
    }

    /// An answer came; if the limits refused the request, until when.
    pub(crate) fn hear(&mut self, heard: &Heard, now: Timestamp) -> Option<Timestamp> {
        let after = heard.retry_after.map(|seconds| now.plus_millis(seconds.saturating_mul(1000)));
        let reset = heard.reset.map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1000)));
        let empty = if heard.remaining == Some(0) { reset } else { None };
        let refused = heard.status == 429 || (heard.status == 503 && after.is_some());
        if !refused {
            if heard.status < 400 && self.closed_until.is_none_or(|closed| closed <= now) {
                self.strikes = 0;
            }
            for until in [after, empty].into_iter().flatten() {
                self.close(until, now);
            }
            return None;
        }
        let until = after.or(empty).unwrap_or_else(|| {
            let own = self.limits.unsaid_wait_millis << self.strikes.min(MOST_DOUBLINGS);
            self.strikes = self.strikes.saturating_add(1);
            now.plus_millis(own)
        });
        // A limit that is over the moment it is told of would be asked for again at once.
        self.close(until.max(now.plus_millis(1000)), now);
        self.closed_until
    }

    fn close(&mut self, until: Timestamp, now: Timestamp) {
        let until = until.min(now.plus_millis(LONGEST_CLOSED));
        if until > now {
            self.closed_until = Some(self.closed_until.map_or(until, |closed| closed.max(until)));
        }
    }
}

#[cfg(test)]
mod tests {
    use forgeline_model::Timestamp;

    use super::{Budget, Heard, Kind, LONGEST_CLOSED, Limits};

    const NOW: i64 = 1_700_000_000_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(NOW + millis)
    }

    fn heard(status: u16, retry_after: Option<u64>) -> Heard {
        Heard { status, retry_after, ..Heard::default() }
    }

    #[test]
    fn a_closed_window_holds_for_all_and_a_gap_for_writes() {
        let mut budget = Budget::new(Limits { gap_millis: 100, ..Limits::default() });
        budget.spend(Kind::Write, at(0));
        assert_eq!(budget.ready_at(Kind::Write, at(10)), at(100));
        assert_eq!(budget.ready_at(Kind::Read, at(10)), at(10));
        assert_eq!(budget.hear(&heard(429, Some(30)), at(10)), Some(at(30_010)));
        assert_eq!(budget.ready_at(Kind::Read, at(20)), at(30_010));
        assert_eq!(budget.hear(&heard(503, Some(40)), at(10)), Some(at(40_010)));
    }

    #[test]
    fn a_slowed_success_and_an_empty_period_close_the_door_too() {
        let mut budget = Budget::new(Limits::default());
        assert_eq!(budget.hear(&heard(200, Some(5)), at(0)), None);
        assert_eq!(budget.ready_at(Kind::Read, at(0)), at(5000));
        let empty = Heard { status: 200, remaining: Some(0), reset: Some(NOW / 1000 + 60), ..Heard::default() };
        assert_eq!(budget.hear(&empty, at(6000)), None);
        assert_eq!(budget.ready_at(Kind::Read, at(6000)), at(60_000));
    }

    #[test]
    fn a_refusal_without_a_time_waits_longer_each_time_and_none_without_end() {
        let mut budget = Budget::new(Limits { unsaid_wait_millis: 1000, ..Limits::default() });
        assert_eq!(budget.hear(&heard(429, None), at(0)), Some(at(1000)));
        assert_eq!(budget.hear(&heard(429, None), at(1000)), Some(at(3000)));
        assert_eq!(budget.hear(&heard(503, None), at(3000)), None, "an outage is no limit");
        let longest = Timestamp::from_millis(NOW + i64::try_from(LONGEST_CLOSED).expect("a number"));
        assert_eq!(budget.hear(&heard(429, Some(u64::MAX)), at(0)), Some(longest));
    }
}
