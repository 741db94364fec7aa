//! Which version of a definition was used.

use serde::{Deserialize, Serialize};

use crate::Digest;

/// A blueprint or agent as a run used it: name, version and the digest of all its files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DefinitionRef {
    /// Kebab-case name.
    pub name: String,
    /// The version that the manifest states.
    pub version: semver::Version,
    /// Digest of the definition's files, names included.
    pub digest: Digest,
}

impl std::fmt::Display for DefinitionRef {
    /// `name@version`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}
