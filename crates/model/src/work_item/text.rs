//! A work item that comes as a file: bounded, decoded, split into title and body.

use crate::Diagnostic;

use super::clean::clean_line;

/// Longest work item that is read, bytes. A forge's own limit is a quarter of it.
pub const MAX_WORK_ITEM_BYTES: usize = 256 * 1024;

/// Title and body of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextItem {
    /// One line, from `# title`.
    pub title: String,
    /// The rest. The lines up to the title stay as empty lines, so that line numbers are the file's.
    pub body: String,
}

/// Splits a file into title and body, or says why it cannot be a work item.
///
/// A caller that reads a file asks for its size first and never reads more than [`MAX_WORK_ITEM_BYTES`] + 1 bytes.
pub fn read_text(file: &str, bytes: &[u8]) -> Result<TextItem, Box<Diagnostic>> {
    let refuse = |code: &str, message: String, hint: &str| {
        Err(Box::new(Diagnostic::error(code, message).in_file(file).hint(hint)))
    };
    if bytes.len() > MAX_WORK_ITEM_BYTES {
        return refuse(
            "FL0201",
            format!("work item `{file}` is larger than {} KiB", MAX_WORK_ITEM_BYTES / 1024),
            "keep the description short; put long material into the repository and name it",
        );
    }
    if bytes.contains(&0) {
        return refuse("FL0203", format!("work item `{file}` is binary"), "give a Markdown text in UTF-8");
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').replace("\r\n", "\n"),
        Err(error) => {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
            return refuse(
                "FL0202",
                format!("work item `{file}` is not UTF-8: line {line} has a byte that no character has"),
                "save the file as UTF-8",
            );
        }
    };
    let Some((at, line)) = text.lines().enumerate().find(|(_, line)| !line.trim().is_empty()) else {
        return refuse("FL0204", format!("work item `{file}` is empty"), "begin with `# title`");
    };
    let title = clean_line(line.trim_start_matches('#'));
    if title.is_empty() || line.starts_with("##") {
        return refuse("FL0204", format!("work item `{file}` has no title"), "begin with `# title`");
    }
    let rest: Vec<&str> = text.lines().skip(at + 1).collect();
    Ok(TextItem { title, body: "\n".repeat(at + 1) + &rest.join("\n") })
}

#[cfg(test)]
mod tests {
    use super::{MAX_WORK_ITEM_BYTES, read_text};

    #[test]
    fn a_file_has_a_title_and_a_body_with_its_own_line_numbers() {
        let item = read_text("item.md", "\n# Orders\n\nText.\n".as_bytes()).expect("an item");
        assert_eq!(item.title, "Orders");
        assert_eq!(item.body.lines().position(|line| line == "Text."), Some(3));
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_reason() {
        let code = |bytes: &[u8]| read_text("item.md", bytes).expect_err("a refusal").code;
        assert_eq!(code(&vec![b'a'; MAX_WORK_ITEM_BYTES + 1]), "FL0201");
        assert_eq!(code(b"# caf\xe9"), "FL0202");
        assert_eq!(code(b"\x7fELF\0\0"), "FL0203");
        assert_eq!(code(b" \n"), "FL0204");
        assert_eq!(code(b"## Entities\n"), "FL0204");
    }
}
