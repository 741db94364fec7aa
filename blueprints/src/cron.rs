//! Five-field cron expressions: minute, hour, day of month, month and day of week; nothing here reads a clock.

use jiff::civil::Date;

/// A field: what it is called, and its least and greatest value.
type Range = (&'static str, u32, u32);

const MINUTE: Range = ("minute", 0, 59);
const HOUR: Range = ("hour", 0, 23);
const DAY: Range = ("day of month", 1, 31);
const MONTH: Range = ("month", 1, 12);
const WEEKDAY: Range = ("day of week", 0, 7);
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// Days of each month in a leap year.
const LONGEST: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// An expression, read. Each set is a mask with one bit for each value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: u64,
    hours: u64,
    /// Whether the hour is `*` or steps of it: such a schedule counts real hours.
    pub(crate) any_hour: bool,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether a day needs to be in both sets. When both are restricted, one suffices, as cron has always had it.
    both_days: bool,
}

impl Cron {
    /// Reads an expression of `*`, lists, ranges, steps and English short names.
    ///
    /// # Errors
    /// Which field is wrong and what it may hold.
    pub(crate) fn parse(expression: &str) -> Result<Self, String> {
        let fields: Vec<&str> = expression.split_ascii_whitespace().collect();
        let &[minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(format!(
                "`{}` has {} fields; write minute, hour, day of month, month and day of week, like `0 6 * * 1`",
                shorten(expression),
                fields.len()
            ));
        };
        let weekdays = set(weekday, WEEKDAY)?;
        let cron = Self {
            minutes: set(minute, MINUTE)?,
            hours: set(hour, HOUR)?,
            any_hour: hour.starts_with('*'),
            days: set(day, DAY)?,
            months: set(month, MONTH)?,
            // Sunday is 0 and 7.
            weekdays: weekdays | (weekdays >> 7),
            both_days: day.starts_with('*') || weekday.starts_with('*'),
        };
        let is_reached = |(month, longest): (usize, &u32)| {
            holds(cron.months, month as u32 + 1) && (1..=*longest).any(|day| holds(cron.days, day))
        };
        if cron.both_days && !LONGEST.iter().enumerate().any(is_reached) {
            return Err(format!("`{}` never comes: no such month has such a day", shorten(expression)));
        }
        Ok(cron)
    }

    /// Whether it names a time on this day.
    pub(crate) fn is_day(&self, date: Date) -> bool {
        let day = holds(self.days, u32::from(date.day().unsigned_abs()));
        let weekday = holds(self.weekdays, u32::from(date.weekday().to_sunday_zero_offset().unsigned_abs()));
        let is_day = if self.both_days { day && weekday } else { day || weekday };
        is_day && holds(self.months, u32::from(date.month().unsigned_abs()))
    }

    /// Hours and minutes that it names, in order.
    pub(crate) fn times(&self) -> impl Iterator<Item = (i8, i8)> {
        let hours = (0..24_i8).filter(|hour| holds(self.hours, u32::from(hour.unsigned_abs())));
        hours.flat_map(|hour| {
            let minutes = (0..60_i8).filter(|minute| holds(self.minutes, u32::from(minute.unsigned_abs())));
            minutes.map(move |minute| (hour, minute))
        })
    }
}

const fn holds(set: u64, value: u32) -> bool {
    set & (1 << value) != 0
}

fn set(text: &str, range: Range) -> Result<u64, String> {
    text.split(',').try_fold(0, |set, part| Some(set | part_set(part, range)?)).ok_or_else(|| {
        let (name, low, high) = range;
        format!("`{}` is not a {name}; expected {low} to {high}, `*`, lists, ranges or steps", shorten(text))
    })
}

/// `*`, a number or a range, each perhaps with a step. A number with a step goes on to the greatest value.
fn part_set(part: &str, range: Range) -> Option<u64> {
    let (_, low, high) = range;
    let (values, step) = match part.split_once('/') {
        Some((values, step)) => (values, Some(step.parse::<u32>().ok().filter(|step| (1..=high).contains(step))?)),
        None => (part, None),
    };
    let number = |text: &str| number(text, range).filter(|number| (low..=high).contains(number));
    let (from, to) = match values.split_once('-') {
        _ if values == "*" => (low, high),
        Some((from, to)) => (number(from)?, number(to)?),
        None => (number(values)?, if step.is_some() { high } else { number(values)? }),
    };
    if from > to {
        return None;
    }
    Some((from..=to).step_by(step.unwrap_or(1) as usize).fold(0, |set, value| set | (1 << value)))
}

fn number(text: &str, range: Range) -> Option<u32> {
    let named = |names: &[&str], first: u32| {
        let at = names.iter().position(|name| name.eq_ignore_ascii_case(text))?;
        u32::try_from(at).ok().map(|at| at + first)
    };
    let name = match range {
        MONTH => named(&MONTHS, 1),
        WEEKDAY => named(&DAYS, 0),
        _ => None,
    };
    name.or_else(|| (text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?)
}

pub(crate) fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::Cron;

    #[test]
    fn expressions() {
        for good in ["0 6 * * 1", "*/15 0-6,22 1,15 jan-mar MON-FRI", "0 0 31 12 7", "0 0 29 2 *", "0 0 30 2 1"] {
            assert!(Cron::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 8",
            "*/0 * * * *",
            "5-1 * * * *",
            "a * * * *",
            "@daily",
            "* * * * * *",
            "0 0 30 2 *",
            "0 0 31 4,6 *",
        ] {
            assert!(Cron::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn days_are_in_both_sets_or_in_one_of_two() {
        let days = |expression: &str| -> Vec<i8> {
            let cron = Cron::parse(expression).expect("valid");
            (1..=14).filter(|day| cron.is_day(jiff::civil::date(2026, 3, *day))).collect()
        };
        // The first of March 2026 is a Sunday.
        assert_eq!(days("0 0 * * 0"), [1, 8]);
        assert_eq!(days("0 0 * * 7"), [1, 8]);
        assert_eq!(days("0 0 3 * *"), [3]);
        assert_eq!(days("0 0 3 * sun"), [1, 3, 8]);
        assert_eq!(days("0 0 */5 * *"), [1, 6, 11]);
        assert_eq!(days("0 0 */5 * sun"), [1], "a step of `*` restricts the other field, as cron has it");
        assert_eq!(days("0 0 * 4 *"), [0; 0]);
    }

    #[test]
    fn times_of_a_day() {
        let times = |expression: &str| Cron::parse(expression).expect("valid").times().collect::<Vec<_>>();
        assert_eq!(times("*/30 6,5 * * *"), [(5, 0), (5, 30), (6, 0), (6, 30)]);
        assert_eq!(times("50/5 23 * * *"), [(23, 50), (23, 55)]);
    }
}
