//! Makes an outsider's text plain words in Markdown: no markup, no HTML, no mention, no closing word.

use std::sync::LazyLock;

use regex::Regex;

/// Renders as nothing, and breaks what a forge looks for.
const BREAK: &str = "&#8203;";

static CLOSING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b([cfr])(lose[sd]?|ix(?:es|ed)?|esolve[sd]?|los(?:ing)|ixing|esolving)\b(\s*:?\s+)(?:https?://|[\w./-]*#|gh-|ab#)")
        .expect("a constant that a test compiles")
});

/// The text with all that Markdown or a forge would act on made inert. Lines stay lines.
pub fn neutralise(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !is_hidden(*c)).collect();
    let mut marked = String::with_capacity(visible.len());
    let mut from = 0;
    for found in CLOSING.captures_iter(&visible) {
        let initial = found.get(1).expect("the first group always takes part");
        marked.push_str(&visible[from..initial.end()]);
        marked.push('\u{0}');
        from = initial.end();
    }
    marked.push_str(&visible[from..]);
    marked.replace("\r\n", "\n").split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn line(line: &str) -> String {
    let trimmed = line.trim();
    let mut out = String::with_capacity(trimmed.len() + 16);
    let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
    let mut before = None;
    for (index, c) in trimmed.char_indices() {
        let next = trimmed[index + c.len_utf8()..].chars().next();
        match c {
            '\u{0}' => out.push_str(BREAK),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '#' | '+' | '-' | '=' if index == 0 => {
                out.push('\\');
                out.push(c);
                if c == '#' && next.is_some_and(|next| next.is_ascii_digit()) {
                    out.push_str(BREAK);
                }
            }
            '.' | ')' if digits > 0 && index == digits => {
                out.push('\\');
                out.push(c);
            }
            '@' | '#' if next.is_some_and(char::is_alphanumeric) => {
                out.push(c);
                out.push_str(BREAK);
            }
            // A bare address would become a link.
            ':' if next == Some('/') && before.is_some_and(char::is_alphanumeric) => {
                out.push(c);
                out.push_str(BREAK);
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
        before = Some(c);
    }
    out
}

/// Characters that hide or reorder text: zero width, bidirectional control, tag block, variation selectors' kin.
pub(super) fn is_hidden(c: char) -> bool {
    matches!(c, '\u{0}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{1b}' | '\u{e0000}'..='\u{e007f}')
}
