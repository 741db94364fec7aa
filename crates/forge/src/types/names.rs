//! Names of repositories and users.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The text is not a name of this kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind}: {reason}")]
pub struct NotAName {
    kind: &'static str,
    text: String,
    reason: String,
}

impl NotAName {
    pub(crate) fn new(kind: &'static str, text: &str, reason: &str) -> Self {
        Self { kind, text: text.chars().take(100).flat_map(char::escape_debug).collect(), reason: reason.to_owned() }
    }
}

/// A repository by name, `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoId {
    owner: String,
    name: String,
}

impl RepoId {
    /// The part before the slash.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The part after the slash.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for RepoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl FromStr for RepoId {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let refuse = |reason: &str| Err(NotAName::new("repository", text, reason));
        let Some((owner, name)) = text.split_once('/') else { return refuse("expected `owner/name`") };
        if !is_login(owner) {
            return refuse("the owner has 1 to 39 letters, digits, `_` and `-`, and does not start with `-`");
        }
        let allowed = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        if name.is_empty() || name.len() > 100 || !allowed || name.starts_with(['.', '-']) {
            return refuse(
                "the name has 1 to 100 letters, digits, `.`, `_` and `-`, and starts with one of the first two",
            );
        }
        let lower = name.to_ascii_lowercase();
        if lower.ends_with(".git") || lower.ends_with(".lock") || lower.ends_with('.') {
            return refuse("the name ends in `.git`, `.lock` or `.`; leave that out");
        }
        Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
    }
}

impl TryFrom<String> for RepoId {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, NotAName> {
        text.parse()
    }
}

impl From<RepoId> for String {
    fn from(id: RepoId) -> Self {
        id.to_string()
    }
}

/// A user by name. A program's name ends in `[bot]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Login(String);

impl Login {
    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a program's.
    pub fn is_bot(&self) -> bool {
        self.0.ends_with("[bot]")
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Login {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        if is_login(text.strip_suffix("[bot]").unwrap_or(text)) {
            return Ok(Self(text.to_owned()));
        }
        Err(NotAName::new("user name", text, "expected 1 to 39 letters, digits, `_` and `-`, not starting with `-`"))
    }
}

impl TryFrom<String> for Login {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, NotAName> {
        text.parse()
    }
}

impl From<Login> for String {
    fn from(login: Login) -> Self {
        login.0
    }
}

/// What forges take for names of accounts, old ones and those that an enterprise manages included.
fn is_login(text: &str) -> bool {
    let device = ["con", "prn", "aux", "nul"].contains(&text.to_ascii_lowercase().as_str());
    let is_taken = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=39).contains(&text.len()) && !text.starts_with('-') && !device && text.bytes().all(is_taken)
}

#[cfg(test)]
mod tests {
    use super::{Login, RepoId};

    #[test]
    fn names_are_safe_as_directories() {
        assert_eq!("acme/shop.api".parse::<RepoId>().expect("valid").to_string(), "acme/shop.api");
        for bad in [
            "",
            "acme",
            "/shop",
            "acme/",
            "a/b/c",
            "../x",
            "acme/..",
            "acme/.git",
            "acme/x.git",
            "acme/-x",
            "a b/c",
            "acme/x.lock",
            "-a/b",
            "acme/x.",
            "con/x",
            "acme/\u{e4}",
            "acme/x\n",
        ] {
            assert!(bad.parse::<RepoId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_a_bots_name_has_the_suffix() {
        assert!("forgeline[bot]".parse::<Login>().expect("valid").is_bot());
        for person in ["ana", "ana_acme", "old--name-"] {
            assert!(!person.parse::<Login>().expect("valid").is_bot());
        }
        for bad in ["", "[bot]", "a[b]", "ana ", "@ana", &"a".repeat(40)] {
            assert!(bad.parse::<Login>().is_err(), "{bad:?}");
        }
    }
}
