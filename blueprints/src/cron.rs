//! Schedules: five-field cron expressions and time zones, checked only; nothing here reads a clock.

const FIELDS: [(&str, u32, u32); 5] =
    [("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7)];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Checks minute, hour, day of month, month and day of week; `*`, lists, ranges, steps and English short names.
///
/// # Errors
/// Which field is wrong and what it may hold.
pub(crate) fn check(expression: &str) -> Result<(), String> {
    let fields: Vec<&str> = expression.split_ascii_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!(
            "`{}` has {} fields; write minute, hour, day of month, month and day of week, like `0 6 * * 1`",
            shorten(expression),
            fields.len()
        ));
    }
    for ((name, low, high), text) in FIELDS.into_iter().zip(fields) {
        if !text.split(',').all(|part| is_part(part, name, low, high)) {
            return Err(format!(
                "`{}` is not a {name}; expected {low} to {high}, `*`, lists, ranges or steps",
                shorten(text)
            ));
        }
    }
    Ok(())
}

fn is_part(part: &str, field: &str, low: u32, high: u32) -> bool {
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    if step.is_some_and(|step| !step.parse::<u32>().is_ok_and(|step| (1..=high.max(1)).contains(&step))) {
        return false;
    }
    if range == "*" {
        return true;
    }
    let number = |text: &str| number(text, field).filter(|number| (low..=high).contains(number));
    match range.split_once('-') {
        Some((from, to)) => number(from).zip(number(to)).is_some_and(|(from, to)| from <= to),
        None => number(range).is_some(),
    }
}

fn number(text: &str, field: &str) -> Option<u32> {
    let named = |names: &[&str], first: u32| {
        names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(text))
            .and_then(|at| u32::try_from(at).ok())
            .map(|at| at + first)
    };
    let name = match field {
        "month" => named(&MONTHS, 1),
        "day of week" => named(&DAYS, 0),
        _ => None,
    };
    name.or_else(|| (text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?)
}

/// Checks the form of a time zone's name: `UTC` or `Area/City`. Whether the zone exists is known where schedules run.
///
/// # Errors
/// What to write instead.
pub(crate) fn check_time_zone(name: &str) -> Result<(), String> {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'))
    };
    if name == "UTC" || (name.len() <= 64 && name.contains('/') && name.split('/').all(is_part)) {
        return Ok(());
    }
    Err(format!("`{}` is not a time zone; write `UTC` or an IANA name like `Europe/Berlin`", shorten(name)))
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::{check, check_time_zone};

    #[test]
    fn schedules() {
        for good in ["0 6 * * 1", "*/15 0-6,22 1,15 jan-mar MON-FRI", "0 0 31 12 7"] {
            assert_eq!(check(good), Ok(()), "{good}");
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
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check_time_zone("Europe/Berlin").is_ok() && check_time_zone("UTC").is_ok());
        assert!(check_time_zone("CEST").is_err() && check_time_zone("../etc").is_err());
    }
}
