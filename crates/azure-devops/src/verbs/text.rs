//! Texts within the limits of Azure DevOps, which counts UTF-16 units.

use forgeline_forge::marker;

const NOTE: &str = "\n\n… the rest is left out: Azure DevOps takes no more.";

/// At most this many units, cut between characters, with a note that something is missing; a marker at the end stays.
pub(super) fn cut(text: &str, most: usize) -> String {
    if units(text) <= most {
        return text.to_owned();
    }
    let tail = match marker::key(text) {
        Some(key) => marker::append("", key),
        None => String::new(),
    };
    let body = if tail.is_empty() { text.to_owned() } else { marker::strip(text) };
    let room = most.saturating_sub(units(NOTE) + units(&tail));
    let mut taken = 0;
    let kept: String = body
        .chars()
        .take_while(|c| {
            taken += c.len_utf16();
            taken <= room
        })
        .collect();
    format!("{kept}{NOTE}{tail}")
}

/// The first line that says something, of at most this many units.
pub(super) fn line(text: &str, most: usize) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if units(line) <= most {
        return line.to_owned();
    }
    let mut taken = 1;
    let mut kept: String = line
        .chars()
        .take_while(|c| {
            taken += c.len_utf16();
            taken <= most
        })
        .collect();
    kept.push('…');
    kept
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests {
    use forgeline_forge::marker;

    use super::{NOTE, cut, line, units};

    #[test]
    fn texts_are_cut_between_characters_and_keep_their_marker() {
        assert_eq!(cut("short", 100), "short");
        let long = marker::append(&"𝄞".repeat(4000), "status:1");
        let cut = cut(&long, 4000);
        assert!(units(&cut) <= 4000 && cut.contains(NOTE), "{}", units(&cut));
        assert_eq!(marker::key(&cut), Some("status:1"));
    }

    #[test]
    fn a_line_is_the_first_that_says_something() {
        assert_eq!(line("\n\n  All is well.  \nMore", 140), "All is well.");
        let cut = line(&"ä".repeat(200), 140);
        assert_eq!((units(&cut), cut.ends_with("ä…")), (140, true));
    }
}
