//! The rule about characters that a reviewer does not see, or sees in another order.

use super::{
    GateInput, RuleOutcome,
    content::line_of,
    verdict::{Answers, Decision},
};

/// `hidden-text`: what a reviewer sees is what is there.
pub(super) fn hidden_text(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    for file in input.files {
        // What is no UTF-8 is the business of `text`.
        if let Some(reason) = std::str::from_utf8(file.content).ok().and_then(fault) {
            answers.about(Decision::Deny, file.path, reason);
        }
    }
    for text in input.texts {
        if let Some(reason) = fault(text.text) {
            answers.about(Decision::Deny, text.place, reason);
        }
    }
    answers.or_passed("nothing hides from a reviewer")
}

/// The first hidden character, with its line.
fn fault(content: &str) -> Option<String> {
    let mut before = None;
    let mut rest = content.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let after = rest.peek().map(|(_, next)| *next);
        let hides = match c {
            // A byte order mark may start a file.
            '\u{feff}' => at > 0,
            _ if is_joiner(c) => !(before.is_some_and(joins) && after.is_some_and(joins)),
            _ if is_selector(c) => before.is_none_or(|it| !is_selectable(it)),
            _ => is_hidden(c),
        };
        if hides {
            let line = line_of(content.as_bytes(), at);
            return Some(format!("line {line} has the invisible or reordering character U+{:04X}", u32::from(c)));
        }
        before = Some(c);
    }
    None
}

/// Characters that hide text or change its order, wherever they stand.
pub(super) fn is_hidden(c: char) -> bool {
    matches!(c,
        // Soft hyphen, grapheme joiner, Arabic letter mark, Hangul and Khmer fillers, Mongolian separator.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        // Zero width, direction marks, line and paragraph separators, embeddings, isolates, invisible operators.
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // More fillers, byte order mark, annotations, shorthand and musical controls, tags.
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// Zero-width joiner and non-joiner: emoji and some scripts need them between their own characters.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Choose the form of the character before them; a run of them carries data that nobody sees.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a joiner may stand beside it: a letter or sign of another script, or an emoji with its selector.
fn joins(c: char) -> bool {
    !c.is_ascii() && !is_joiner(c) && !is_hidden(c) && !c.is_whitespace()
}

/// Whether a selector may follow it. Digits, `#` and `*` become keycaps.
fn is_selectable(c: char) -> bool {
    let visible = !c.is_ascii() && !c.is_whitespace() && !is_hidden(c);
    (visible && !is_selector(c) && !is_joiner(c)) || c.is_ascii_digit() || matches!(c, '#' | '*')
}
