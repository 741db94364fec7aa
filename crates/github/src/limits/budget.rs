//! When the next request may leave. Values only: the time is an argument.

use std::collections::VecDeque;

use forgeline_model::Timestamp;

use super::{Heard, Limits};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
/// No wait is longer, whatever an answer says and wherever the clock jumps: GitHub's periods last an hour.
const LONGEST_CLOSED: u64 = HOUR + 5 * MINUTE;
/// Doublings of the wait after a secondary limit.
const MOST_DOUBLINGS: u32 = 5;

/// What a request costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It changes nothing.
    Read,
    /// It changes what is there.
    Write,
    /// It makes something.
    Create,
}

impl Kind {
    const fn points(self) -> u32 {
        match self {
            Self::Read => 1,
            Self::Write | Self::Create => 5,
        }
    }
}

/// What was sent lately, and until when nothing may be.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    /// Points of the last minute, oldest first.
    points: VecDeque<(Timestamp, u32)>,
    spent: u32,
    /// Creations of the last hour, oldest first.
    creations: VecDeque<Timestamp>,
    last_write: Option<Timestamp>,
    closed_until: Option<Timestamp>,
    strikes: u32,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            points: VecDeque::new(),
            spent: 0,
            creations: VecDeque::new(),
            last_write: None,
            closed_until: None,
            strikes: 0,
        }
    }

    /// The earliest time for a request of this kind; `now` when it may leave at once.
    pub(crate) fn ready_at(&mut self, kind: Kind, now: Timestamp) -> Timestamp {
        self.forget(now);
        let mut at = self.closed_until.map_or(now, |closed| closed.max(now));
        let mut free = self.limits.points_per_minute.saturating_sub(self.spent);
        for (time, cost) in &self.points {
            if free >= kind.points() {
                break;
            }
            free += cost;
            at = at.max(time.plus_millis(MINUTE));
        }
        if kind != Kind::Read
            && let Some(last) = self.last_write
        {
            at = at.max(last.plus_millis(self.limits.gap_millis));
        }
        if kind == Kind::Create {
            let minute = self.room(self.limits.creations_per_minute, MINUTE);
            let hour = self.room(self.limits.creations_per_hour, HOUR);
            at = at.max(minute.unwrap_or(now)).max(hour.unwrap_or(now));
        }
        at
    }

    /// A request of this kind leaves.
    pub(crate) fn spend(&mut self, kind: Kind, now: Timestamp) {
        self.points.push_back((now, kind.points()));
        self.spent += kind.points();
        if kind != Kind::Read {
            self.last_write = Some(now);
        }
        if kind == Kind::Create {
            self.creations.push_back(now);
        }
    }

    /// An answer came; if the limits refused the request, until when.
    pub(crate) fn hear(&mut self, heard: &Heard, now: Timestamp) -> Option<Timestamp> {
        let after = heard.retry_after.map(|seconds| now.plus_millis(seconds.saturating_mul(1000)));
        let reset = heard.reset.map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1000)));
        let next_period = if heard.remaining == Some(0) { reset } else { None };
        let limited = after.is_some() || heard.remaining == Some(0) || heard.secondary;
        let refused = heard.status == 429 || (heard.status == 403 && limited);
        if !refused {
            if heard.status < 400 && self.closed_until.is_none_or(|closed| closed <= now) {
                self.strikes = 0;
            }
            // An overloaded GitHub says when it wants to be asked again.
            let overloaded = if heard.status == 503 { after } else { None };
            for until in [next_period, overloaded].into_iter().flatten() {
                self.close(until, now);
            }
            return None;
        }
        let until = match after.or(next_period) {
            Some(until) if !heard.secondary => until,
            said => {
                let own = self.limits.secondary_wait_millis << self.strikes.min(MOST_DOUBLINGS);
                self.strikes = self.strikes.saturating_add(1);
                said.map_or(now, |said| said).max(now.plus_millis(own))
            }
        };
        // A limit that is over the moment it is told of would be asked for again at once.
        let until = until.max(now.plus_millis(1000));
        self.close(until, now);
        self.closed_until
    }

    fn close(&mut self, until: Timestamp, now: Timestamp) {
        let until = until.min(now.plus_millis(LONGEST_CLOSED));
        if until > now {
            self.closed_until = Some(self.closed_until.map_or(until, |closed| closed.max(until)));
        }
    }

    /// When there is room for one more, so that no window of this length holds more than `most`.
    fn room(&self, most: usize, window: u64) -> Option<Timestamp> {
        let oldest = self.creations.len().checked_sub(most)?;
        self.creations.get(oldest).map(|time| time.plus_millis(window))
    }

    fn forget(&mut self, now: Timestamp) {
        // After a jump back, what was sent "later" counts as sent now: more caution, never a wait without end.
        for (time, _) in &mut self.points {
            *time = (*time).min(now);
        }
        for time in &mut self.creations {
            *time = (*time).min(now);
        }
        self.last_write = self.last_write.map(|time| time.min(now));
        self.closed_until = self.closed_until.map(|closed| closed.min(now.plus_millis(LONGEST_CLOSED)));
        while let Some((time, cost)) = self.points.front().copied()
            && now.millis_since(time) >= MINUTE
        {
            self.spent -= cost;
            self.points.pop_front();
        }
        while self.creations.front().is_some_and(|time| now.millis_since(*time) >= HOUR) {
            self.creations.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use forgeline_model::Timestamp;

    use super::{Budget, Heard, Kind, Limits};

    const START: i64 = 1_700_000_000_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(START + millis)
    }

    fn budget() -> Budget {
        Budget::new(Limits { gap_millis: 0, ..Limits::default() })
    }

    /// Sends as many as may leave without a wait.
    fn burst(budget: &mut Budget, kind: Kind, now: Timestamp) -> usize {
        let mut sent = 0;
        while budget.ready_at(kind, now) == now {
            budget.spend(kind, now);
            sent += 1;
        }
        sent
    }

    fn refusal(status: u16) -> Heard {
        Heard { status, ..Heard::default() }
    }

    #[test]
    fn eighty_creations_leave_in_a_minute_and_five_hundred_in_an_hour() {
        let mut budget = budget();
        let mut total = 0;
        for minute in 0..60 {
            total += burst(&mut budget, Kind::Create, at(minute * 60_000));
            assert_eq!(total, (usize::try_from(minute).expect("small") * 80 + 80).min(500), "minute {minute}");
        }
        assert_eq!(budget.ready_at(Kind::Create, at(59 * 60_000)), at(60 * 60_000), "an hour after the first");
        assert_eq!(burst(&mut budget, Kind::Create, at(60 * 60_000)), 80, "the first minute's are forgotten");
        assert_eq!(budget.ready_at(Kind::Write, at(60 * 60_000)), at(60 * 60_000), "an edit makes nothing");
    }

    #[test]
    fn no_window_of_a_minute_holds_more_than_eighty() {
        let mut budget = budget();
        assert_eq!(burst(&mut budget, Kind::Create, at(59_000)), 80);
        assert_eq!(burst(&mut budget, Kind::Create, at(61_000)), 0, "the window slides");
        assert_eq!(budget.ready_at(Kind::Create, at(61_000)), at(119_000));
    }

    #[test]
    fn nine_hundred_points_a_minute() {
        let mut budget = budget();
        assert_eq!(burst(&mut budget, Kind::Write, at(0)), 180);
        assert_eq!(budget.ready_at(Kind::Read, at(10)), at(60_000));
        assert_eq!(burst(&mut budget, Kind::Read, at(60_000)), 900);
        assert_eq!(burst(&mut budget, Kind::Write, at(60_001)), 0);
    }

    #[test]
    fn a_write_waits_for_as_many_points_as_it_costs() {
        let mut budget = budget();
        for second in 0..5 {
            budget.spend(Kind::Read, at(second * 1000));
        }
        assert_eq!(burst(&mut budget, Kind::Read, at(5000)), 895);
        assert_eq!(budget.ready_at(Kind::Read, at(5000)), at(60_000));
        assert_eq!(budget.ready_at(Kind::Write, at(5000)), at(64_000), "five reads must be forgotten");
    }

    #[test]
    fn writes_keep_their_distance_and_reads_need_none() {
        let mut budget = Budget::new(Limits { gap_millis: 1000, ..Limits::default() });
        budget.spend(Kind::Write, at(0));
        assert_eq!(budget.ready_at(Kind::Create, at(1)), at(1000));
        assert_eq!(budget.ready_at(Kind::Read, at(1)), at(1));
    }

    #[test]
    fn retry_after_closes_the_window_for_all() {
        let mut budget = budget();
        let heard = Heard { retry_after: Some(30), ..refusal(429) };
        assert_eq!(budget.hear(&heard, at(0)), Some(at(30_000)));
        for kind in [Kind::Read, Kind::Write, Kind::Create] {
            assert_eq!(budget.ready_at(kind, at(29_999)), at(30_000), "{kind:?}");
            assert_eq!(budget.ready_at(kind, at(30_000)), at(30_000), "{kind:?}");
        }
    }

    #[test]
    fn an_empty_period_closes_until_the_next_also_after_success() {
        for (status, refused) in [(200, false), (403, true), (429, true)] {
            let mut budget = budget();
            let heard = Heard { remaining: Some(0), reset: Some(START / 1000 + 120), ..refusal(status) };
            assert_eq!(budget.hear(&heard, at(0)).is_some(), refused, "{status}");
            assert_eq!(budget.ready_at(Kind::Read, at(5)), at(120_000), "{status}");
        }
        let mut budget = budget();
        let heard = Heard { remaining: Some(1), reset: Some(START / 1000 + 120), ..refusal(200) };
        assert_eq!(budget.hear(&heard, at(0)), None);
        assert_eq!(budget.ready_at(Kind::Read, at(5)), at(5), "one is left");
    }

    #[test]
    fn a_secondary_limit_doubles_until_something_succeeds() {
        let secondary = Heard { secondary: true, ..refusal(403) };
        let mut budget = budget();
        assert_eq!(budget.hear(&secondary, at(0)), Some(at(60_000)));
        assert_eq!(budget.hear(&refusal(200), at(10)), None, "an answer that was under way proves nothing");
        assert_eq!(budget.hear(&secondary, at(60_000)), Some(at(180_000)));
        assert_eq!(budget.hear(&refusal(200), at(180_000)), None);
        assert_eq!(budget.hear(&secondary, at(200_000)), Some(at(260_000)), "it starts anew");
        let patient = Heard { retry_after: Some(600), ..secondary };
        assert_eq!(budget.hear(&patient, at(260_000)), Some(at(860_000)), "the longer wait counts");
    }

    #[test]
    fn a_refusal_without_a_word_on_limits_is_none_of_them() {
        let mut budget = budget();
        assert_eq!(budget.hear(&refusal(403), at(0)), None);
        assert_eq!(budget.hear(&refusal(404), at(0)), None);
        assert_eq!(budget.ready_at(Kind::Write, at(0)), at(0));
        assert_eq!(budget.hear(&refusal(429), at(0)), Some(at(60_000)), "a bare 429 is one");
    }

    #[test]
    fn an_overloaded_server_is_left_alone_for_as_long_as_it_says() {
        let mut budget = budget();
        assert_eq!(budget.hear(&Heard { retry_after: Some(7), ..refusal(503) }, at(0)), None);
        assert_eq!(budget.ready_at(Kind::Read, at(0)), at(7000));
    }

    #[test]
    fn neither_a_clock_that_jumps_back_nor_an_absurd_answer_closes_for_ever() {
        let mut budget = budget();
        burst(&mut budget, Kind::Create, at(86_400_000));
        budget.hear(&Heard { retry_after: Some(u64::MAX), ..refusal(429) }, at(86_400_000));
        let wait = budget.ready_at(Kind::Create, at(0)).millis_since(at(0));
        assert!(wait <= 65 * 60_000, "{wait} ms");
    }

    #[test]
    fn whatever_the_order_no_window_holds_more_than_the_limits() {
        for seed in 0..8 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut budget = budget();
            let mut sent: Vec<(i64, Kind)> = Vec::new();
            let mut now = 0;
            while sent.len() < 3000 {
                let kind = [Kind::Read, Kind::Write, Kind::Create][random.usize(..3)];
                // Now and then somebody waits for as long as it takes, as the gate does.
                now = if random.u8(..4) == 0 {
                    budget.ready_at(kind, at(now)).millis() - START
                } else {
                    now + random.i64(0..400)
                };
                if budget.ready_at(kind, at(now)) == at(now) {
                    budget.spend(kind, at(now));
                    sent.push((now, kind));
                }
            }
            for (first, (start, _)) in sent.iter().enumerate() {
                let within = |window: i64| sent[first..].iter().take_while(move |(time, _)| time - start < window);
                let made = |window| within(window).filter(|(_, kind)| *kind == Kind::Create).count();
                let points: u32 = within(60_000).map(|(_, kind)| kind.points()).sum();
                assert!(made(60_000) <= 80 && made(3_600_000) <= 500 && points <= 900, "seed {seed}, from {start} ms");
            }
        }
    }
}
