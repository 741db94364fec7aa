//! The hidden marker by which a bot finds its own comment again.
//!
//! An HTML comment on the last line. It counts only in a comment that the bot itself wrote: anybody can type one.

const START: &str = "<!-- forgeline:";
const END: &str = " -->";

/// The body with the marker appended; markers in the body itself are taken out.
pub fn append(body: &str, key: &str) -> String {
    let key: String = key.chars().filter(|c| c.is_ascii_alphanumeric() || "._:/@#-".contains(*c)).collect();
    format!("{}\n\n{START}{}{END}", strip(body).trim_end(), key.replace("--", "-"))
}

/// The key of the marker on the last line, if there is one.
pub fn key(body: &str) -> Option<&str> {
    body.trim_end().lines().next_back()?.strip_prefix(START)?.strip_suffix(END)
}

/// The body without any marker.
pub fn strip(body: &str) -> String {
    let mut rest = body;
    let mut clean = String::with_capacity(body.len());
    while let Some(at) = rest.find(START) {
        clean.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = rest.find("-->").map_or("", |end| &rest[end + 3..]);
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::{append, key, strip};

    #[test]
    fn only_a_marker_on_the_last_line_counts() {
        let body = append("Hello\n", "status:run_1");
        assert_eq!(body, "Hello\n\n<!-- forgeline:status:run_1 -->");
        assert_eq!(key(&body), Some("status:run_1"));
        assert_eq!(key(&format!("{body}\nmore")), None);
        assert_eq!(key("plain"), None);
        assert_eq!(append(&body, "status:run_1"), body, "appending twice changes nothing");
    }

    #[test]
    fn text_cannot_bring_its_own_marker() {
        let body = append("a<!-- forgeline:evil --> b\n<!-- forgeline:open", "k --> <b>");
        assert_eq!(body, "a b\n\n<!-- forgeline:k-b -->");
        assert_eq!(strip(&body), "a b\n\n");
    }
}
