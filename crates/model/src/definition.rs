//! Which version of a definition was used.

use std::collections::BTreeMap;

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

/// The contracts that a run is held to, as files of their registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractBundle {
    /// Digest of the contracts, which a plan names.
    pub digest: Digest,
    /// The registry's files by path below its folder.
    pub files: BTreeMap<String, String>,
}
