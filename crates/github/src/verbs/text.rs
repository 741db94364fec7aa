//! Texts within GitHub's limits.

const NOTE: &str = "\n\n… the rest is left out: GitHub takes no more.";

/// At most this many bytes, cut between characters, with a note that something is missing.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(most.saturating_sub(NOTE.len()));
    format!("{}{NOTE}", &text[..end])
}

/// The first line that says something, of at most this many characters.
pub(super) fn line(text: &str, most: usize) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.chars().count() <= most {
        return line.to_owned();
    }
    let mut cut: String = line.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::{NOTE, cut, line};

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("short", 100), "short");
        let long = "ä".repeat(40_000);
        let cut = cut(&long, 65_535);
        assert!(cut.len() <= 65_535 && cut.len() > 65_530 && cut.ends_with(NOTE), "{}", cut.len());
        assert!(cut.trim_end_matches(NOTE).chars().all(|c| c == 'ä'));
    }

    #[test]
    fn a_line_is_the_first_that_says_something() {
        assert_eq!(line("\n\n  All is well.  \nMore", 140), "All is well.");
        assert_eq!(line("", 140), "");
        let cut = line(&"ä".repeat(141), 140);
        assert_eq!((cut.chars().count(), cut.ends_with("ä…")), (140, true));
        assert_eq!(line(&"ä".repeat(140), 140).chars().last(), Some('ä'));
    }
}
