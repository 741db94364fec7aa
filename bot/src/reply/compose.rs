//! One reply for one comment, whatever it asked.

use super::markdown::{code, counted};
use crate::{CommandLine, command::MAX_COMMANDS};

/// A command of the comment and what is answered to it.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The command's line.
    pub command: &'a CommandLine,
    /// The answer, Markdown from this module.
    pub answer: &'a str,
}

/// The reply to a comment: the answer alone, or each under its command when there are several. `key` goes into the
/// hidden marker by which the reply is found again and edited in place.
pub fn comment(answered: &[Answered<'_>], unread: usize, key: &str) -> String {
    let mut parts: Vec<String> = match answered {
        [one] => vec![one.answer.to_owned()],
        many => many.iter().map(|one| format!("**{}**\n\n{}", code(&one.command.text), one.answer)).collect(),
    };
    if unread > 0 {
        let more = counted(unread, "more command");
        parts.push(format!(
            "A comment may give {MAX_COMMANDS} commands; {more} here {} not read.",
            if unread == 1 { "was" } else { "were" }
        ));
    }
    format!("{}\n\n{}\n", parts.join("\n\n---\n\n"), marker(key))
}

/// The hidden marker for a key. Other characters than letters, digits and `-_.:/#` are spelt as their code.
pub fn marker(key: &str) -> String {
    let mut safe = String::new();
    for c in key.chars() {
        if c.is_ascii_alphanumeric() || "_.:/#".contains(c) || (c == '-' && !safe.ends_with('-')) {
            safe.push(c);
        } else {
            safe += &format!("%{:x}", u32::from(c));
        }
    }
    format!("<!-- forgeline:{safe} -->")
}
