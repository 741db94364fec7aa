//! What an operator says about Azure DevOps.

use std::collections::BTreeMap;

use forgeline_forge::remote::adapter::SecretSource;

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
    /// The only project that is looked at, by its name or id; none for all.
    pub project: Option<String>,
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
            project: None,
            limits: Limits::default(),
        }
    }
}

/// Who Forgeline is on Azure DevOps.
#[derive(Debug, Clone)]
pub enum Auth {
    /// A personal access token.
    Token(SecretSource),
    /// The token of a job, or another that somebody made for an hour.
    Job(SecretSource),
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
