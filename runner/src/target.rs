//! The repository that a run writes to.

use std::path::{Path, PathBuf};

use forgeline_engine::{
    fact::Publication,
    spec::{Forge, Target},
};
use forgeline_forge::types::{PullRequestState, RepoId};
use forgeline_repo::{BranchName, CommitId, Head, Repo, RepoError};
use forgeline_store::RunView;

use crate::{NotServed, Runner, RunnerError};

/// The repository cannot be used as a target.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Git says no.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The forge says no.
    #[error(transparent)]
    Forge(#[from] forgeline_forge::ForgeError),
    /// There is no commit to start from.
    #[error("repository `{0}` has no commit yet; make a first one, with a README for example, and run again")]
    Empty(String),
    /// The base branch is not there.
    #[error("repository `{repository}` has no branch `{branch}`; it has {known}; name one with `--base`")]
    NoBase {
        /// The repository.
        repository: String,
        /// The missing branch.
        branch: String,
        /// What it has instead.
        known: String,
    },
    /// The repository's name has no form that the forge knows.
    #[error("{0}")]
    Name(String),
    /// No factory serves it.
    #[error(transparent)]
    NotServed(#[from] NotServed),
    /// A blocking job died.
    #[error("a Git job ended early: {0}")]
    Job(String),
}

impl TargetError {
    /// Whether trying again can help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Repo(error) => error.is_transient(),
            Self::Forge(error) => error.is_transient(),
            Self::Job(_) | Self::NotServed(NotServed::Unread { .. }) => true,
            Self::Empty(_) | Self::NoBase { .. } | Self::Name(_) | Self::NotServed(_) => false,
        }
    }
}

/// A base branch and its tip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTarget {
    /// Branch that a pull request would merge into.
    pub base_branch: BranchName,
    /// Its commit now.
    pub base: CommitId,
}

impl OpenTarget {
    /// Finds the base branch of the repository at `path`: the one named, else the default one.
    ///
    /// # Errors
    /// [`TargetError::Empty`], [`TargetError::NoBase`], or what Git says.
    pub fn find(path: &Path, shown: &str, base: Option<&BranchName>) -> Result<Self, TargetError> {
        let repo = Repo::open(path)?;
        let branches = repo.branches()?;
        if branches.is_empty() && !matches!(repo.head()?, Head::Detached(_)) {
            return Err(TargetError::Empty(shown.to_owned()));
        }
        let base_branch = match base {
            Some(base) => base.clone(),
            None => repo.default_branch()?,
        };
        let found = branches.iter().find(|(name, _)| *name == base_branch);
        match found {
            Some((_, base)) => Ok(Self { base_branch, base: *base }),
            None => {
                let known: Vec<String> = branches.iter().take(10).map(|(name, _)| format!("`{name}`")).collect();
                let known = if known.is_empty() { "no branch at all".to_owned() } else { known.join(", ") };
                Err(TargetError::NoBase { repository: shown.to_owned(), branch: base_branch.to_string(), known })
            }
        }
    }
}

impl Runner {
    /// Where the target's repository lies on this machine.
    ///
    /// # Errors
    /// [`TargetError::Forge`] when the forge has no such repository.
    pub async fn repository_path(&self, target: &Target) -> Result<PathBuf, TargetError> {
        match target.forge {
            Forge::Git => Ok(PathBuf::from(&target.repository)),
            Forge::Local => Ok(self.forge.git_dir(&self.forge_repository(target)?).await?),
        }
    }

    /// The target's id on its forge.
    pub(crate) fn forge_repository(&self, target: &Target) -> Result<RepoId, TargetError> {
        target.repository.parse().map_err(|error| TargetError::Name(format!("{error}")))
    }
}

impl Runner {
    /// Whether what a run published is still there for people: its commit on its branch, and its pull request not
    /// closed by a person.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub async fn still_stands(&self, view: &RunView, publication: &Publication) -> Result<bool, RunnerError> {
        let target = &view.spec.target;
        if let (Forge::Local, Some(it)) = (target.forge, &publication.pull_request) {
            let pull_request = self.forge.pull_request(&self.forge_repository(target)?, it.number).await?;
            return Ok(pull_request.state == PullRequestState::Open);
        }
        let path = self.repository_path(target).await?;
        let (branch, commit) = (format!("refs/heads/{}", publication.branch), publication.commit.clone());
        with_repo(&path, move |repo| {
            let tip = repo.resolve(&branch).map_err(TargetError::from)?;
            let Ok(commit) = commit.parse::<CommitId>() else { return Ok(false) };
            match tip {
                Some(tip) => Ok(repo.is_ancestor(commit, tip).map_err(TargetError::from)?),
                None => Ok(false),
            }
        })
        .await
    }
}

/// Runs a blocking job with the repository at `path`.
pub(crate) async fn with_repo<T: Send + 'static, E: From<TargetError> + Send + 'static>(
    path: &Path,
    job: impl FnOnce(Repo) -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    let path = path.to_owned();
    let done = tokio::task::spawn_blocking(move || {
        let repo = Repo::open(&path).map_err(TargetError::from)?;
        job(repo)
    });
    done.await.map_err(|error| E::from(TargetError::Job(error.to_string())))?
}
