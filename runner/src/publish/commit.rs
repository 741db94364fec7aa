//! The blocking half: judge, compose, commit, on the tip as it is now.

use std::collections::BTreeMap;

use forgeline_engine::RunSpec;
use forgeline_model::SafePath;
use forgeline_repo::{BranchName, Change, CommitId, FileMode, NewCommit, Person, Repo, Trailer, TreeId};

use super::{PublishError, branch, collect::File};
use crate::{
    RunnerError, TargetError,
    gate::{self, BaseEntry, BaseTree, Decision, GateFile, GateInput, GateLimits, GateText, Verdict},
};

/// The trailer that makes a run's commit findable.
const RUN_KEY: &str = "Forgeline-Run-Key";

/// What is to be written, and where.
pub(crate) struct Order {
    pub(crate) spec: RunSpec,
    pub(crate) files: Vec<File>,
    pub(crate) branch: BranchName,
    pub(crate) base_branch: BranchName,
    /// An open pull request shows the branch: the commit goes on top of it.
    pub(crate) open: bool,
    /// There are no pull requests to tell that a branch is merged; history tells.
    pub(crate) counts_suffixes: bool,
    pub(crate) message: String,
    pub(crate) title: String,
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
    let verdict = judge(repo, order, base)?;
    if verdict.decision == Decision::Deny {
        return Ok(Composed::Refused { verdict });
    }
    // The key may be on the branch (a retry, or a process that died after the swap) or, merged since, in the base.
    for (history, merged) in [(base, true), (parent, false)] {
        if let Some((commit, tree)) = carries_key(repo, spec, history)? {
            return Ok(Composed::Found { branch, commit, tree, verdict, merged });
        }
    }
    let changes = changes(&order.files);
    let tree = repo.compose(Some(parent), &changes).map_err(PublishError::from)?;
    if tree == repo.tree_of(parent).map_err(git)? {
        let place = if tip.is_some() { format!("branch `{branch}`") } else { format!("`{}`", order.base_branch) };
        let unproposed = match tip {
            Some(tip) if !order.open && !repo.is_ancestor(tip, base).map_err(git)? => {
                Some(Box::new(Held { branch, commit: tip, tree, verdict }))
            }
            _ => None,
        };
        return Ok(Composed::Same { place, unproposed });
    }
    let author = Person { name: "Forgeline".into(), email: "forgeline@localhost".into() };
    let trailers = [
        Trailer::new("Forgeline-Run", spec.id.as_str()),
        Trailer::new(RUN_KEY, spec.key.as_str()),
        Trailer::new("Forgeline-Blueprint", &format!("{} ({})", spec.plan.blueprint, spec.plan.blueprint.digest)),
    ];
    let new = NewCommit {
        tree,
        parents: &[parent],
        author: &author,
        at: spec.created_at,
        message: &order.message,
        trailers: &trailers,
    };
    let commit = repo.commit(&new).map_err(git)?;
    Ok(Composed::Ready { branch, from: tip, commit, tree, verdict })
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
    let start: CommitId = spec.target.base.parse().map_err(|_| TargetError::Empty(spec.target.repository.clone()))?;
    match repo.find_trailer(tip, Some(start), RUN_KEY, spec.key.as_str()).map_err(git)? {
        Some(commit) => Ok(Some((commit, repo.tree_of(commit).map_err(git)?))),
        None => Ok(None),
    }
}

fn judge(repo: &Repo, order: &Order, base: CommitId) -> Result<Verdict, RunnerError> {
    let listing = repo.walk(base).map_err(git)?;
    let mut blobs = BTreeMap::new();
    let mut entries = Vec::with_capacity(listing.entries.len());
    for entry in &listing.entries {
        let kind = if entry.mode == FileMode::Symlink { BaseEntry::Symlink } else { BaseEntry::File };
        entries.push((entry.path.clone(), kind));
        blobs.insert(entry.path.as_str(), entry);
    }
    let skipped = listing.skipped.iter().map(|skipped| (skipped.path.clone(), BaseEntry::Submodule));
    let tree: BaseTree = entries.into_iter().chain(skipped).collect();
    let mut files = Vec::with_capacity(order.files.len());
    for file in &order.files {
        let unchanged = match blobs.get(file.path.as_str()) {
            Some(entry) if entry.size == file.content.len() as u64 => {
                repo.read_blob(entry.blob).map_err(git)? == file.content.as_bytes()
            }
            _ => false,
        };
        files.push(GateFile {
            path: &file.path,
            content: file.content.as_bytes(),
            artifact_type: &file.artifact_type,
            stage: &file.stage,
            unchanged,
        });
    }
    let plan = &order.spec.plan;
    let produces = plan.stages.iter().map(|stage| (stage.id.clone(), stage.produces.clone())).collect();
    let texts = [
        GateText { place: "commit message", text: &order.message },
        GateText { place: "pull request title", text: &order.title },
    ];
    Ok(gate::judge(&GateInput {
        files: &files,
        texts: &texts,
        base: &tree,
        produces: &produces,
        blueprint: &plan.blueprint.name,
        grants: &plan.writes,
        policy: &order.spec.policy.protected,
        limits: GateLimits::default(),
    }))
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
