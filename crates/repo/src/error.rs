//! What can go wrong with a repository, for callers that branch on it.

use std::path::PathBuf;

use crate::{BranchName, CommitId};

/// A Git operation failed.
#[derive(Debug, thiserror::Error)]
pub enum RepoError {
    /// There is no repository at the path.
    #[error("`{}` is not a Git repository; name its root or create one with `git init`", .0.display())]
    NotARepository(PathBuf),
    /// The repository is there but of a kind that this build cannot read.
    #[error("`{}` uses {what}, which is not supported; convert it to the default format", path.display())]
    Unsupported {
        /// The repository.
        path: PathBuf,
        /// The feature.
        what: &'static str,
    },
    /// The repository has no commit.
    #[error("`{}` is an empty repository; commit and push something to `{branch}` first", path.display())]
    Empty {
        /// The repository.
        path: PathBuf,
        /// The branch that `HEAD` names.
        branch: String,
    },
    /// The branch does not exist.
    #[error("branch `{branch}` does not exist; there is {}", list(known))]
    MissingBranch {
        /// The branch asked for.
        branch: BranchName,
        /// Branches that exist, at most ten.
        known: Vec<BranchName>,
    },
    /// `HEAD` names no branch.
    #[error("`HEAD` is detached at {0}; check out a branch, or name the base branch")]
    DetachedHead(CommitId),
    /// An object that was named is not there.
    #[error("{kind} {id} is not in the repository; fetch it first")]
    MissingObject {
        /// `commit`, `tree` or `blob`.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// Something is larger than its bound.
    #[error("`{what}` is larger than {limit} bytes; leave it out or make it smaller")]
    TooLarge {
        /// A path, or a description of the set.
        what: String,
        /// The bound in bytes.
        limit: u64,
    },
    /// The history to search is longer than the bound.
    #[error("more than {limit} commits lie between the base and {tip}; name a later base")]
    HistoryTooLong {
        /// Where the search began.
        tip: CommitId,
        /// The bound in commits.
        limit: usize,
    },
    /// A reference cannot be created beside another one (`a` and `a/b`).
    #[error("reference `{wanted}` cannot exist beside `{existing}`; delete or rename the other one")]
    ReferenceConflict {
        /// The one to create.
        wanted: String,
        /// The one in the way.
        existing: String,
    },
    /// Another process holds the reference's lock.
    #[error("reference `{name}` is locked by another process; when no git process runs, remove `{}`", lock.display())]
    Locked {
        /// The reference.
        name: String,
        /// The lock file.
        lock: PathBuf,
    },
    /// The `git` executable failed.
    #[error("`git {verb}` failed{}: {stderr}", code.map(|code| format!(" with code {code}")).unwrap_or_default())]
    Transport {
        /// Subcommand.
        verb: &'static str,
        /// Its exit code, none when it was killed.
        code: Option<i32>,
        /// What it said, shortened.
        stderr: String,
    },
    /// The `git` executable did not end in time and was stopped.
    #[error("`git {verb}` did not end within {timeout_ms} ms and was stopped; check the connection and try again")]
    TimedOut {
        /// Subcommand.
        verb: &'static str,
        /// The bound, milliseconds.
        timeout_ms: u64,
    },
    /// A file operation failed.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The other side will not have it, and says why.
    #[error("the push of `{refname}` is refused: {reason}")]
    Refused {
        /// What was pushed.
        refname: String,
        /// The other side's words.
        reason: String,
    },
    /// Anything else that libgit2 reports.
    #[error("cannot {action}: {}", source.message())]
    Git {
        /// What was tried.
        action: String,
        /// Why not.
        source: git2::Error,
    },
}

impl RepoError {
    /// For `map_err`: names what was tried.
    pub(crate) fn git(action: impl Into<String>) -> impl FnOnce(git2::Error) -> Self {
        move |source| Self::Git { action: action.into(), source }
    }

    /// For `map_err` on a lookup by id.
    pub(crate) fn lookup(kind: &'static str, id: impl ToString) -> impl FnOnce(git2::Error) -> Self {
        move |source| match source.code() {
            git2::ErrorCode::NotFound => Self::MissingObject { kind, id: id.to_string() },
            _ => Self::Git { action: format!("read {kind} {}", id.to_string()), source },
        }
    }

    /// Whether trying the same again later may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Locked { .. } | Self::TimedOut { .. } | Self::Transport { .. } | Self::Io { .. } => true,
            // A full disk and a missing right look like this; the same job succeeds once they are gone.
            Self::Git { source, .. } => source.class() == git2::ErrorClass::Os,
            _ => false,
        }
    }
}

fn list(branches: &[BranchName]) -> String {
    match branches {
        [] => "none".to_owned(),
        some => some.iter().map(|branch| format!("`{branch}`")).collect::<Vec<_>>().join(", "),
    }
}
