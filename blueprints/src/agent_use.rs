//! Which agent a stage uses: `name@range`.

use std::{fmt, str::FromStr};

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

/// An agent by name and version range (`vision-architect@^1`), or pinned in another repository
/// (`owner/repository//path@<commit>`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AgentUse {
    /// An agent of this factory, or one built in.
    Named {
        /// Kebab-case name.
        name: String,
        /// Versions that will do.
        range: VersionReq,
    },
    /// An agent of another repository at a commit.
    Remote {
        /// `owner/repository`.
        repository: String,
        /// Folder of the agent.
        path: String,
        /// 40 hex digits.
        commit: String,
    },
}

impl AgentUse {
    /// Whether an agent of this name and version will do.
    pub fn accepts(&self, name: &str, version: &Version) -> bool {
        match self {
            Self::Named { name: wanted, range } => wanted == name && range.matches(version),
            Self::Remote { .. } => false,
        }
    }
}

/// The text names no agent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no agent; write `name@^1`, or `owner/repository//folder@<commit>` for one of another repository")]
pub struct NotAnAgentUse(String);

impl FromStr for AgentUse {
    type Err = NotAnAgentUse;

    fn from_str(text: &str) -> Result<Self, NotAnAgentUse> {
        let refuse = || NotAnAgentUse(text.chars().take(100).collect());
        let (place, pin) = text.split_once('@').ok_or_else(refuse)?;
        if let Some((repository, path)) = place.split_once("//") {
            let is_commit = pin.len() == 40 && pin.bytes().all(|b| b.is_ascii_hexdigit());
            if repository.split('/').filter(|part| !part.is_empty()).count() < 2 || path.is_empty() || !is_commit {
                return Err(refuse());
            }
            return Ok(Self::Remote {
                repository: repository.to_owned(),
                path: path.to_owned(),
                commit: pin.to_ascii_lowercase(),
            });
        }
        let range = pin.parse().map_err(|_| refuse())?;
        if !crate::form::is_name(place) {
            return Err(refuse());
        }
        Ok(Self::Named { name: place.to_owned(), range })
    }
}

impl fmt::Display for AgentUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named { name, range } => write!(f, "{name}@{range}"),
            Self::Remote { repository, path, commit } => write!(f, "{repository}//{path}@{commit}"),
        }
    }
}

impl TryFrom<String> for AgentUse {
    type Error = NotAnAgentUse;

    fn try_from(text: String) -> Result<Self, NotAnAgentUse> {
        text.parse()
    }
}

impl From<AgentUse> for String {
    fn from(agent: AgentUse) -> Self {
        agent.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::AgentUse;

    #[test]
    fn names_ranges_and_pins() {
        let named: AgentUse = "vision-architect@^1".parse().expect("valid");
        assert!(named.accepts("vision-architect", &semver::Version::new(1, 4, 0)));
        assert!(!named.accepts("vision-architect", &semver::Version::new(2, 0, 0)));
        assert!(!named.accepts("other", &semver::Version::new(1, 0, 0)));
        let pinned = format!("acme/agents//vision@{}", "a".repeat(40));
        assert_eq!(pinned.parse::<AgentUse>().expect("valid").to_string(), pinned);
        for bad in ["vision", "vision@", "Vision@1", "vision@x.y", "a/b//c@main", "b//c@1", "@1", ""] {
            assert!(bad.parse::<AgentUse>().is_err(), "{bad}");
        }
    }
}
