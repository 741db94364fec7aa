//! Markdown that holds an outsider's words.

/// Longest text in a code span, characters.
const MAX_SPAN: usize = 200;

/// A code span on one line: the text cannot end it, mention anybody or close anything.
pub fn code(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(MAX_SPAN)
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_hidden(*c))
        .collect();
    if text.chars().nth(MAX_SPAN).is_some() {
        shown.push('…');
    }
    let fence = "`".repeat(longest_run(&shown) + 1);
    let pad = if shown.starts_with('`') || shown.ends_with('`') || shown.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{shown}{pad}{fence}")
}

/// A fenced block: the text stands in it line by line and cannot end it.
pub fn block(language: &str, text: &str) -> String {
    let text: String =
        text.chars().filter(|c| matches!(c, '\n' | '\t') || !(c.is_control() || is_hidden(*c))).collect();
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", text.trim_end())
}

/// A sentence of our own that quotes values between backticks: the quotes become code spans, and the rest is text that
/// mentions nobody, links nowhere and starts no block.
pub fn sentence(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let paired = parts.len() % 2 == 1;
    let mut shown = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index % 2 == 1 && (paired || index + 1 < parts.len()) {
            shown.push_str(&code(part));
        } else {
            let plain: String = part.chars().filter(|c| !is_hidden(*c)).map(escaped).collect();
            // What looks like an address is none.
            shown.push_str(&plain.replace("://", ":\u{2060}//").replace("www.", "www\u{2060}."));
        }
    }
    shown
}

fn escaped(c: char) -> String {
    match c {
        '<' => "&lt;".to_owned(),
        '&' => "&amp;".to_owned(),
        // Between these and what follows stands nothing that can be seen, and a forge sees no name or number.
        '@' | '#' => format!("{c}\u{2060}"),
        '[' | ']' | '*' | '_' | '|' | '\\' | '~' => format!("\\{c}"),
        c if c.is_whitespace() || c.is_control() => " ".to_owned(),
        c => c.to_string(),
    }
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Characters that hide text or change its order.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' |
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{block, code, sentence};

    #[test]
    fn quotes_are_code_and_the_rest_is_plain() {
        assert_eq!(sentence("`a` is gone"), "`a` is gone");
        assert_eq!(sentence("the field `x_y|z` and <b> of @acme/all, #12"), {
            "the field `x_y|z` and &lt;b> of @\u{2060}acme/all, #\u{2060}12"
        });
        assert_eq!(sentence("an open ` and [a](b)\n# c"), "an open  and \\[a\\](b) #\u{2060} c");
        assert_eq!(sentence("see https://x.y or www.x.y\u{ad}\u{61c}"), "see https:\u{2060}//x.y or www\u{2060}.x.y");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(block("json", "```\nx"), "````json\n```\nx\n````");
    }
}
