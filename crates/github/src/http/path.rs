//! Paths of the API. What people wrote is a segment or a value, never a part of the path's form.

use forgeline_forge::remote::Trouble;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but letters, digits and what RFC 3986 calls unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path of the API with its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    text: String,
    queried: bool,
}

impl Path {
    /// # Errors
    /// [`Trouble::Refused`] for a segment that would be left out or climb on its way, escaped or not.
    pub(crate) fn new(segments: &[&str]) -> Result<Self, Trouble> {
        let mut text = String::new();
        for segment in segments {
            if matches!(*segment, "" | "." | "..") {
                return Err(Trouble::Refused(format!("`{segment}` cannot be asked for by name")));
            }
            text.push('/');
            text.extend(utf8_percent_encode(segment, ESCAPED));
        }
        Ok(Self { text, queried: false })
    }

    #[must_use]
    pub(crate) fn with(mut self, key: &'static str, value: &str) -> Self {
        self.text.push(if self.queried { '&' } else { '?' });
        self.queried = true;
        self.text.push_str(key);
        self.text.push('=');
        self.text.extend(utf8_percent_encode(value, ESCAPED));
        self
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn names_are_escaped_and_never_climb() {
        for (label, path) in [
            ("bug", "/labels/bug"),
            ("a/b?c#d%2e", "/labels/a%2Fb%3Fc%23d%252e"),
            ("good first issue", "/labels/good%20first%20issue"),
            ("größe 😀", "/labels/gr%C3%B6%C3%9Fe%20%F0%9F%98%80"),
            ("../..", "/labels/..%2F.."),
        ] {
            assert_eq!(Path::new(&["labels", label]).expect(label).as_str(), path);
        }
        for label in ["", ".", ".."] {
            Path::new(&["labels", label]).expect_err(label);
        }
        let path = Path::new(&["pulls"]).expect("a path").with("head", "acme:a&b=c").with("state", "open");
        assert_eq!(path.as_str(), "/pulls?head=acme%3Aa%26b%3Dc&state=open");
    }
}
