//! `event.yaml`: who owns, produces and consumes a contract.

use serde::{Deserialize, Serialize};

use crate::CompatibilityMode;

/// What a contract's `event.yaml` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// One line for people.
    pub title: String,
    /// Who reviews changes.
    pub owners: Vec<String>,
    /// Compatibility mode, where it differs from the registry's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<CompatibilityMode>,
    /// Where it is in its life.
    pub status: Status,
    /// Who tells the event.
    #[serde(default)]
    pub producers: Vec<String>,
    /// Who acts on it.
    #[serde(default)]
    pub consumers: Vec<String>,
    /// Field names that may not be used again.
    #[serde(default)]
    pub reserved: Vec<String>,
}

/// Where a contract is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not released yet.
    Draft,
    /// In use.
    Active,
    /// In use, and going away.
    Deprecated,
    /// May be read, not produced.
    Retired,
}

/// The status that an event.yaml gives, if it can be read that far.
pub fn status(bytes: &[u8]) -> Option<Status> {
    #[derive(Deserialize)]
    struct Said {
        status: Status,
    }
    serde_yaml::from_slice::<Said>(bytes).ok().map(|said| said.status)
}
