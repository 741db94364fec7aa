//! What can go wrong with the store.

use std::{io, path::PathBuf, sync::Arc};

use forgeline_engine::{Illegal, TaskId};
use forgeline_model::RunId;

/// A failed store operation. Unless it says otherwise, nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite failed; a full disk looks like this. Several operations may have failed with the same commit.
    #[error("the state database failed: {0}; check free space and permissions, then try again")]
    Database(#[from] Arc<sqlx::Error>),
    /// The schema could not be brought up to date.
    #[error("the state database cannot be migrated: {0}; it may belong to a newer Forgeline")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A file of the state directory could not be read or written.
    #[error("`{path}` cannot be used: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder lies on another machine.
    #[error("`{path}` lies on {kind}, a network file system, where SQLite can lose data; name a local folder with `FORGELINE_STATE_DIR`", path = path.display())]
    Network {
        /// The folder.
        path: PathBuf,
        /// Which kind.
        kind: &'static str,
    },
    /// SQLite found damage at start.
    #[error("the state database `{path}` is damaged: {finding}; move it away and run `forgeline rebuild`, finished work is in Git", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// SQLite's word.
        finding: String,
    },
    /// A library older than 3.51.3 may damage the file when the log is reset.
    #[error("SQLite {0} is too old; 3.51.3 or newer is needed")]
    OldSqlite(String),
    /// A stored value cannot be read by this version.
    #[error("a stored {what} cannot be read: {source}; it may belong to a newer Forgeline")]
    Unreadable {
        /// Which kind of value.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// There is no such run.
    #[error("no run `{0}`; `forgeline runs list` shows all")]
    NoRun(RunId),
    /// Somebody else holds the task now; what was done for it does not count.
    #[error("the lease on `{0}` is lost")]
    LeaseLost(TaskId),
    /// The input does not fit the run's state.
    #[error(transparent)]
    Illegal(#[from] Illegal),
    /// The blob's bytes do not have its name's digest.
    #[error("blob `{0}` is missing or damaged; the stage that made it must run again")]
    NoBlob(forgeline_model::Digest),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl StoreError {
    /// For `map_err` on a file operation.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    /// For `map_err` on reading a stored value.
    pub(crate) fn unreadable(what: &'static str) -> impl FnOnce(serde_json::Error) -> Self {
        move |source| Self::Unreadable { what, source }
    }
}
