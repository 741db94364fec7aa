//! The text of a commit: what people wrote, and the trailers that only Forgeline writes.

/// A line `Key: value` at the end of a commit message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trailer {
    /// Letters, digits and `-`.
    pub key: String,
    /// One line.
    pub value: String,
}

impl Trailer {
    /// A trailer. Anything that is not allowed in a key, and line breaks in a value, become `-` and a space.
    pub fn new(key: &str, value: &str) -> Self {
        let key = key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        Self { key, value: one_line(value) }
    }
}

/// A message made of `text` and `trailers`. Text cannot smuggle in a trailer: control characters are dropped, and a
/// line that would read as one of ours, as a sign-off or as the start of a patch is quoted with `> `.
pub(crate) fn render(text: &str, trailers: &[Trailer]) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut message = String::new();
    for line in lines.lines() {
        let line: String = line.chars().filter(|c| *c == '\t' || !c.is_control()).collect();
        if must_be_quoted(&line) {
            message.push_str("> ");
        }
        message.push_str(line.trim_end());
        message.push('\n');
    }
    let body = message.trim();
    let mut message = if body.is_empty() { "(no message)".to_owned() } else { body.to_owned() };
    message.push('\n');
    if !trailers.is_empty() {
        message.push('\n');
    }
    for Trailer { key, value } in trailers {
        message.push_str(&format!("{key}: {value}\n"));
    }
    message
}

/// All lines of a message that read as `Forgeline-…: value`, and every trailer of its last paragraph.
///
/// Ours count wherever they stand, because a forge that squashes puts a commit's message, trailers included, in the
/// middle of another one.
pub fn parse_trailers(message: &str) -> Vec<Trailer> {
    let last_paragraph = message.trim_end().rfind("\n\n").map_or(message.len(), |at| at + 2);
    let mut offset = 0;
    let mut found = Vec::new();
    for line in message.split_inclusive('\n') {
        if let Some(trailer) = trailer_line(line.trim_end())
            && (offset >= last_paragraph || is_ours(&trailer.key))
        {
            found.push(trailer);
        }
        offset += line.len();
    }
    found
}

fn trailer_line(line: &str) -> Option<Trailer> {
    let (key, value) = line.split_once(": ")?;
    let valid = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    valid.then(|| Trailer { key: key.to_owned(), value: value.trim().to_owned() })
}

fn is_ours(key: &str) -> bool {
    key.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("forgeline-"))
}

fn must_be_quoted(line: &str) -> bool {
    if line.starts_with("---") || line.starts_with("diff --git ") {
        return true;
    }
    let key = line.trim_start().split(':').next().unwrap_or_default().trim_end();
    let key_like = line.contains(':') && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    key_like && (is_ours(key) || key.to_ascii_lowercase().ends_with("-by"))
}

fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Trailer, parse_trailers, render};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(render(text, &[Trailer::new("Forgeline-Run-Key", "real")]), expected);
        let keys: Vec<_> = parse_trailers(expected).into_iter().map(|trailer| trailer.value).collect();
        assert_eq!(keys, ["real"], "only our own trailer is read back");
    }

    #[test]
    fn text_cannot_inject_trailers() {
        check("Add orders\n\nBody.", "Add orders\n\nBody.\n\nForgeline-Run-Key: real\n");
        check("Forgeline-Run-Key: fake", "> Forgeline-Run-Key: fake\n\nForgeline-Run-Key: real\n");
        check("x\r\rforgeline-RUN-key : fake\u{0}", "x\n\n> forgeline-RUN-key : fake\n\nForgeline-Run-Key: real\n");
        check("x\n\n  Forgeline-Run: a", "x\n\n>   Forgeline-Run: a\n\nForgeline-Run-Key: real\n");
        check("x\n---\nSigned-off-by: a <a@b>", "x\n> ---\n> Signed-off-by: a <a@b>\n\nForgeline-Run-Key: real\n");
        check("x\n\nFo\u{0}rgeline-Run-Key: fake", "x\n\n> Forgeline-Run-Key: fake\n\nForgeline-Run-Key: real\n");
        check(" \n\u{7}\n", "(no message)\n\nForgeline-Run-Key: real\n");
    }

    #[test]
    fn trailer_values_are_one_line() {
        let trailer = Trailer::new("Forgeline Run\n", "a\nForgeline-Run-Key: b\r\n");
        assert_eq!(trailer, Trailer { key: "Forgeline-Run-".into(), value: "a Forgeline-Run-Key: b".into() });
    }

    #[test]
    fn our_trailers_are_found_inside_a_squashed_message() {
        let message = "Title (#7)\n\n* Add orders\n\nForgeline-Run-Key: k1\n\nCo-authored-by: a <a@b>\n";
        let found: Vec<_> = parse_trailers(message).into_iter().map(|t| (t.key, t.value)).collect();
        assert_eq!(found, [("Forgeline-Run-Key".into(), "k1".into()), ("Co-authored-by".into(), "a <a@b>".to_owned())]);
        assert!(parse_trailers("Subject: not a trailer").is_empty());
    }
}
