//! The blocking half: judge, compose, commit, on the tip as it is now.

use std::collections::BTreeMap;

use forgeline_engine::RunSpec;
use forgeline_model::SafePath;
use forgeline_repo::{BranchName, Change, CommitId, NewCommit, Person, Repo, Trailer, TreeId};

use super::{
    PublishError, branch,
    collect::{Collected, File},
};
use crate::{
    RunnerError, TargetError,
    gate::{Decision, Proposed, Verdict, judge_proposal},
    provenance::{self, Draft, tree_without},
    signing::{Signing, SigningKey},
};

/// The trailer that makes a run's commit findable.
pub(crate) const RUN_KEY: &str = "Forgeline-Run-Key";
/// The trailer that names the blueprint, with its version and digest.
pub(crate) const BLUEPRINT: &str = "Forgeline-Blueprint";

/// What is to be written, and where.
pub(crate) struct Order {
    pub(crate) spec: RunSpec,
    pub(crate) collected: Collected,
    pub(crate) provenance: Draft,
    pub(crate) signing: Signing,
    pub(crate) branch: BranchName,
    pub(crate) base_branch: BranchName,
    /// An open pull request shows the branch: the commit goes on top of it.
    pub(crate) open: bool,
    /// There are no pull requests to tell that a branch is merged; history tells.
    pub(crate) counts_suffixes: bool,
    pub(crate) message: String,
}

/// What a branch holds that no pull request shows.
pub(crate) struct Held {
    pub(crate) branch: BranchName,
    pub(crate) commit: CommitId,
    pub(crate) tree: TreeId,
    pub(crate) verdict: Verdict,
}

/// What came of it. Nothing but objects is written yet.
pub(crate) enum Composed {
    /// The write gate said no.
    Refused { verdict: Verdict },
    /// Nothing would change. A branch that holds it but was never proposed comes along, so that it is.
    Same { place: String, unproposed: Option<Box<Held>> },
    /// The run's commit is in Git already.
    Found { branch: BranchName, commit: CommitId, tree: TreeId, verdict: Verdict, merged: bool },
    /// The branch is to be swapped `from` → `commit`.
    Ready { branch: BranchName, from: Option<CommitId>, commit: CommitId, tree: TreeId, verdict: Verdict },
}

pub(crate) fn compose(repo: &Repo, order: &Order) -> Result<Composed, RunnerError> {
    let spec = &order.spec;
    let base = repo.branch_tip(&order.base_branch).map_err(git)?;
    let (branch, tip) = place(repo, order, base)?;
    let parent = tip.unwrap_or(base);
    // Judged against the branch it would merge into: what an earlier run of ours put on its own branch grants nothing.
    let proposed = Proposed { spec, files: &order.collected.files, summary: &order.collected.summary };
    let verdict = judge_proposal(repo, &proposed, repo.tree_of(base).map_err(git)?).map_err(git)?;
    if verdict.decision == Decision::Deny {
        return Ok(Composed::Refused { verdict });
    }
    // The key may be on the branch (a retry, or a process that died after the swap) or, merged since, in the base.
    for (history, merged) in [(base, true), (parent, false)] {
        if let Some((commit, tree)) = carries_key(repo, spec, history)? {
            return Ok(Composed::Found { branch, commit, tree, verdict, merged });
        }
    }
    let mut changes = changes(&order.collected.files);
    // Compared without the statement, which names the run: what was made before is not made again for its sake.
    let tree = repo.compose(Some(parent), &changes).map_err(PublishError::from)?;
    if tree == repo.tree_of(parent).map_err(git)? {
        let place = if tip.is_some() { format!("branch `{branch}`") } else { format!("`{}`", order.base_branch) };
        let unproposed = match tip {
            Some(tip) if !order.open && !repo.is_ancestor(tip, base).map_err(git)? => {
                let tree = tree_without(repo, spec, tip).map_err(git)?;
                Some(Box::new(Held { branch, commit: tip, tree, verdict }))
            }
            _ => None,
        };
        return Ok(Composed::Same { place, unproposed });
    }
    let key = order.signing.statements.as_ref().map(SigningKey::read).transpose().map_err(PublishError::from)?;
    let started_from = repo.tree_of(start(spec)?).map_err(git)?;
    let sealed = order.provenance.seal(started_from, &changes, &verdict, key.as_ref());
    let trailers = [
        Trailer::new("Forgeline-Run", spec.id.as_str()),
        Trailer::new(RUN_KEY, spec.key.as_str()),
        Trailer::new(BLUEPRINT, &format!("{} ({})", spec.plan.blueprint, spec.plan.blueprint.digest)),
        sealed.trailer(),
    ];
    changes.insert(sealed.path, Change::Write(sealed.bytes));
    let author = Person { name: "Forgeline".into(), email: provenance::ADDRESS.into() };
    let new = NewCommit {
        tree: repo.compose(Some(parent), &changes).map_err(PublishError::from)?,
        parents: &[parent],
        author: &author,
        at: spec.created_at,
        message: &order.message,
        trailers: &trailers,
    };
    let commit = write(repo, &new, &order.signing)?;
    let tree = tree_without(repo, spec, commit).map_err(git)?;
    Ok(Composed::Ready { branch, from: tip, commit, tree, verdict })
}

