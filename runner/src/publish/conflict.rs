//! What could not be merged: a branch of its own, on top of what stands, with the run's version as the change.

use std::collections::BTreeMap;

use forgeline_model::SafePath;
use forgeline_repo::{BranchName, Change, CommitId, Repo, Snapshot, Trailer, TreeId};

use super::{
    PublishError, branch,
    collect::File,
    commit::{Order, Written, changes, key_trailers, run_trailer, write},
    look::{Home, RUN_KEY, Sight, branch_name, git, run_base},
    reconcile::Reconciled,
};
use crate::{
    RunnerError, TargetError,
    provenance::{self, Sealed},
    report,
};

/// On a commit that shows what could not be merged: the key of the run whose version it holds.
const CONFLICT: &str = "Forgeline-Conflict";

/// Where a run's side of a conflict is, or is to be.
pub(crate) enum Side {
    /// Somebody was here before: a retry, or a process that died.
    There { branch: BranchName },
    /// The branch is to be swapped from what was seen to the commit.
    Ready { branch: BranchName, commit: CommitId, tree: TreeId },
}

/// The whole proposal on the base branch, its version in every conflict. This is the commit that carries the run's key.
pub(crate) fn instead(
    repo: &Repo,
    order: &Order,
    sight: &Sight,
    wanted: &BranchName,
    reconciled: &Reconciled,
    sealed: &Sealed,
) -> Result<(BranchName, (CommitId, TreeId)), RunnerError> {
    let (branch, parents) = berth(repo, &sight.refs, wanted, sight.base, Kind::Whole)?;
    let mut all = reconciled.changes.clone();
    all.extend(versions(order.files(), &reconciled.clashes));
    let tree = repo.compose(Some(sight.base), &sealed.beside(all)).map_err(PublishError::from)?;
    let mut trailers = key_trailers(&order.spec, sealed);
    trailers.push(conflict_trailer(order));
    Ok((branch, write(repo, order, tree, &parents, &order.message, &trailers)?))
}

/// The run's version of the files in conflict, on top of the branch where the other version stays.
pub(crate) fn beside(repo: &Repo, order: &Order, written: &Written, seen: &Snapshot) -> Result<Side, RunnerError> {
    let start = run_base(&order.spec)?;
    for (refname, tip) in seen.iter() {
        let Some(name) = refname.strip_prefix("refs/heads/") else { continue };
        if repo.find_trailer(tip, Some(start), CONFLICT, order.spec.key.as_str()).map_err(git)?.is_some() {
            return Ok(Side::There { branch: branch_name(name)? });
        }
    }
    let kind = if written.home == Home::Base { Kind::Late } else { Kind::Part };
    let (branch, parents) = berth(repo, seen, &written.branch, written.commit, kind)?;
    let own = versions(order.files(), &written.clashes);
    let tree = repo.compose(Some(written.commit), &own).map_err(PublishError::from)?;
    let message = report::conflict_message(&order.spec, &written.clashes, written.branch.as_str());
    let trailers = [run_trailer(&order.spec), conflict_trailer(order)];
    let (commit, tree) = write(repo, order, tree, &parents, &message, &trailers)?;
    Ok(Side::Ready { branch, commit, tree })
}

/// Full names of the conflict branches of `branch`, as a pattern.
pub(crate) fn berths(branch: &BranchName) -> String {
    format!("refs/heads/{}*", branch::conflict_name(branch.as_str(), 1))
}

/// What a conflict branch is for, which says where its pull request goes: a branch has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A whole proposal, for the base branch.
    Whole,
    /// What did not fit on the proposal's branch, for that one.
    Part,
    /// The same, when that one is merged already: for the base branch, and never in the place of another.
    Late,
}

/// The first conflict branch that is free, or that is for the same and that nobody but Forgeline has written to, and what
/// a commit on it follows. One on which a person works is left to them.
fn berth(
    repo: &Repo,
    seen: &Snapshot,
    wanted: &BranchName,
    onto: CommitId,
    kind: Kind,
) -> Result<(BranchName, Vec<CommitId>), RunnerError> {
    for nth in 1.. {
        let branch = branch_name(&branch::conflict_name(wanted.as_str(), nth))?;
        let Some(tip) = seen.tip(&branch.refname()) else { return Ok((branch, vec![onto])) };
        let info = repo.commit_info(tip).map_err(git)?;
        let is_own = info.committer.email == provenance::ADDRESS;
        let trailers = info.trailers();
        let has = |key: &str| trailers.iter().any(|trailer| trailer.key == key);
        let found = match (has(CONFLICT), has(RUN_KEY)) {
            (false, _) => None,
            (true, true) => Some(Kind::Whole),
            (true, false) => Some(Kind::Part),
        };
        if is_own && found == Some(kind) {
            let is_taken = repo.is_ancestor(tip, onto).map_err(git)?;
            return Ok((branch, if is_taken { vec![onto] } else { vec![tip, onto] }));
        }
    }
    Err(TargetError::Job("no branch name is left".into()).into())
}

fn versions(files: &[File], paths: &[String]) -> BTreeMap<SafePath, Change> {
    changes(files).into_iter().filter(|(path, _)| paths.iter().any(|clash| clash == path.as_str())).collect()
}

fn conflict_trailer(order: &Order) -> Trailer {
    Trailer::new(CONFLICT, order.spec.key.as_str())
}
