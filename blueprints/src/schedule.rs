//! The times that a schedule names. Nothing here reads a clock.
//!
//! Where clocks change, a schedule that names its hours (`30 2 * * *`) keeps to once a day: an hour that is skipped is made up
//! at the first moment after it, and of an hour that comes twice the first one counts. One that does not (`*/15 * * * *`)
//! keeps to its distance: nothing is made up, and both hours count.

use std::collections::BTreeSet;

use forgeline_model::Timestamp;
use jiff::{
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, TimeZone},
};

use crate::cron::{Cron, shorten};

/// Days in which a next or previous time is looked for. The rarest one, 29 February, is at most eight years away; the rest is
/// for those of them that must also be a certain weekday.
const MOST_DAYS: usize = 366 * 50;

/// When something is to happen, again and again.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    zone: TimeZone,
}

impl Schedule {
    /// Of a cron expression and the name of a time zone.
    ///
    /// # Errors
    /// What is wrong with which of them.
    pub fn parse(cron: &str, time_zone: &str) -> Result<Self, String> {
        Ok(Self { cron: Cron::parse(cron)?, zone: zone(time_zone)? })
    }

    /// Its times after `after`, earliest first.
    pub fn after(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> {
        // A day earlier, since what is made up after midnight belongs to the day before.
        let first = self.date(after).yesterday();
        let days = std::iter::successors(first.ok(), |day| day.tomorrow().ok()).take(MOST_DAYS);
        days.flat_map(|day| self.on(day)).filter(move |time| *time > after)
    }

    /// Its times until `until` and at it, latest first.
    pub fn until(&self, until: Timestamp) -> impl Iterator<Item = Timestamp> {
        let days = std::iter::successors(Some(self.date(until)), |day| day.yesterday().ok()).take(MOST_DAYS);
        days.flat_map(|day| self.on(day).into_iter().rev()).filter(move |time| *time <= until)
    }

    /// All times of a local day.
    fn on(&self, day: Date) -> BTreeSet<Timestamp> {
        if !self.cron.is_day(day) {
            return BTreeSet::new();
        }
        self.cron.times().flat_map(|(hour, minute)| self.instants(day.at(hour, minute, 0, 0))).collect()
    }

    /// When a local time is: once as a rule, never or twice where clocks change.
    fn instants(&self, local: DateTime) -> Vec<Timestamp> {
        let at = |offset: jiff::tz::Offset| {
            offset.to_timestamp(local).ok().map(|time| Timestamp::from_millis(time.as_millisecond()))
        };
        let found = match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => vec![at(offset)],
            AmbiguousOffset::Gap { .. } if self.cron.any_hour => Vec::new(),
            AmbiguousOffset::Gap { after, .. } => {
                // Read by the later offset, the skipped time lies before the change: the next change is the one that skips it.
                let inside = after.to_timestamp(local).ok();
                vec![inside.and_then(|before| {
                    let change = self.zone.following(before).next()?;
                    Some(Timestamp::from_millis(change.timestamp().as_millisecond()))
                })]
            }
            AmbiguousOffset::Fold { before, after } if self.cron.any_hour => vec![at(before), at(after)],
            AmbiguousOffset::Fold { before, .. } => vec![at(before)],
        };
        found.into_iter().flatten().collect()
    }

    fn date(&self, time: Timestamp) -> Date {
        let time = jiff::Timestamp::from_millisecond(time.millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.zone.to_datetime(time).date()
    }
}

/// The time zone of this name, `UTC` or `Area/City`.
///
/// # Errors
/// There is none; what to write instead.
pub(crate) fn zone(name: &str) -> Result<TimeZone, String> {
    let is_form = name == "UTC" || (name.len() <= 64 && name.contains('/'));
    is_form.then(|| jiff::tz::db().get(name).ok()).flatten().ok_or_else(|| {
        format!("`{}` is not a time zone; write `UTC` or an IANA name like `Europe/Berlin`", shorten(name))
    })
}

#[cfg(test)]
mod tests {
    use forgeline_model::Timestamp;

    use super::{Schedule, zone};

    fn time(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<jiff::Timestamp>().expect("a time").as_millisecond())
    }

    /// Times between two, as `MM-DDTHH:MM` in UTC, and that they are the same looked at from the other end.
    #[track_caller]
    fn check(cron: &str, zone: &str, from: &str, to: &str, expected: &[&str]) {
        let (schedule, from, to) = (Schedule::parse(cron, zone).expect("valid"), time(from), time(to));
        let forward: Vec<Timestamp> = schedule.after(from).take_while(|time| *time <= to).collect();
        let mut back: Vec<Timestamp> = schedule.until(to).take_while(|time| *time > from).collect();
        back.reverse();
        assert_eq!(forward, back, "forward and back");
        let shown: Vec<String> = forward.iter().map(|time| time.to_string()[5..16].to_owned()).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn times_follow_the_zone() {
        let week = ["2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z"];
        check("0 6 * * 1", "UTC", week[0], week[1], &["03-02T06:00"]);
        check("0 6 * * 1", "Europe/Berlin", week[0], week[1], &["03-02T05:00"]);
        check("0 0 4 3 *", "Pacific/Auckland", week[0], week[1], &["03-03T11:00"]);
        check("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z", &["02-29T00:00"]);
        // After a time, not at it; until a time, and at it.
        check("0 6 * * *", "UTC", "2026-03-02T06:00:00Z", "2026-03-03T06:00:00Z", &["03-03T06:00"]);
        check("0 6 * * *", "UTC", "2026-03-02T06:00:00Z", "2026-03-03T05:59:59Z", &[]);
    }

    #[test]
    fn a_skipped_hour_is_made_up_once_if_it_was_named() {
        // In Berlin the clock went from 02:00 to 03:00 on 29 March 2026, at 01:00 in UTC.
        let day = ["2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"];
        check("30 2 * * *", "Europe/Berlin", day[0], day[1], &["03-29T01:00", "03-30T00:30"]);
        check("0,30 2,3 * * *", "Europe/Berlin", day[0], "2026-03-29T12:00:00Z", &["03-29T01:00", "03-29T01:30"]);
        let night = ["2026-03-29T00:15:00Z", "2026-03-29T01:30:00Z"];
        check("*/30 * * * *", "Europe/Berlin", night[0], night[1], &["03-29T00:30", "03-29T01:00", "03-29T01:30"]);
        // Where midnight itself is skipped, the day still has its time: Beirut on 29 March 2026.
        check("0 0 29 3 *", "Asia/Beirut", day[0], day[1], &["03-28T22:00"]);
    }

    #[test]
    fn of_an_hour_that_comes_twice_the_first_counts_if_it_was_named() {
        // In Berlin the clock went from 03:00 back to 02:00 on 25 October 2026, at 01:00 in UTC.
        let day = ["2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"];
        check("30 2 * * *", "Europe/Berlin", day[0], day[1], &["10-25T00:30", "10-26T01:30"]);
        let night = ["2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"];
        check(
            "*/30 * * * *",
            "Europe/Berlin",
            night[0],
            night[1],
            &["10-25T00:30", "10-25T01:00", "10-25T01:30", "10-25T02:00"],
        );
    }

    #[test]
    fn zones() {
        for good in ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"] {
            assert!(zone(good).is_ok(), "{good}");
        }
        for bad in ["CEST", "Europe/Berlim", "../etc", "/etc/localtime", ""] {
            assert!(zone(bad).is_err(), "{bad}");
        }
    }
}
