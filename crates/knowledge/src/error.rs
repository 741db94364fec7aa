//! What can go wrong, and whose matter it is.

use std::path::{Path, PathBuf};

use forgeline_model::knowledge::{Refusal, RefusalKind};
use forgeline_repo::RepoError;

/// A request to the index failed.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// Another process has the index open.
    #[error(
        "index `{}` is in use{}; one process at a time may open it: wait for it, or end it",
        dir.display(), holder.as_ref().map(|pid| format!(" by process {pid}")).unwrap_or_default()
    )]
    InUse {
        /// The index directory.
        dir: PathBuf,
        /// The other process's id, when it could be read.
        holder: Option<String>,
    },
    /// A later version of Forgeline made the directory.
    #[error("index `{}` has format {found}, this build knows {known}; update Forgeline or remove the directory", dir.display())]
    Format {
        /// The index directory.
        dir: PathBuf,
        /// What the directory says.
        found: String,
        /// What this build writes.
        known: u32,
    },
    /// Git could not be read.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The reference does not exist in the repository.
    #[error("`{repo}` has no reference `{ref_name}`; name a branch that exists")]
    MissingRef {
        /// Repository.
        repo: String,
        /// Reference.
        ref_name: String,
    },
    /// Something to search was never indexed.
    #[error("{what} is not indexed; run `forgeline knowledge index` first{}", list(known))]
    NotIndexed {
        /// The repository or reference, in words.
        what: String,
        /// What is indexed.
        known: Vec<String>,
    },
    /// A reference has moved and the caller asked for no stale answers.
    #[error("`{ref_name}` of `{repo}` is at {head}, the index at {commit}; index it again, or ask with `--stale wait`")]
    Stale {
        /// Repository.
        repo: String,
        /// Reference.
        ref_name: String,
        /// Indexed commit.
        commit: String,
        /// Present head.
        head: String,
    },
    /// The question has no words.
    #[error("the question is empty; ask for words, an identifier or a sentence")]
    EmptyQuery,
    /// A text in a request is not what it must be.
    #[error("{0}")]
    Invalid(String),
    /// The embedding model failed on good input.
    #[error("cannot embed: {0}")]
    Embedding(#[from] fastembed::Error),
    /// The table of chunks failed.
    #[error("cannot use the table of chunks: {0}")]
    Table(Box<lancedb::Error>),
    /// The table does not have the form that this build writes.
    #[error("the table of chunks has no column `{0}` of the expected type; remove the index directory and index again")]
    Column(&'static str),
    /// A file of the index could not be read or written.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A worker thread ended early.
    #[error("a worker of the index panicked: {0}")]
    Worker(#[from] tokio::task::JoinError),
}

impl From<lancedb::Error> for KnowledgeError {
    fn from(error: lancedb::Error) -> Self {
        Self::Table(Box::new(error))
    }
}

impl From<lancedb::arrow::arrow_schema::ArrowError> for KnowledgeError {
    fn from(error: lancedb::arrow::arrow_schema::ArrowError) -> Self {
        Self::from(lancedb::Error::from(error))
    }
}

impl KnowledgeError {
    /// For `map_err` on a file operation.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// As it goes over the pipe.
    pub fn refusal(&self) -> Refusal {
        let kind = match self {
            Self::MissingRef { .. }
            | Self::NotIndexed { .. }
            | Self::Stale { .. }
            | Self::EmptyQuery
            | Self::Invalid(_)
            | Self::Repo(_) => RefusalKind::User,
            Self::Format { .. } | Self::Column(_) => RefusalKind::Configuration,
            Self::InUse { .. } | Self::Table(_) | Self::Io { .. } => RefusalKind::External,
            Self::Embedding(_) | Self::Worker(_) => RefusalKind::Bug,
        };
        Refusal { kind, message: self.to_string() }
    }
}

fn list(known: &[String]) -> String {
    match known {
        [] => "; nothing is indexed yet".to_owned(),
        some => format!("; indexed: {}", some.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}
