//! Lengths of time, as definitions write them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
/// Longest period: one year.
const MAX_MS: u64 = 365 * 86_400_000;

/// A length of time: `500ms`, `45s`, `10m`, `1h30m`, `3d`; more than nothing, at most 365 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period(u64);

impl Period {
    /// One hour.
    pub const HOUR: Self = Self(3_600_000);

    /// In milliseconds.
    pub const fn millis(self) -> u64 {
        self.0
    }
}

/// The text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time; write it like `500ms`, `45s`, `10m`, `1h30m` or `3d`, at most `365d`")]
pub struct NotAPeriod(String);

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        parse(text)
            .filter(|millis| (1..=MAX_MS).contains(millis))
            .map(Self)
            .ok_or_else(|| NotAPeriod(text.chars().take(60).collect()))
    }
}

/// Numbers with units, each unit at most once and in falling order.
fn parse(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0_u64;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        let letters = rest[digits..].bytes().take_while(u8::is_ascii_lowercase).count();
        let (_, millis) = units.find(|(unit, _)| *unit == &rest[digits..digits + letters])?;
        total = total.checked_add(number.checked_mul(*millis)?)?;
        rest = &rest[digits + letters..];
    }
    Some(total)
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        for (unit, millis) in UNITS {
            if rest >= millis {
                write!(f, "{}{unit}", rest / millis)?;
                rest %= millis;
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for Period {
    type Error = NotAPeriod;

    fn try_from(text: String) -> Result<Self, NotAPeriod> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Period;

    #[test]
    fn periods_read_and_print() {
        for (text, millis) in
            [("500ms", 500), ("45s", 45_000), ("10m", 600_000), ("1h30m", 5_400_000), ("3d", 259_200_000)]
        {
            let period: Period = text.parse().expect(text);
            assert_eq!((period.millis(), period.to_string()), (millis, text.to_owned()));
        }
        for bad in ["", "0s", "10", "m", "1m1h", "1s1s", "-1s", "1.5h", "366d", "99999999999999999999d", "1 h", "1é"] {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
        }
    }
}
