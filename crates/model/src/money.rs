//! Money.

use std::{fmt, iter::Sum, ops::Add, str::FromStr};

use serde::{Deserialize, Serialize};

/// US dollars, counted in millionths so that sums are exact. Text form: `2.00`, `0.000150`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Usd(u64);

impl Usd {
    /// From millionths of a dollar.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// In millionths of a dollar.
    pub const fn micros(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if fraction % 10_000 == 0 {
            write!(f, "{whole}.{:02}", fraction / 10_000)
        } else {
            write!(f, "{whole}.{fraction:06}")
        }
    }
}

/// The text is not an amount of dollars.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount of dollars; write it like `2.00`, with at most six decimals")]
pub struct NotAnAmount(String);

impl FromStr for Usd {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let refuse = || NotAnAmount(text.to_owned());
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        if !digits(whole) || !digits(fraction) || fraction.len() > 6 {
            return Err(refuse());
        }
        let micros: u64 = format!("{fraction:0<6}").parse().map_err(|_| refuse())?;
        let whole: u64 = whole.parse().map_err(|_| refuse())?;
        whole.checked_mul(1_000_000).and_then(|whole| whole.checked_add(micros)).map(Self).ok_or_else(refuse)
    }
}

impl TryFrom<String> for Usd {
    type Error = NotAnAmount;

    fn try_from(text: String) -> Result<Self, NotAnAmount> {
        text.parse()
    }
}

impl From<Usd> for String {
    fn from(amount: Usd) -> Self {
        amount.to_string()
    }
}

impl Add for Usd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::Usd;

    #[test]
    fn amounts_are_exact_and_bad_ones_refused() {
        for (text, micros) in [("2", 2_000_000), ("2.00", 2_000_000), ("0.00015", 150)] {
            assert_eq!(text.parse(), Ok(Usd::from_micros(micros)), "{text}");
        }
        assert_eq!(Usd::from_micros(150).to_string(), "0.000150");
        for bad in ["", ".5", "-1", "1e3", "0.0000001", "99999999999999999999"] {
            assert!(bad.parse::<Usd>().is_err(), "{bad}");
        }
    }
}
