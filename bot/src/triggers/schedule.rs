//! Which times of a schedule are due.

use forgeline_blueprints::{
    blueprint::{Misfire, ScheduleTrigger},
    schedule::Schedule,
};
use forgeline_model::Timestamp;

/// Most times that are made up for after a long silence.
const MOST: usize = 24;
/// How long after its time a schedule is still on time: a job that looks every ten minutes, with room to spare.
const ON_TIME_MS: u64 = 15 * 60_000;
/// Times that are counted when they are left out; what is beyond is "at least".
const COUNTED: usize = 1000;

/// What a schedule asks for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Times to start at, earliest first.
    pub starts: Vec<Timestamp>,
    /// How many times are left out; a thousand stands for more.
    pub left_out: usize,
    /// The last time that has passed: all until here is dealt with.
    pub last: Timestamp,
}

/// The schedule of a rule, by what it is told from others: another time is another schedule, another way to deal with missed
/// times is not.
pub fn schedule_id(rule: &ScheduleTrigger) -> String {
    format!("{} {}", rule.cron, rule.time_zone)
}

/// Which times after `seen` are due now. None: no time has passed, also when the clock went back.
pub fn due(schedule: &Schedule, misfire: Misfire, seen: Timestamp, now: Timestamp) -> Option<Due> {
    let passed: Vec<Timestamp> = schedule.until(now).take_while(|time| *time > seen).take(COUNTED).collect();
    let last = *passed.first()?;
    let wanted = match misfire {
        Misfire::Skip => usize::from(now.millis_since(last) <= ON_TIME_MS),
        Misfire::Once => 1,
        Misfire::All => MOST,
    };
    let starts: Vec<Timestamp> = passed.iter().take(wanted).rev().copied().collect();
    Some(Due { left_out: passed.len() - starts.len(), starts, last })
}

#[cfg(test)]
mod tests {
    use forgeline_blueprints::{blueprint::Misfire, schedule::Schedule};
    use forgeline_model::Timestamp;

    use super::due;

    const MINUTE: i64 = 60_000;

    /// An hourly schedule: minutes after midnight at which it was last seen and now, hours that start and times left out.
    #[track_caller]
    fn check(misfire: Misfire, seen: i64, now: i64, expected: Option<(&[i64], usize)>) {
        let schedule = Schedule::parse("0 * * * *", "UTC").expect("valid");
        let at = |minutes: i64| Timestamp::from_millis(minutes * MINUTE);
        let found = due(&schedule, misfire, at(seen), at(now));
        let hours = |found: &super::Due| found.starts.iter().map(|it| it.millis() / MINUTE / 60).collect::<Vec<_>>();
        assert_eq!(
            found.as_ref().map(|found| (hours(found), found.left_out)),
            expected.map(|(hours, left_out)| (hours.to_vec(), left_out))
        );
        if let Some(found) = found {
            assert_eq!(due(&schedule, misfire, found.last, at(now)), None, "once dealt with, it is not due again");
        }
    }

    #[test]
    fn missed_times_are_left_out_or_made_up_for() {
        for misfire in [Misfire::Skip, Misfire::Once, Misfire::All] {
            check(misfire, 60, 119, None);
            check(misfire, 60, 120, Some((&[2], 0)));
            check(misfire, 60, 30, None);
        }
        check(Misfire::Skip, 60, 135, Some((&[2], 0)));
        check(Misfire::Skip, 60, 136, Some((&[], 1)));
        check(Misfire::Skip, 60, 245, Some((&[4], 2)));
        check(Misfire::Once, 60, 239, Some((&[3], 1)));
        check(Misfire::All, 60, 239, Some((&[2, 3], 0)));
        let last: Vec<i64> = (77..=100).collect();
        check(Misfire::All, 0, 100 * 60, Some((&last, 76)));
        check(Misfire::All, 0, 2000 * 60, Some((&(1977..=2000).collect::<Vec<i64>>(), 976)));
    }
}
