//! Bounds on what people write.

use crate::ForgeError;

/// Longest title, characters.
const MAX_TITLE: usize = 256;
/// Longest body, bytes.
const MAX_BODY: usize = 65_536;
/// Longest label, characters.
const MAX_LABEL: usize = 50;

/// A title: one line that is not empty, without surrounding space.
pub(super) fn title(text: &str) -> Result<String, ForgeError> {
    line("the title", text, MAX_TITLE)
}

/// A label's name.
pub(super) fn label(text: &str) -> Result<String, ForgeError> {
    line("the label", text, MAX_LABEL)
}

/// A text of many lines, which may be empty. Line ends become `\n`.
pub(super) fn body(text: &str) -> Result<String, ForgeError> {
    if text.len() > MAX_BODY {
        let reason = format!("it has {} bytes and may have {MAX_BODY}; put the long part into a file", text.len());
        return Err(ForgeError::Invalid { what: "the text", reason });
    }
    if text.contains('\0') {
        return Err(ForgeError::Invalid { what: "the text", reason: "it is binary; give text".to_owned() });
    }
    Ok(text.replace("\r\n", "\n"))
}

fn line(what: &'static str, text: &str, most: usize) -> Result<String, ForgeError> {
    let text = text.trim();
    let refuse = |reason: String| Err(ForgeError::Invalid { what, reason });
    if text.is_empty() {
        return refuse("it is empty".to_owned());
    }
    if text.chars().count() > most {
        return refuse(format!("it is longer than {most} characters"));
    }
    if text.chars().any(char::is_control) {
        return refuse("it has a line break or control character".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{body, label, title};

    #[test]
    fn text_is_bounded() {
        assert_eq!(title(" Add orders ").expect("valid"), "Add orders");
        assert_eq!(body("a\r\nb").expect("valid"), "a\nb");
        assert!(title("").is_err() && title("a\nb").is_err() && title(&"x".repeat(257)).is_err());
        assert!(label(" ").is_err() && label(&"x".repeat(51)).is_err());
        assert!(body("a\0b").is_err() && body(&"x".repeat(65_537)).is_err());
    }
}
