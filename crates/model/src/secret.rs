//! References to secrets, and secrets themselves as values that do not print.

use std::{fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

/// Where a secret is found. Settings hold references only; the secret is read when it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SecretReference {
    /// A variable of the environment.
    Variable(String),
    /// A file, by its absolute path.
    File(PathBuf),
}

/// The text is no reference. It is not repeated: it may be the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a reference to a secret; write `env:NAME` or `file:/absolute/path`, never the secret itself")]
pub struct NotASecretReference;

impl SecretReference {
    /// Reads `env:NAME` or `file:/path`.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl FromStr for SecretReference {
    type Err = NotASecretReference;

    fn from_str(text: &str) -> Result<Self, NotASecretReference> {
        if let Some(name) = text.strip_prefix("env:") {
            let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            return if is_name { Ok(Self::Variable(name.to_owned())) } else { Err(NotASecretReference) };
        }
        match text.strip_prefix("file:") {
            Some(path) if path.starts_with('/') && path.len() > 1 => Ok(Self::File(PathBuf::from(path))),
            Some(_) | None => Err(NotASecretReference),
        }
    }
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

impl TryFrom<String> for SecretReference {
    type Error = NotASecretReference;

    fn try_from(text: String) -> Result<Self, NotASecretReference> {
        text.parse()
    }
}

impl From<SecretReference> for String {
    fn from(reference: SecretReference) -> Self {
        reference.to_string()
    }
}

/// A secret. It has no text form, so that it cannot end up in a log, an error or a document by accident.
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Takes a value in.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the one place that uses it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::SecretReference;

    #[test]
    fn a_reference_is_taken_and_a_literal_is_refused_without_repeating_it() {
        for text in ["env:FORGELINE_HOOK", "env:_x1", "file:/run/secrets/smtp"] {
            assert_eq!(text.parse::<SecretReference>().expect(text).to_string(), text);
        }
        for bad in ["hunter2", "", "env:", "env:1x", "env:A B", "file:", "file:relative", "file:/", "ENV:X"] {
            let error = bad.parse::<SecretReference>().expect_err(bad).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
