//! The kinds of value that a field may hold. Each reads a JSON value or says what it must be.

use serde_json::Value;

/// Largest whole number that every JSON reader keeps exact.
pub const MAX_INT: i64 = 9_007_199_254_740_991;

/// One line of 1 to 200 characters.
pub fn string(value: &Value) -> Result<String, String> {
    bounded(value, 1, 200)
}

/// Up to 10 000 characters.
pub fn text(value: &Value) -> Result<String, String> {
    bounded(value, 0, 10_000)
}

/// A whole number.
pub fn int(value: &Value) -> Result<i64, String> {
    int_within(value, -MAX_INT, MAX_INT)
}

/// A whole number between two others, both allowed.
pub fn int_within(value: &Value, low: i64, high: i64) -> Result<i64, String> {
    // JSON Schema counts 2.0 as a whole number.
    let whole = |number: &f64| number.fract() == 0.0 && number.abs() <= MAX_INT as f64;
    let number = value.as_i64().or_else(|| value.as_f64().filter(whole).map(|number| number as i64));
    let number = number.ok_or("must be a whole number")?;
    if (low..=high).contains(&number) { Ok(number) } else { Err(format!("must be from {low} to {high}")) }
}

/// A number.
pub fn number(value: &Value) -> Result<f64, String> {
    number_within(value, f64::MIN, f64::MAX)
}

/// A number between two others, both allowed.
pub fn number_within(value: &Value, low: f64, high: f64) -> Result<f64, String> {
    let number = value.as_f64().filter(|number| number.is_finite()).ok_or("must be a number")?;
    if (low..=high).contains(&number) { Ok(number) } else { Err(format!("must be from {low} to {high}")) }
}

/// An exact decimal as text: up to 15 digits, a point, up to 4 digits.
pub fn decimal(value: &Value) -> Result<String, String> {
    let text = value.as_str().unwrap_or_default();
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = unsigned.split_once('.').map_or((unsigned, None), |(whole, part)| (whole, Some(part)));
    let fits = is_digits(whole, 1, 15)
        && (whole == "0" || !whole.starts_with('0'))
        && part.is_none_or(|part| is_digits(part, 1, 4));
    if fits { Ok(text.to_owned()) } else { Err("must be a decimal number as text, like `19.99`".into()) }
}

/// True or false.
pub fn bool(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "must be true or false".into())
}

/// A day, `2026-01-31`.
pub fn date(value: &Value) -> Result<String, String> {
    let text = value.as_str().unwrap_or_default();
    if is_date(text) { Ok(text.to_owned()) } else { Err("must be a date, like `2026-01-31`".into()) }
}

/// A moment, `2026-01-31T12:00:00Z` (RFC 3339).
pub fn datetime(value: &Value) -> Result<String, String> {
    let text = value.as_str().unwrap_or_default();
    if is_datetime(text) { Ok(text.to_owned()) } else { Err("must be a moment, like `2026-01-31T12:00:00Z`".into()) }
}

/// A UUID in its usual form.
pub fn uuid(value: &Value) -> Result<String, String> {
    let text = value.as_str().unwrap_or_default();
    parse_uuid(text).ok_or_else(|| "must be a UUID".into())
}

/// A UUID with hyphens, in lower case.
pub fn parse_uuid(text: &str) -> Option<String> {
    let uuid = uuid::Uuid::try_parse(text).ok()?;
    (text.len() == 36).then(|| uuid.to_string())
}

/// An e-mail address.
pub fn email(value: &Value) -> Result<String, String> {
    let text = value.as_str().unwrap_or_default();
    if is_email(text) { Ok(text.to_owned()) } else { Err("must be an e-mail address".into()) }
}

/// One of a list of words.
pub fn one_of(value: &Value, words: &[&str]) -> Result<String, String> {
    match value.as_str().filter(|text| words.contains(text)) {
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("must be one of: {}", words.join(", "))),
    }
}

fn bounded(value: &Value, low: usize, high: usize) -> Result<String, String> {
    match value.as_str() {
        Some(text) if (low..=high).contains(&text.chars().count()) => Ok(text.to_owned()),
        _ => Err(format!("must be text of {low} to {high} characters")),
    }
}

fn is_digits(text: &str, low: usize, high: usize) -> bool {
    (low..=high).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    if !(is_digits(year, 4, 4) && is_digits(month, 2, 2) && is_digits(day, 2, 2)) {
        return false;
    }
    let number = |text: &str| text.parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(year), number(month), number(day));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn is_datetime(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't']) else { return false };
    let Some((clock, offset)) = split_offset(time) else { return false };
    let (clock, part) = clock.split_once('.').map_or((clock, None), |(clock, part)| (clock, Some(part)));
    is_date(date) && is_clock(clock, &[24, 60, 61]) && is_clock(offset, &[24, 60]) && part.is_none_or(|part| is_digits(part, 1, 9))
}

/// `12:00:00+01:00` is `12:00:00` and `01:00`.
fn split_offset(time: &str) -> Option<(&str, &str)> {
    match time.strip_suffix(['Z', 'z']) {
        Some(clock) => Some((clock, "00:00")),
        None => time.split_once(['+', '-']),
    }
}

fn is_clock(text: &str, bounds: &[u32]) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    parts.len() == bounds.len()
        && parts.iter().zip(bounds).all(|(part, bound)| is_digits(part, 2, 2) && part.parse::<u32>().is_ok_and(|n| n < *bound))
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte);
    let labels: Vec<&str> = domain.split('.').collect();
    let label = |label: &&str| (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (1..=64).contains(&local.len()) && local.bytes().all(plain) && (2..=4).contains(&labels.len()) && labels.iter().all(label)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn values_are_read_or_refused() {
        for good in ["2026-01-31T12:00:00Z", "2024-02-29t23:59:60.5+01:00"] {
            assert!(super::datetime(&json!(good)).is_ok(), "{good}");
        }
        for bad in ["2026-02-29T12:00:00Z", "2026-01-31 12:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:00:00", ""] {
            assert!(super::datetime(&json!(bad)).is_err(), "{bad}");
        }
        assert!(super::decimal(&json!("-0.50")).is_ok());
        for bad in [json!("01"), json!("1."), json!(".5"), json!(1), json!("1e3")] {
            assert!(super::decimal(&bad).is_err(), "{bad}");
        }
        assert!(super::email(&json!("ana.b+c@example.org")).is_ok());
        for bad in ["ana", "ana@b", "a b@c.de", "@c.de", "a@b..c"] {
            assert!(super::email(&json!(bad)).is_err(), "{bad}");
        }
        assert_eq!(super::int(&json!(2.0)), Ok(2));
        assert!(super::int(&json!(2.5)).is_err());
        assert!(super::int_within(&json!(0), 1, 5).is_err());
        assert!(super::uuid(&json!("6F1F64C8-27A4-4B53-B6AE-0F3C2B1C9D10")).is_ok());
        assert!(super::uuid(&json!("6F1F64C827A44B53B6AE0F3C2B1C9D10")).is_err());
    }
}
