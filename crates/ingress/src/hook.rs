//! A hook, as it came in.

use std::fmt;

use crate::hint::Hint;

/// Where hooks come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// GitHub, or a GitHub server of one's own.
    GitHub,
    /// Azure DevOps.
    AzureDevOps,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::GitHub, Self::AzureDevOps];

    /// Its name, as in the address and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::AzureDevOps => "azure-devops",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What somebody who knows the secret sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Where it comes from.
    pub source: Source,
    /// The source's own number of this delivery, else the digest of the bytes. A redelivery has the same.
    pub delivery: String,
    /// What kind of event the source says it is; `unknown` when it says nothing.
    pub event: String,
    /// Where to look.
    pub hint: Hint,
    /// The raw bytes.
    pub body: Vec<u8>,
}
