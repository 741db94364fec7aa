//! What a forge refuses, for callers that branch on it.

use forgeline_repo::{BranchName, RepoError};
use forgeline_store::StoreError;

use crate::{
    remote::RemoteError,
    types::{RepoId, Role},
};

/// A forge did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// There is no such repository.
    #[error("no repository `{repo}`; there is {}", list(known))]
    NoRepository {
        /// The one asked for.
        repo: RepoId,
        /// Some that exist.
        known: Vec<String>,
    },
    /// The name is taken.
    #[error("repository `{0}` exists already; use it or choose another name")]
    RepositoryExists(RepoId),
    /// There is no such issue or pull request.
    #[error("no {what} {number} in `{repo}`; there is {}", list(known))]
    NoItem {
        /// `issue`, `pull request` or `issue or pull request`.
        what: &'static str,
        /// The number asked for.
        number: u64,
        /// Where.
        repo: RepoId,
        /// Newest ones that exist.
        known: Vec<String>,
    },
    /// There is no such user.
    #[error("no user `{login}`; add one with `forgeline local user add {login}`; there is {}", list(known))]
    NoUser {
        /// The one asked for.
        login: String,
        /// Some that exist.
        known: Vec<String>,
    },
    /// The user may not do that.
    #[error("`{actor}` may not {action} in `{repo}`: that needs the role {needs}, and theirs is {}",
        has.map_or("none".to_owned(), |role| role.to_string()))]
    Forbidden {
        /// Who asked.
        actor: String,
        /// For what.
        action: &'static str,
        /// Where.
        repo: RepoId,
        /// The least role that may.
        needs: Role,
        /// The role they have.
        has: Option<Role>,
    },
    /// The item is in a state that does not allow it.
    #[error("cannot {action} {number} in `{repo}`: it is {state}; {hint}")]
    WrongState {
        /// What was asked.
        action: &'static str,
        /// Of which item.
        number: u64,
        /// Where.
        repo: RepoId,
        /// The state it is in.
        state: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// The head branch has nothing that the base branch lacks.
    #[error("branch `{head}` has no commit that `{base}` lacks; commit something to it first")]
    NothingToMerge {
        /// Head branch.
        head: BranchName,
        /// Base branch.
        base: BranchName,
    },
    /// Both branches changed the same lines or files.
    #[error("pull request {number} cannot be merged: {reason}")]
    Unmergeable {
        /// Its number.
        number: u64,
        /// What is in conflict, and what to do.
        reason: String,
    },
    /// The base branch kept moving.
    #[error("branch `{0}` moved at every try; merge again when it is quiet")]
    BaseMoves(BranchName),
    /// A value is not one that the forge takes.
    #[error("{what} is refused: {reason}")]
    Invalid {
        /// Which value.
        what: &'static str,
        /// Why, and what to do.
        reason: String,
    },
    /// A row that this version cannot read.
    #[error("a stored {what} `{text}` cannot be read; it may belong to a newer Forgeline")]
    Unreadable {
        /// Which kind of value.
        what: &'static str,
        /// The value.
        text: String,
    },
    /// A directory of the local forge could not be used.
    #[error("cannot {action} `{}`: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The repository is kept elsewhere, and people change it there.
    #[error("`{repo}` is kept on {kind} and mirrored here; do it there")]
    KeptElsewhere {
        /// The repository.
        repo: RepoId,
        /// Kind of the forge that keeps it.
        kind: String,
    },
    /// The forge that keeps the repository is not in the operator file.
    #[error("`{repo}` is kept on {kind}, which is not set up here; name it under `forges:` in the operator file")]
    NotConnected {
        /// The repository.
        repo: RepoId,
        /// Kind of the forge that keeps it.
        kind: String,
    },
    /// The forge that keeps the repository does not show it any more.
    #[error(
        "`{repo}` is not there any more on {kind}: it was deleted, or taken away from Forgeline; what is known of it is kept, and \
         goes on when it is given back"
    )]
    Gone {
        /// The repository.
        repo: RepoId,
        /// Kind of the forge that kept it.
        kind: String,
    },
    /// The forge that keeps the repository failed or refused.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// Git failed.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ForgeError {
    /// Whether trying again can help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::BaseMoves(_) | Self::File { .. } | Self::Store(_) => true,
            // The operator mends it, and the work goes on from there.
            Self::NotConnected { .. } => true,
            Self::Repo(error) => error.is_transient(),
            Self::Remote(error) => error.is_passing(),
            Self::NoRepository { .. }
            | Self::RepositoryExists(_)
            | Self::NoItem { .. }
            | Self::NoUser { .. }
            | Self::Forbidden { .. }
            | Self::WrongState { .. }
            | Self::NothingToMerge { .. }
            | Self::Unmergeable { .. }
            | Self::Invalid { .. }
            | Self::KeptElsewhere { .. }
            | Self::Gone { .. }
            | Self::Unreadable { .. } => false,
        }
    }
}

fn list(known: &[String]) -> String {
    match known {
        [] => "none yet".to_owned(),
        some => some.iter().take(10).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}
