//! What stands in Git now, and whether the run is in it already.

use forgeline_engine::RunSpec;
use forgeline_repo::{BranchName, CommitId, Repo, Snapshot};

use super::branch::{Holds, Place};
use crate::{RunnerError, TargetError};

/// The trailer that makes a run's commit findable. Exactly one commit carries a run's key.
pub(crate) const RUN_KEY: &str = "Forgeline-Run-Key";
/// The trailer that tells runs of one subject from others whose commits were merged into the same branch.
pub(crate) const RUN_BRANCH: &str = "Forgeline-Branch";

/// The base branch and every branch of the run's name, at one look. The branch is swapped only while all of them stand
/// still, so that what was not found in them is not there when the run's key enters.
pub(crate) struct Sight {
    pub(crate) refs: Snapshot,
    /// Tip of the base branch.
    pub(crate) base: CommitId,
}

/// Where a run's commit was found.
pub(crate) struct Found {
    pub(crate) home: Home,
    /// The commit with the run's key.
    pub(crate) commit: CommitId,
    /// What names it or builds on it.
    pub(crate) tip: CommitId,
    pub(crate) branch: BranchName,
}

/// Which kind of branch holds a run's commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Home {
    /// The base branch: it is merged.
    Base,
    /// A branch that a pull request shows, or may show.
    Proposal,
    /// A branch that holds a proposal which did not fit on the base.
    Conflict,
}

impl Sight {
    pub(crate) fn of(repo: &Repo, spec: &RunSpec) -> Result<Self, RunnerError> {
        let base_branch = branch_name(&spec.target.base_branch)?;
        let own = format!("refs/heads/{}*", spec.target.branch);
        let refs = repo.snapshot(&[&base_branch.refname(), &own]).map_err(git)?;
        let base = match refs.tip(&base_branch.refname()) {
            Some(base) => base,
            // For the error, which names what there is.
            None => repo.branch_tip(&base_branch).map_err(git)?,
        };
        Ok(Self { refs, base })
    }

    /// The run's own commit, if it is anywhere. What is merged counts before what is proposed.
    pub(crate) fn find(&self, repo: &Repo, spec: &RunSpec) -> Result<Option<Found>, RunnerError> {
        let mut places = vec![(Home::Base, 1, branch_name(&spec.target.branch)?, self.base)];
        for (refname, tip) in self.refs.iter() {
            let Some(name) = refname.strip_prefix("refs/heads/") else { continue };
            let Some(place) = Place::of(&spec.target.branch, name) else { continue };
            let home = match place.holds {
                Holds::Proposal => Home::Proposal,
                Holds::Conflict(_) => Home::Conflict,
            };
            places.push((home, place.ordinal, branch_name(name)?, tip));
        }
        places.sort();
        for (home, _, branch, tip) in places {
            if let Some(commit) = carries_key(repo, spec, tip)? {
                return Ok(Some(Found { home, commit, tip, branch }));
            }
        }
        Ok(None)
    }
}

/// The run's own commit in the history of `tip`, without what was there when the run was decided.
pub(crate) fn carries_key(repo: &Repo, spec: &RunSpec, tip: CommitId) -> Result<Option<CommitId>, RunnerError> {
    repo.find_trailer(tip, Some(run_base(spec)?), RUN_KEY, spec.key.as_str()).map_err(git)
}

/// The base branch's commit when the run was decided.
pub(crate) fn run_base(spec: &RunSpec) -> Result<CommitId, RunnerError> {
    spec.target.base.parse().map_err(|_| TargetError::Empty(spec.target.repository.clone()).into())
}

pub(crate) fn branch_name(name: &str) -> Result<BranchName, RunnerError> {
    name.parse().map_err(|error| RunnerError::Bug(format!("branch `{name}`: {error}")))
}

pub(crate) fn git(error: forgeline_repo::RepoError) -> RunnerError {
    TargetError::Repo(error).into()
}
