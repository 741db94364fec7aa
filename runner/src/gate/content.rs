//! The rule about what a file is made of.

use super::{
    GateInput, RuleOutcome,
    verdict::{Answers, Decision},
};

/// `text`: UTF-8 without characters that a terminal or an editor would obey.
pub(super) fn text(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    for file in input.files {
        match std::str::from_utf8(file.content) {
            Err(error) => {
                answers.about(Decision::Deny, file.path, format!("not UTF-8 from byte {}", error.valid_up_to()));
            }
            Ok(content) => {
                if let Some(reason) = fault(content) {
                    answers.about(Decision::Deny, file.path, reason);
                }
            }
        }
    }
    for text in input.texts {
        if let Some(reason) = fault(text.text) {
            answers.about(Decision::Deny, text.place, reason);
        }
    }
    answers.or_passed("plain UTF-8 text")
}

fn fault(content: &str) -> Option<String> {
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    let (at, c) = content.char_indices().find(|(_, c)| is_control(*c))?;
    Some(format!("line {} has the control character U+{:04X}", line_of(content.as_bytes(), at), u32::from(c)))
}

/// The line, from 1, that this byte is on.
pub(super) fn line_of(content: &[u8], at: usize) -> usize {
    1 + content[..at].iter().filter(|byte| **byte == b'\n').count()
}
