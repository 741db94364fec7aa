//! What must hold before the CEL parser sees a text: it recurses once per level.

use super::MAX_BYTES;

/// Deepest nesting of brackets.
const MAX_DEPTH: usize = 24;
/// Most tokens; chains of operators nest in the tree as deep as they are long.
const MAX_TOKENS: usize = 250;
/// Deepest nesting of `all`, `exists`, `map`, `filter`: each level multiplies the work by the length of a list.
pub(super) const MAX_LOOPS: usize = 2;

/// Why a text is refused, and where.
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) message: String,
}

/// Bounds length, bracket depth and number of tokens; strings must be closed.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    let fault = |offset: usize, message: &str| Err(Fault { offset, message: message.to_owned() });
    if text.len() > MAX_BYTES {
        return fault(0, "it is longer than 4096 bytes");
    }
    if text.trim().is_empty() {
        return fault(0, "it is empty");
    }
    if let Some(at) = text.find(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return fault(at, "it has a control character");
    }
    let (mut depth, mut tokens, mut at) = (0_usize, 0_usize, 0);
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        at = match c {
            '"' | '\'' => match end_of_string(text, at, c) {
                Some(end) => end,
                None => return fault(start, "the text that starts here is not closed"),
            },
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            c if c.is_alphanumeric() || c == '_' => end_of_word(text, at),
            _ => at + c.len_utf8(),
        };
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        tokens += 1;
        if depth > MAX_DEPTH {
            return fault(start, "brackets nest more than 24 deep");
        }
        if tokens > MAX_TOKENS {
            return fault(start, "it has more than 250 tokens; move the decision into a stage's output");
        }
    }
    Ok(())
}

fn end_of_word(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    start + rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
}

/// Raw strings end where others do but for an escaped quote; taking escapes as such in both only ends later.
fn end_of_string(text: &str, start: usize, quote: char) -> Option<usize> {
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    let closing = if text[start..].starts_with(&triple) { triple } else { quote.to_string() };
    let mut at = start + closing.len();
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(&closing) {
            return Some(at + closing.len());
        }
        let mut chars = rest.chars();
        let c = chars.next()?;
        at += c.len_utf8();
        if c == '\\' {
            at += chars.next().map_or(0, char::len_utf8);
        }
    }
    None
}
