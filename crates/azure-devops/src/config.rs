//! What an operator says about Azure DevOps.

use std::{collections::BTreeMap, fmt, sync::Arc};

use forgeline_model::Secret;

pub use crate::limits::Limits;

/// Where Azure DevOps is and who Forgeline is there.
#[derive(Debug, Clone)]
pub struct Config {
    /// The organization; on a server of one's own, the collection.
    pub organization: String,
    /// Address of a server of one's own, without the collection; none for `https://dev.azure.com`. Plain `http` is taken for
    /// this machine only.
    pub base_url: Option<String>,
    /// Who Forgeline is.
    pub auth: Auth,
    /// The repository whose issues a project's work items are, by project; for a project that is not named the repository with
    /// the project's own name, else its only one.
    pub work_items: BTreeMap<String, String>,
    /// How much is asked at most.
    pub limits: Limits,
}

impl Config {
    /// An organization of Azure DevOps Services.
    pub fn new(organization: impl Into<String>, auth: Auth) -> Self {
        Self {
            organization: organization.into(),
            base_url: None,
            auth,
            work_items: BTreeMap::new(),
            limits: Limits::default(),
        }
    }
}

/// Who Forgeline is on Azure DevOps.
#[derive(Debug, Clone)]
pub enum Auth {
    /// A personal access token.
    Token(SecretSource),
    /// A service principal of Microsoft Entra.
    Principal {
        /// The directory, by its id or name.
        tenant: String,
        /// The application's id.
        client_id: String,
        /// Its secret.
        client_secret: SecretSource,
        /// Where tokens are made; none for `https://login.microsoftonline.com`.
        authority: Option<String>,
    },
}

/// Reads a secret each time that it is used, so that a new one needs no restart. It prints nothing of it.
#[derive(Clone)]
pub struct SecretSource(Arc<dyn Fn() -> Result<Secret<String>, String> + Send + Sync>);

impl SecretSource {
    /// Reads with this function. Its error says where the secret is looked for and what went wrong, never the secret.
    pub fn new(read: impl Fn() -> Result<Secret<String>, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    pub(crate) fn read(&self) -> Result<Secret<String>, String> {
        (self.0)()
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretSource")
    }
}

/// The settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The address is none.
    #[error("`{0}` is no address; write `https://host/path`, without user, query and fragment")]
    Address(String),
    /// No organization has such a name.
    #[error("`{0}` is no organization; write its name as it stands in the address: letters, digits, `-`, `_` and `.`")]
    Organization(String),
    /// The HTTP client cannot be made, mostly for lack of certificates.
    #[error("the HTTP client cannot be made: {0}; install the system's CA certificates")]
    Client(String),
}
