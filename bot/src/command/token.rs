//! Words of a command line, with their columns.

use super::CommandFault;

/// A word: quotes removed, and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// The word.
    pub(super) text: String,
    /// Column in characters, from 1.
    pub(super) column: usize,
    /// Length in characters, quotes included.
    pub(super) length: usize,
    /// Byte offset in the line.
    pub(super) start: usize,
}

impl Token {
    /// A fault about this word.
    pub(super) fn fault(&self, message: impl Into<String>, hint: impl Into<Option<String>>) -> CommandFault {
        CommandFault { message: message.into(), hint: hint.into(), column: self.column, length: self.length.max(1) }
    }
}

/// Splits at white space. `"…"` and `'…'` keep it, also in the middle of a word (`name="a b"`); `\"` and `\\` stand for
/// themselves within double quotes.
pub(super) fn tokens(line: &str) -> Result<Vec<Token>, CommandFault> {
    let mut found: Vec<Token> = Vec::new();
    let mut chars = line.char_indices().enumerate().peekable();
    while let Some(&(column, (start, c))) = chars.peek() {
        if c.is_whitespace() {
            chars.next();
            continue;
        }
        let mut token = Token { text: String::new(), column: column + 1, length: 0, start };
        let mut quote: Option<(char, usize)> = None;
        while let Some(&(at, (_, c))) = chars.peek() {
            match quote {
                None if c.is_whitespace() => break,
                None if matches!(c, '"' | '\'') => quote = Some((c, at)),
                Some((open, _)) if c == open => quote = None,
                Some(('"', _)) if c == '\\' => {
                    chars.next();
                    token.length += 1;
                    let Some(&(_, (_, escaped))) = chars.peek() else { break };
                    if !matches!(escaped, '"' | '\\') {
                        token.text.push('\\');
                    }
                    token.text.push(escaped);
                }
                _ => token.text.push(c),
            }
            token.length += 1;
            chars.next();
        }
        if let Some((open, at)) = quote {
            return Err(CommandFault {
                message: format!("`{open}` is not closed"),
                hint: Some(format!("add `{open}` where the value ends")),
                column: at + 1,
                length: 1,
            });
        }
        found.push(token);
    }
    Ok(found)
}

/// A word in the one spelling that [`tokens`] reads back as itself.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !matches!(c, '"' | '\'' | '\\');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