/// Writes the commit, signed if there is a key for it.
fn write(repo: &Repo, new: &NewCommit<'_>, signing: &Signing) -> Result<CommitId, RunnerError> {
    match &signing.commits {
        None => repo.commit(new).map_err(git),
        Some(reference) => {
            let key = SigningKey::read(reference).map_err(PublishError::from)?;
            repo.signed_commit(new, |bytes| key.sign_commit(bytes)).map_err(git)
        }
    }
}

/// The branch to write to and its tip, if it exists.
fn place(repo: &Repo, order: &Order, base: CommitId) -> Result<(BranchName, Option<CommitId>), RunnerError> {
    let stem = order.branch.to_string();
    for ordinal in 1.. {
        let name = branch::name(&stem, ordinal);
        let branch: BranchName =
            name.parse().map_err(|_| TargetError::Job(format!("`{name}` is not a branch name")))?;
        let tip = repo.resolve(&branch.refname()).map_err(git)?;
        let merged = match tip {
            Some(tip) => tip != base && repo.is_ancestor(tip, base).map_err(git)?,
            None => false,
        };
        // Without pull requests a branch whose commits are all in the base has served; the next number follows.
        let is_ours = match tip {
            Some(tip) if merged => carries_key(repo, &order.spec, tip)?.is_some(),
            _ => false,
        };
        if !(order.counts_suffixes && !order.open && merged) || is_ours {
            return Ok((branch, tip));
        }
    }
    Err(TargetError::Job("no branch name is left".into()).into())
}

/// The run's own commit in the history of `tip`, without what was there when the run was decided.
pub(crate) fn carries_key(
    repo: &Repo,
    spec: &RunSpec,
    tip: CommitId,
) -> Result<Option<(CommitId, TreeId)>, RunnerError> {
    match repo.find_trailer(tip, Some(start(spec)?), RUN_KEY, spec.key.as_str()).map_err(git)? {
        Some(commit) => Ok(Some((commit, tree_without(repo, spec, commit).map_err(git)?))),
        None => Ok(None),
    }
}

/// The commit that the run started from.
fn start(spec: &RunSpec) -> Result<CommitId, RunnerError> {
    Ok(spec.target.base.parse().map_err(|_| TargetError::Empty(spec.target.repository.clone()))?)
}

fn changes(files: &[File]) -> BTreeMap<SafePath, Change> {
    files
        .iter()
        .filter_map(|file| Some((file.path.parse().ok()?, Change::Write(file.content.clone().into_bytes()))))
        .collect()
}

fn git(error: forgeline_repo::RepoError) -> RunnerError {
    TargetError::Repo(error).into()
}
