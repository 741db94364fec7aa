//! Ids. `Display` and `FromStr` are their only text form; what parses once is never checked again.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::Digest;

/// The text does not have the form of the id it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind}; expected {expected}")]
pub struct NotAnId {
    kind: &'static str,
    text: String,
    expected: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(NotAnId { kind: $kind, text: text.to_owned(), expected: $expected })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }
    };
}

id!(
    /// One execution of a blueprint: `run_` and 16 hex digits of its trigger key's digest, so that the same trigger
    /// names the same run wherever it is met.
    RunId, "run id", "`run_` and 16 hex digits", |text| text.strip_prefix("run_").is_some_and(|hex| is_hex(hex, 16))
);
id!(
    /// What a run is about, as it stands in the commit trailer `Forgeline-Run-Key`: 64 hex digits of the trigger key's
    /// digest. At most one commit on a branch carries it.
    RunKey, "run key", "64 hex digits", |text| is_hex(text, 64)
);
id!(
    /// A node of a blueprint's graph: kebab case, as the blueprint spells it.
    StageId, "stage id", "lower-case letters, digits and `-`, at most 64", |text| is_kebab(text, 64)
);
id!(
    /// A project of the factory.
    ProjectId, "project id", "lower-case letters, digits and `-`, at most 64", |text| is_kebab(text, 64)
);
id!(
    /// An issue or work item, as its forge numbers it, or `file-<name>` for one read from a file.
    ItemId, "work item id", "letters, digits and `-`, at most 64",
    |text| !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
);
id!(
    /// A W3C trace id: 32 hex digits, shared by all spans, events and log lines of a run.
    TraceId, "trace id", "32 hex digits", |text| is_hex(text, 32)
);

impl RunId {
    /// The run that this trigger key names.
    pub fn of_trigger(trigger_key: &str) -> Self {
        Self(format!("run_{}", &Digest::of_bytes(trigger_key.as_bytes()).hex()[..16]).into())
    }
}

impl RunKey {
    /// The trailer value for this trigger key.
    pub fn of_trigger(trigger_key: &str) -> Self {
        Self(Digest::of_bytes(trigger_key.as_bytes()).hex().into())
    }
}

impl TraceId {
    /// The trace of a run: derived, so that a restart continues the same trace.
    pub fn of_run(run: &RunId) -> Self {
        Self(Digest::of_bytes(run.as_str().as_bytes()).hex()[..32].into())
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_kebab(text: &str, most: usize) -> bool {
    !text.is_empty()
        && text.len() <= most
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::{RunId, StageId};

    #[test]
    fn the_same_trigger_names_the_same_run() {
        assert_eq!(RunId::of_trigger("local/a/b#1"), RunId::of_trigger("local/a/b#1"));
        assert_ne!(RunId::of_trigger("local/a/b#1"), RunId::of_trigger("local/a/b#2"));
    }

    #[test]
    fn text_is_parsed_once_and_refused_with_the_expected_form() {
        assert!("vision-2".parse::<StageId>().is_ok());
        let refused = "Vision".parse::<StageId>().expect_err("upper case");
        assert_eq!(
            refused.to_string(),
            "`Vision` is not a stage id; expected lower-case letters, digits and `-`, at most 64"
        );
    }
}
