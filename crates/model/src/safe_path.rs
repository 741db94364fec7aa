//! Paths that may be written into a repository.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use unicode_normalization::is_nfc;

/// Longest path, in bytes.
pub const MAX_BYTES: usize = 4096;
/// Most components.
pub const MAX_DEPTH: usize = 32;

/// A relative path of regular components that means the same on every file system: NFC, no `.` or `..`, no control
/// character, `\` or `:`, no leading or trailing space or dot in the wrong place, no Windows device name, nothing
/// that any system reads as `.git`, and no `.gitmodules`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SafePath(String);

/// Why a path is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("path `{path}` is refused: {reason}")]
pub struct UnsafePath {
    /// The path, shortened and with control characters escaped.
    pub path: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl SafePath {
    /// The path, `/`-separated.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A form in which two paths that some file system holds for the same are equal.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for SafePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SafePath {
    type Err = UnsafePath;

    fn from_str(text: &str) -> Result<Self, UnsafePath> {
        match find_fault(text) {
            None => Ok(Self(text.to_owned())),
            Some(reason) => {
                Err(UnsafePath { path: text.chars().take(120).flat_map(char::escape_debug).collect(), reason })
            }
        }
    }
}

impl TryFrom<String> for SafePath {
    type Error = UnsafePath;

    fn try_from(text: String) -> Result<Self, UnsafePath> {
        text.parse()
    }
}

impl From<SafePath> for String {
    fn from(path: SafePath) -> Self {
        path.0
    }
}

fn find_fault(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("it is empty");
    }
    if path.len() > MAX_BYTES {
        return Some("it is longer than 4096 bytes");
    }
    if path.starts_with('/') {
        return Some("it is absolute");
    }
    if !is_nfc(path) {
        return Some("it is not in Unicode normal form C");
    }
    if path.split('/').count() > MAX_DEPTH {
        return Some("it is more than 32 folders deep");
    }
    path.split('/').find_map(component_fault)
}

fn component_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it has an empty component");
    }
    if name == "." || name == ".." {
        return Some("`.` and `..` are not allowed");
    }
    if name.len() > 255 {
        return Some("a component is longer than 255 bytes");
    }
    if name.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Some("it has a control or invisible character");
    }
    if name.contains(['\\', ':', '<', '>', '"', '|', '?', '*']) {
        return Some("it has a character that not every system can store");
    }
    if name.starts_with(' ') || name.ends_with([' ', '.']) {
        return Some("a component starts with a space or ends in a space or dot");
    }
    if is_device(name) {
        return Some("a component is a Windows device name");
    }
    is_git_internal(name).then_some("a component is reserved by Git")
}

/// Format characters that HFS+ ignores, and others that hide text.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_lowercase();
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul" | "conin$" | "conout$")
        || ["com", "lpt"].iter().any(|device| {
            stem.strip_prefix(device).is_some_and(|rest| {
                matches!(rest, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
            })
        })
}

/// `.git`, `.gitmodules` and the NTFS short names of both (`git~1`, `gitmod~1`, `gi7eba~1`…).
fn is_git_internal(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower == ".git"
        || lower == ".gitmodules"
        || ((lower.starts_with("git") || lower.starts_with("gi7")) && lower.contains('~'))
}

#[cfg(test)]
mod tests {
    use super::SafePath;

    #[test]
    fn ordinary_paths_pass() {
        for path in [
            "README.md",
            ".github/workflows/ci.yml",
            "src/größe.rs",
            "a b/c",
            "deploy/base/x.yaml",
            "git.md",
            "console.rs",
        ] {
            assert!(path.parse::<SafePath>().is_ok(), "{path}");
        }
    }

    #[test]
    fn paths_that_escape_or_differ_between_systems_are_refused() {
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            ".git/config",
            "sub/.GIT/hooks/x",
            ".gitmodules",
            "git~1/x",
            "GIT~1",
            "a\\b",
            "c:x",
            "a\u{0}b",
            "a\nb",
            ".g\u{200c}it/config",
            "con",
            "aux.txt",
            "COM1.log",
            "a ",
            " a",
            "a.",
            "e\u{301}.md",
            "a?b",
        ] {
            assert!(path.parse::<SafePath>().is_err(), "{path:?}");
        }
        assert!("a/".repeat(40).trim_end_matches('/').parse::<SafePath>().is_err());
        assert!("a".repeat(5000).parse::<SafePath>().is_err());
    }
}
