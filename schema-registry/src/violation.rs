//! What a value has against a contract.

use std::fmt;

use jsonschema::ValidationError;
use serde::{Deserialize, Serialize};

/// Most violations that are listed; one value can have thousands.
pub(crate) const MAX_LISTED: usize = 20;
/// Longest message, in characters.
const MAX_MESSAGE: usize = 300;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// JSON pointer into the value; empty for the value itself.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl Violation {
    /// Shows the offending value: for text that its own author reads.
    pub(crate) fn telling(error: &ValidationError<'_>) -> Self {
        Self::new(error, error.to_string())
    }

    /// Hides the offending value: for logs and the dead letter queue.
    pub(crate) fn masked(error: &ValidationError<'_>) -> Self {
        Self::new(error, error.masked().to_string())
    }

    fn new(error: &ValidationError<'_>, message: String) -> Self {
        let message = match message.char_indices().nth(MAX_MESSAGE) {
            None => message,
            Some((end, _)) => format!("{}…", &message[..end]),
        };
        Self { pointer: error.instance_path().as_str().to_owned(), message }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "`{place}`: {}", self.message)
    }
}

/// Why an event is not what its contract says. Trying again never helps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum ContractViolation {
    /// The value has no readable `event_type` and `version`.
    #[error("this is not an event: {message}")]
    NotAnEvent {
        /// What is missing.
        message: String,
    },
    /// The value is larger than any event may be.
    #[error("the event has {message}")]
    TooLarge {
        /// The bound that it exceeds.
        message: String,
    },
    /// No contract has this name.
    #[error("no contract is named `{event_type}`{}", did_you_mean(.similar.as_deref()))]
    UnknownType {
        /// The name.
        event_type: String,
        /// A name that is spelt like it.
        similar: Option<String>,
    },
    /// The contract has no such version.
    #[error("`{event_type}` has no version `{version}`; published: {}", .published.join(", "))]
    UnknownVersion {
        /// The contract.
        event_type: String,
        /// The version asked for.
        version: String,
        /// Versions there are, `major.minor`.
        published: Vec<String>,
    },
    /// No version is read by all consumers.
    #[error(
        "no version of `{event_type}` is read by consumers of {}; published: {}; let the oldest consumer move first",
        .wanted.join(" and "), .published.join(", ")
    )]
    NoCommonVersion {
        /// The contract.
        event_type: String,
        /// The consumers' versions.
        wanted: Vec<String>,
        /// Versions there are, `major.minor`.
        published: Vec<String>,
    },
    /// The contract may not be produced any more.
    #[error("`{event_type}` is retired; it can be read but no longer produced")]
    Retired {
        /// The contract.
        event_type: String,
    },
    /// The fields are not as the schema wants them.
    #[error("`{event_type}@{version}` does not fit its contract: {}", list(.violations))]
    Invalid {
        /// The contract.
        event_type: String,
        /// The version it was checked against, `major.minor`.
        version: String,
        /// What is wrong, at most twenty.
        violations: Vec<Violation>,
    },
}

fn did_you_mean(similar: Option<&str>) -> String {
    similar.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

fn list(violations: &[Violation]) -> String {
    violations.iter().map(Violation::to_string).collect::<Vec<_>>().join("; ")
}
