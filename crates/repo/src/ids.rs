//! Object ids and branch names. What parses once is never checked again.

use std::{fmt, str::FromStr};

use git2::Oid;
use serde::{Deserialize, Serialize};

/// The text is not an object id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an object id; expected 40 lower-case hex digits")]
pub struct NotAnObjectId(String);

macro_rules! object_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Oid);

        impl $name {
            pub(crate) const fn new(oid: Oid) -> Self {
                Self(oid)
            }

            pub(crate) const fn oid(self) -> Oid {
                self.0
            }

            /// The first twelve hex digits, for people.
            pub fn short(&self) -> String {
                self.0.to_string()[..12].to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnObjectId;

            fn from_str(text: &str) -> Result<Self, NotAnObjectId> {
                parse_oid(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnObjectId;

            fn try_from(text: String) -> Result<Self, NotAnObjectId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

object_id!(
    /// A commit; text form 40 hex digits.
    CommitId
);
object_id!(
    /// A tree; text form 40 hex digits.
    TreeId
);
object_id!(
    /// A blob; text form 40 hex digits.
    BlobId
);

fn parse_oid(text: &str) -> Result<Oid, NotAnObjectId> {
    let refuse = || NotAnObjectId(text.chars().take(60).collect());
    let well_formed = text.len() == 40 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let oid = if well_formed { Oid::from_str(text).map_err(|_| refuse())? } else { return Err(refuse()) };
    if oid.is_zero() { Err(refuse()) } else { Ok(oid) }
}

/// A branch name without `refs/heads/`, as `git check-ref-format --branch` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BranchName(String);

/// The text cannot name a branch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a branch name: {reason}")]
pub struct NotABranchName {
    name: String,
    reason: &'static str,
}

impl BranchName {
    /// The name without `refs/heads/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The full reference name.
    pub fn refname(&self) -> String {
        format!("refs/heads/{}", self.0)
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BranchName {
    type Err = NotABranchName;

    fn from_str(text: &str) -> Result<Self, NotABranchName> {
        match branch_fault(text) {
            None => Ok(Self(text.to_owned())),
            Some(reason) => {
                Err(NotABranchName { name: text.chars().take(120).flat_map(char::escape_debug).collect(), reason })
            }
        }
    }
}

impl TryFrom<String> for BranchName {
    type Error = NotABranchName;

    fn try_from(text: String) -> Result<Self, NotABranchName> {
        text.parse()
    }
}

impl From<BranchName> for String {
    fn from(name: BranchName) -> Self {
        name.0
    }
}

/// The rules of git-check-ref-format(1), and two more: at most 200 bytes, and not `HEAD`.
fn branch_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() || name.len() > 200 {
        return Some("it must have 1 to 200 bytes");
    }
    if name == "HEAD" || name == "@" {
        return Some("the name is reserved");
    }
    if name.starts_with('-') {
        return Some("it starts with `-`");
    }
    if name.starts_with("refs/") {
        return Some("leave out `refs/heads/`");
    }
    if name.contains("..") || name.contains("@{") || name.contains("//") || name.ends_with('.') {
        return Some("`..`, `@{`, `//` and a final `.` are not allowed");
    }
    if name.chars().any(|c| c.is_control() || " ~^:?*[\\".contains(c)) {
        return Some("it has a space, a control character or one of `~^:?*[\\`");
    }
    let bad = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    name.split('/').any(bad).then_some("a part is empty, starts with `.` or ends with `.lock`")
}

#[cfg(test)]
mod tests {
    use super::{BranchName, CommitId};

    #[test]
    fn ids_are_forty_lower_case_hex_digits_and_not_zero() {
        let text = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(text.parse::<CommitId>().expect("valid").to_string(), text);
        for bad in ["", "0123", &text.to_uppercase(), &"0".repeat(40), &"g".repeat(40), &"é".repeat(20)] {
            assert!(bad.parse::<CommitId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn branch_names_follow_git() {
        for good in ["main", "forgeline/http-service/7-orders", "a.b", "größe", "x@y"] {
            assert!(good.parse::<BranchName>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "-x",
            "--output=x",
            "a..b",
            "a//b",
            "/a",
            "a/",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "a b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[",
            "a\\b",
            "a\u{7f}",
            "a\n",
            "HEAD",
            "@",
            "a@{1}",
            "a.",
            "refs/heads/main",
        ] {
            assert!(bad.parse::<BranchName>().is_err(), "{bad:?}");
        }
    }
}
