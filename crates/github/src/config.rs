//! What an operator says about GitHub.

use forgeline_forge::remote::adapter::SecretSource;
use forgeline_forge::types::RepoId;

pub use crate::limits::Limits;

/// Where GitHub is and who Forgeline is there.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address of the API: none for github.com, `https://host/api/v3` for GitHub Enterprise Server. Plain `http` is taken for
    /// this machine only.
    pub base_url: Option<String>,
    /// Who Forgeline is.
    pub auth: Auth,
    /// How much is asked of GitHub at most.
    pub limits: Limits,
}

impl Config {
    /// github.com, within GitHub's own limits.
    pub fn new(auth: Auth) -> Self {
        Self { base_url: None, auth, limits: Limits::default() }
    }
}

/// Who Forgeline is on GitHub.
#[derive(Debug, Clone)]
pub enum Auth {
    /// A person's or machine user's token, for small set-ups.
    Token(SecretSource),
    /// The token of a job of a pipeline, which sees one repository and may not ask who it is.
    Job {
        /// The token.
        token: SecretSource,
        /// The repository that the job belongs to.
        repository: RepoId,
        /// Login under which the token writes, if GitHub does not tell: `github-actions[bot]` for a job's own.
        login: String,
    },
    /// A GitHub App.
    App {
        /// The App's number.
        app_id: u64,
        /// Its private key, as the PEM file that GitHub gives out.
        private_key: SecretSource,
    },
}

/// The settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The address is none of an API.
    #[error("`{0}` is no address of GitHub's API; write `https://host/api/v3`, without user, query and fragment")]
    Address(String),
    /// The HTTP client cannot be made, mostly for lack of certificates.
    #[error("the HTTP client cannot be made: {0}; install the system's CA certificates")]
    Client(String),
}
