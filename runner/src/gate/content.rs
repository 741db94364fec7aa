//! The rule about what a file is made of.

use super::{
    GateInput, RuleOutcome,
    verdict::{Answers, Decision},
};

/// `text`: UTF-8 that shows what it does: no control characters, nothing that hides or reorders what a reviewer sees.
pub(super) fn text(input: &GateInput<'_>) -> Vec<RuleOutcome> {
    let mut answers = Answers::new("text");
    for file in input.files {
        match std::str::from_utf8(file.content) {
            Err(error) => {
                answers.file(Decision::Deny, file.path, format!("not UTF-8 from byte {}", error.valid_up_to()));
            }
            Ok(content) => {
                if let Some(message) = fault(content) {
                    answers.file(Decision::Deny, file.path, message);
                }
            }
        }
    }
    for text in input.texts {
        if let Some(message) = fault(text.text) {
            answers.whole(Decision::Deny, format!("{}: {message}", text.place));
        }
    }
    answers.or_passed("plain UTF-8 text")
}

fn fault(content: &str) -> Option<String> {
    let (at, c) = content.char_indices().find(|(at, c)| is_control(*c) || (is_hidden(*c) && !is_mark(*at, *c)))?;
    let line = line_of(content.as_bytes(), at);
    let what = if is_control(c) { "control" } else { "invisible or reordering" };
    Some(format!("line {line} has the {what} character U+{:04X}", u32::from(c)))
}

fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}')
}

/// A byte order mark, which may start a file.
fn is_mark(at: usize, c: char) -> bool {
    at == 0 && c == '\u{feff}'
}

/// Characters that hide text or change its order. Joiners are left out: scripts and emoji need them.
pub(super) fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}')
}

/// The line, from 1, that this byte is on.
pub(super) fn line_of(content: &[u8], at: usize) -> usize {
    1 + content[..at].iter().filter(|byte| **byte == b'\n').count()
}
