//! The embedded forge: bare repositories in `<state>/local/<owner>/<name>.git`, the rest in the state database.
//!
//! A repository that is kept on a forge elsewhere has a [`mirror`] here: it is read like any other, and what is written to
//! it goes there first.
//!
//! One file per family of verbs. A verb reads Git first, then does all its writing in one transaction together with
//! the feed's entry, so that the feed tells each change exactly once.

mod checks;
mod comments;
mod feed;
mod issues;
mod labels;
mod merge;
mod mirror;
mod pull_request_state;
mod pull_requests;
mod repositories;
mod reviews;
mod rows;
mod scope;
mod text;
mod users;

#[cfg(test)]
mod scratch;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use forgeline_repo::{Repo, RepoError};
use forgeline_store::{Store, local_forge::RepositoryRow};

use crate::{
    ForgeError,
    remote::Remote,
    types::{Login, RepoId},
};
use mirror::{Elsewhere, Writing};

pub use merge::MergeMethod;
pub use mirror::{OwnComment, Reach, SyncFault};
pub use pull_requests::PullRequestProposal;
pub use repositories::{NewRepository, Seed};
pub use reviews::{NewThread, ThreadAnswer};

/// The name under which Forgeline itself writes.
pub const BOT: &str = "forgeline[bot]";

/// A handle on the local forge: cheap to clone, safe to share.
#[derive(Clone)]
pub struct LocalForge {
    store: Store,
    folder: PathBuf,
    /// Forges that keep repositories of which mirrors are here.
    elsewhere: Vec<Arc<Elsewhere>>,
    /// Whether nothing is written elsewhere.
    rehearses: bool,
    /// What is being written elsewhere, and was written lately.
    writing: Arc<Writing>,
    /// How far back a first look reaches; none when it only learns.
    reach: Option<Reach>,
}

impl LocalForge {
    /// The forge whose repositories lie below the store's folder.
    pub fn new(store: Store) -> Self {
        let folder = store.folder().join("local");
        Self { store, folder, elsewhere: Vec::new(), rehearses: false, writing: Arc::default(), reach: None }
    }

    /// The same with a forge elsewhere, whose repositories are mirrored from the next [`LocalForge::sync`] on: those that are
    /// wanted, of all that the credential shows.
    #[must_use]
    pub fn beside(
        mut self,
        remote: Arc<dyn Remote>,
        is_wanted: impl Fn(&RepoId) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.elsewhere.push(Arc::new(Elsewhere::new(remote, Box::new(is_wanted))));
        self
    }

    /// For a dry run: forges elsewhere are read, and what would be written there is written to the mirrors only.
    #[must_use]
    pub fn rehearsing(mut self) -> Self {
        self.rehearses = true;
        self
    }

    /// The user under whose name Forgeline itself writes.
    pub fn bot() -> Login {
        BOT.parse().expect("the bot's name is a user name")
    }

    /// Where a repository lies below a state directory, without asking the database; none when nothing is there.
    pub fn place(state: &Path, repo: &RepoId) -> Option<PathBuf> {
        let path = state.join("local").join(repo.owner()).join(format!("{}.git", repo.name()));
        path.is_dir().then_some(path)
    }

    /// Where a repository's objects and references are.
    ///
    /// # Errors
    /// There is no such repository, or the database failed.
    pub async fn git_dir(&self, repo: &RepoId) -> Result<PathBuf, ForgeError> {
        Ok(self.path_of(&self.view(repo).await?.row))
    }

    /// Whether only people with a role may read a repository.
    ///
    /// # Errors
    /// There is no such repository, or the database failed.
    pub async fn is_private(&self, repo: &RepoId) -> Result<bool, ForgeError> {
        Ok(self.view(repo).await?.row.private)
    }

    /// Does a job on a repository on a blocking thread.
    ///
    /// # Errors
    /// There is no such repository, it cannot be opened, or the job fails.
    pub async fn with_git<T, E>(
        &self,
        repo: &RepoId,
        job: impl FnOnce(&Repo) -> Result<T, E> + Send + 'static,
    ) -> Result<T, ForgeError>
    where
        T: Send + 'static,
        E: Into<ForgeError> + Send + 'static,
    {
        let path = self.git_dir(repo).await?;
        blocking(move || job(&Repo::open(&path)?).map_err(Into::into)).await
    }

    fn path_of(&self, row: &RepositoryRow) -> PathBuf {
        self.folder.join(&row.owner).join(format!("{}.git", row.name))
    }
}

/// Git and the file system block; the runtime's own threads must not.
async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, ForgeError> + Send + 'static,
) -> Result<T, ForgeError> {
    match tokio::task::spawn_blocking(job).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// For `map_err` in jobs that mix both kinds of error.
fn git(error: RepoError) -> ForgeError {
    ForgeError::Repo(error)
}
