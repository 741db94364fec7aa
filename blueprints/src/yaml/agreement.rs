//! Takes a scalar only when every YAML reader reads it in the same way.

use forgeline_model::Diagnostic;
use serde_json::Value;

use super::{
    Entry, Findings, Kind, Node, Place, gate,
    tree::{Raw, RawEntry, RawKind},
};
use crate::codes;

/// Reads the values of a raw tree by both readers and keeps what they agree on.
///
/// A reader that refuses the whole document may do so for one scalar (`.inf`); then the scalar's finding says more.
pub(super) fn settle(raw: Raw, findings: &Findings<'_>) -> Result<Node, Vec<Diagnostic>> {
    let strict = gate::values(findings);
    let plain = plain(findings);
    let failed = plain.is_err() || strict.is_err();
    let mut settling = Settling { findings, failed, found: Vec::new() };
    let root = settling.node(raw, plain.as_ref().ok(), strict.as_ref().ok());
    if !settling.found.is_empty() {
        return Err(settling.found);
    }
    plain.map(|_| ()).and(strict.map(|_| root))
}

fn plain(findings: &Findings<'_>) -> Result<serde_yaml::Value, Vec<Diagnostic>> {
    serde_yaml::from_str(findings.source).map_err(|error| {
        let (line, column) = error.location().map_or((1, 1), |location| (location.line(), location.column()));
        let narrow = |number: usize| u32::try_from(number).unwrap_or(1).max(1);
        let place = Place { line: narrow(line), column: narrow(column), length: 1 };
        vec![findings.at(place, Diagnostic::error(codes::NOT_YAML, format!("not valid YAML: {error}")))]
    })
}

struct Settling<'a> {
    findings: &'a Findings<'a>,
    /// A reader gave no values at all: its own finding counts when no scalar explains it.
    failed: bool,
    found: Vec<Diagnostic>,
}

impl Settling<'_> {
    fn node(&mut self, raw: Raw, plain: Option<&serde_yaml::Value>, strict: Option<&Value>) -> Node {
        let place = raw.place;
        let kind = match raw.kind {
            RawKind::Scalar { text, plain: false } => Kind::Scalar(Value::String(text)),
            RawKind::Scalar { text, plain: true } => Kind::Scalar(self.scalar(place, text, plain, strict)),
            RawKind::List(items) => {
                let plain = plain.and_then(serde_yaml::Value::as_sequence);
                let read = |index: usize| (plain.and_then(|all| all.get(index)), strict.and_then(|all| all.get(index)));
                let settle = |(index, item)| {
                    let (plain, strict) = read(index);
                    self.node(item, plain, strict)
                };
                Kind::List(items.into_iter().enumerate().map(settle).collect())
            }
            RawKind::Map(entries) => {
                let plain = plain.and_then(serde_yaml::Value::as_mapping);
                Kind::Map(entries.into_iter().map(|entry| self.entry(entry, plain, strict)).collect())
            }
        };
        Node { place, kind }
    }

    fn entry(&mut self, raw: RawEntry, plain: Option<&serde_yaml::Mapping>, strict: Option<&Value>) -> Entry {
        let read = plain.and_then(|map| map.get(raw.key.as_str()));
        if raw.key_plain && ((read.is_none() && !self.failed) || !is_plain_text(&raw.key)) {
            self.quote(raw.key_place, &raw.key);
        }
        let value = self.node(raw.value, read, strict.and_then(|map| map.get(&raw.key)));
        Entry { key: raw.key, key_place: raw.key_place, value }
    }

    fn scalar(
        &mut self,
        place: Place,
        text: String,
        plain: Option<&serde_yaml::Value>,
        strict: Option<&Value>,
    ) -> Value {
        if self.failed {
            if is_disputed(&text) {
                self.quote(place, &text);
            }
            return Value::Null;
        }
        let value = plain.and_then(|plain| serde_json::to_value(plain).ok());
        let agreed = value.filter(|value| Some(value) == strict && reading_is_common(&text, value));
        agreed.unwrap_or_else(|| {
            self.quote(place, &text);
            Value::String(text)
        })
    }

    fn quote(&mut self, place: Place, text: &str) {
        let shown: String = text.chars().take(60).collect();
        let diagnostic = Diagnostic::error(codes::AMBIGUOUS, format!("YAML readers do not agree on what `{shown}` is"))
            .hint(format!(
                "quote it if it is a text: \"{shown}\"; else write a plain number, `true`, `false` or `null`"
            ));
        self.found.push(self.findings.at(place, diagnostic));
    }
}

/// Whether YAML 1.1 and 1.2 readers all read this plain text as this value: JSON's own literals and numbers, and texts
/// that look like nothing else.
fn reading_is_common(text: &str, value: &Value) -> bool {
    match value {
        Value::Null => text.is_empty() || text == "null",
        Value::Bool(value) => text == value.to_string(),
        Value::Number(_) => is_json_number(text),
        Value::String(_) => is_plain_text(text) && !is_old_boolean(text),
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// Whether a plain text is neither a JSON literal, nor a JSON number, nor clearly a text.
fn is_disputed(text: &str) -> bool {
    let literal = matches!(text, "" | "null" | "true" | "false");
    let exact = is_json_number(text) && text.len() <= 15;
    !(literal || exact || (is_plain_text(text) && !is_old_boolean(text)))
}

fn is_json_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    is_digits(whole) && is_digits(fraction) && (whole.len() == 1 || !whole.starts_with('0'))
}

/// Not a number in any dialect: decimal, octal, hexadecimal, binary, with `_`, exponent or sexagesimal.
fn is_plain_text(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    if matches!(lower.as_str(), ".inf" | ".nan" | "~" | "null") {
        return false;
    }
    if ["0x", "0o", "0b"].iter().any(|prefix| {
        lower
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_hexdigit() || b == b'_'))
    }) {
        return false;
    }
    let numeric = lower.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'_' | b'.' | b':' | b'e' | b'+' | b'-'));
    !(numeric && looks_numeric(&lower))
}

/// `12`, `1_000`, `1.5`, `.5`, `1e3`, `1:30:00`; not a version such as `1.2.3` and not a date.
fn looks_numeric(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let has_digit = mantissa.bytes().any(|b| b.is_ascii_digit());
    let one_dot = mantissa.matches('.').count() <= 1;
    let parts = mantissa.split([':', '.']).all(digits);
    has_digit && one_dot && parts && !exponent.is_empty() && digits(exponent)
}

fn is_old_boolean(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "yes" | "no" | "on" | "off" | "y" | "n" | "true" | "false")
}
