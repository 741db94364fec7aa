//! Secrets that are read when they are used.

use std::{fmt, sync::Arc};

use forgeline_model::Secret;

/// Reads a secret each time that it is used, so that a new one needs no restart. It prints nothing of it.
#[derive(Clone)]
pub struct SecretSource(Arc<dyn Fn() -> Result<Secret<String>, String> + Send + Sync>);

impl SecretSource {
    /// Reads with this function. Its error says where the secret is looked for and what went wrong, never the secret.
    pub fn new(read: impl Fn() -> Result<Secret<String>, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// The secret as it is now.
    ///
    /// # Errors
    /// It is not there; where it was looked for, for people.
    pub fn read(&self) -> Result<Secret<String>, String> {
        (self.0)()
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretSource")
    }
}
