//! The blocking half: judge, reconcile, compose and commit, on what was seen. Nothing but objects is written.

use std::collections::BTreeMap;

use forgeline_engine::RunSpec;
use forgeline_model::SafePath;
use forgeline_repo::{BranchName, Change, CommitId, NewCommit, Person, Repo, Trailer, TreeId};

use super::{
    PublishError, branch,
    collect::{Collected, File},
    conflict,
    judge::{judge, judge_merged},
    look::{Found, Home, RUN_BRANCH, RUN_KEY, Sight, branch_name, git, run_base},
    reconcile::{Ground, Reconciled},
};
use crate::{
    RunnerError, TargetError,
    gate::{Decision, Verdict},
    provenance::{self, Draft, Sealed, tree_without},
    report,
    signing::{Signing, SigningKey},
};

/// The trailer that names the blueprint, with its version and digest.
pub(crate) const BLUEPRINT: &str = "Forgeline-Blueprint";
/// The trailer that names the factory and its commit, when the definitions are those of another repository.
const DEFINITIONS: &str = "Forgeline-Definitions";
/// The trailer that names a work item of another repository.
const ITEM: &str = "Forgeline-Item";
/// On a merge of a run's proposal with what people did: the run's key.
const MERGE_OF: &str = "Forgeline-Merge-Of";

/// What is to be written, and where.
pub(crate) struct Order {
    pub(crate) spec: RunSpec,
    pub(crate) collected: Collected,
    pub(crate) provenance: Draft,
    pub(crate) signing: Signing,
    pub(crate) branch: BranchName,
    /// An open pull request shows the branch: the commit goes on top of it.
    pub(crate) open: bool,
    /// There are no pull requests to tell that a branch is merged; history tells.
    pub(crate) counts_suffixes: bool,
    pub(crate) message: String,
}

impl Order {
    pub(crate) fn files(&self) -> &[File] {
        &self.collected.files
    }

    /// The statement of what the run proposes, the same bytes on every try.
    pub(crate) fn seal(&self, repo: &Repo, verdict: &Verdict) -> Result<Sealed, RunnerError> {
        let key = self.signing.statements.as_ref().map(SigningKey::read).transpose().map_err(PublishError::from)?;
        let base = repo.tree_of(run_base(&self.spec)?).map_err(git)?;
        Ok(self.provenance.seal(base, &changes(self.files()), verdict, key.as_ref()))
    }
}

/// A run's result as it stands in Git, or will once its branch is swapped.
#[derive(Clone)]
pub(crate) struct Written {
    pub(crate) home: Home,
    pub(crate) branch: BranchName,
    /// The commit that brings it onto the branch: the run's own, or a merge of it with what people did.
    pub(crate) commit: CommitId,
    pub(crate) tree: TreeId,
    pub(crate) verdict: Verdict,
    /// Files where another version stays than the run's.
    pub(crate) clashes: Vec<String>,
    /// It was found, and no run wrote on its branch before: whoever proposed the branch since did it for this run.
    pub(crate) is_first: bool,
}

/// What came of an order.
pub(crate) enum Composed {
    /// The write gate said no.
    Refused(Verdict),
    /// Nothing would change. A branch that holds it but was never proposed comes along, so that it is.
    Same { place: String, unproposed: Option<Box<Written>> },
    /// The branch is to be swapped from what was seen to the commit.
    Ready(Box<Written>),
}

pub(crate) fn compose(repo: &Repo, order: &Order, sight: &Sight) -> Result<Composed, RunnerError> {
    let verdict = judge(repo, order, sight.base)?;
    if verdict.decision == Decision::Deny {
        return Ok(Composed::Refused(verdict));
    }
    let (branch, tip) = place(repo, order, sight)?;
    let ground = match tip {
        Some(tip) => Ground::on_branch(repo, &order.spec, tip)?,
        None => Ground::on_base(repo, &order.spec, sight.base)?,
    };
    let reconciled = Reconciled::of(repo, order.files(), ground)?;
    let verdict = judge_merged(repo, order, sight.base, verdict, &reconciled.merged)?;
    if verdict.decision == Decision::Deny {
        return Ok(Composed::Refused(verdict));
    }
    if reconciled.is_nothing() {
        return same(repo, order, sight, branch, tip, verdict);
    }
    let sealed = order.seal(repo, &verdict)?;
    let (home, branch, (commit, tree)) = if tip.is_none() && !reconciled.clashes.is_empty() {
        // No branch shows anything yet: the whole proposal goes where both sides can be seen.
        let (branch, commit) = conflict::instead(repo, order, sight, &branch, &reconciled, &sealed)?;
        (Home::Conflict, branch, commit)
    } else if reconciled.is_mixed {
        (Home::Proposal, branch, merge(repo, order, ground, &reconciled, &sealed)?)
    } else {
        (Home::Proposal, branch, proposal(repo, order, Some(ground.onto), &sealed)?)
    };
    Ok(Composed::Ready(Box::new(Written {
        home,
        branch,
        commit,
        tree,
        verdict,
        clashes: reconciled.clashes,
        is_first: false,
    })))
}

/// The same for a run whose commit was found: what it was then, from the commits themselves.
pub(crate) fn recall(repo: &Repo, order: &Order, sight: &Sight, found: &Found) -> Result<Written, RunnerError> {
    let spec = &order.spec;
    let parents = |commit| repo.commit_info(commit).map(|info| info.parents).map_err(git);
    let own = parents(found.commit)?;
    let (commit, ground) = match (found.home, merge_of(repo, spec, found.tip)?) {
        (Home::Base | Home::Proposal, None) => (found.commit, None),
        (Home::Base | Home::Proposal, Some(merge)) => {
            let onto = parents(merge)?.first().copied();
            (merge, onto.map(|onto| Ground { ancestor: own.first().copied(), onto }))
        }
        (Home::Conflict, merge) => {
            let onto = own.last().copied();
            let ground = onto.map(|onto| Ground::on_base(repo, spec, onto)).transpose()?;
            (merge.unwrap_or(found.commit), ground)
        }
    };
    let reconciled = ground.map(|ground| Reconciled::of(repo, order.files(), ground)).transpose()?;
    let reconciled = reconciled.unwrap_or_default();
    let verdict = judge_merged(repo, order, sight.base, judge(repo, order, sight.base)?, &reconciled.merged)?;
    let clashes = reconciled.clashes;
    let tree = tree_without(repo, &order.spec, commit).map_err(git)?;
    let is_first = is_first(repo, spec, &own)?;
    Ok(Written { home: found.home, branch: found.branch.clone(), commit, tree, verdict, clashes, is_first })
}

/// Whether no run of this branch's name committed before, apart from what was merged when this one was decided.
fn is_first(repo: &Repo, spec: &RunSpec, parents: &[CommitId]) -> Result<bool, RunnerError> {
    let base = run_base(spec)?;
    for parent in parents {
        if repo.find_trailer(*parent, Some(base), RUN_BRANCH, &spec.target.branch).map_err(git)?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The commit in the history of `tip` that merged the run's own one with what people did, if that was needed.
pub(crate) fn merge_of(repo: &Repo, spec: &RunSpec, tip: CommitId) -> Result<Option<CommitId>, RunnerError> {
    repo.find_trailer(tip, Some(run_base(spec)?), MERGE_OF, spec.key.as_str()).map_err(git)
}

/// The branch to write to and its tip, if it exists.
fn place(repo: &Repo, order: &Order, sight: &Sight) -> Result<(BranchName, Option<CommitId>), RunnerError> {
    for ordinal in 1.. {
        let branch = branch_name(&branch::name(order.branch.as_str(), ordinal))?;
        let Some(tip) = sight.refs.tip(&branch.refname()) else { return Ok((branch, None)) };
        let is_merged = tip != sight.base && repo.is_ancestor(tip, sight.base).map_err(git)?;
        // Without pull requests a branch whose commits are all in the base has served; the next number follows.
        if order.open || !order.counts_suffixes || !is_merged {
            return Ok((branch, Some(tip)));
        }
    }
    Err(TargetError::Job("no branch name is left".into()).into())
}

fn same(
    repo: &Repo,
    order: &Order,
    sight: &Sight,
    branch: BranchName,
    tip: Option<CommitId>,
    verdict: Verdict,
) -> Result<Composed, RunnerError> {
    let Some(commit) = tip else {
        return Ok(Composed::Same { place: format!("`{}`", order.spec.target.base_branch), unproposed: None });
    };
    let place = format!("branch `{branch}`");
    if order.open || repo.is_ancestor(commit, sight.base).map_err(git)? {
        return Ok(Composed::Same { place, unproposed: None });
    }
    let tree = tree_without(repo, &order.spec, commit).map_err(git)?;
    let held = Written { home: Home::Proposal, branch, commit, tree, verdict, clashes: Vec::new(), is_first: false };
    Ok(Composed::Same { place, unproposed: Some(Box::new(held)) })
}

/// The run's own commit: to the byte what it proposes, on top of `parent`.
fn proposal(
    repo: &Repo,
    order: &Order,
    parent: Option<CommitId>,
    sealed: &Sealed,
) -> Result<(CommitId, TreeId), RunnerError> {
    let tree = repo.compose(parent, &sealed.beside(changes(order.files()))).map_err(PublishError::from)?;
    let parents: Vec<CommitId> = parent.into_iter().collect();
    write(repo, order, tree, &parents, &order.message, &key_trailers(&order.spec, sealed))
}

/// The run's own commit beside what people did, and the merge of both. So the next run still knows what this one proposed.
fn merge(
    repo: &Repo,
    order: &Order,
    ground: Ground,
    reconciled: &Reconciled,
    sealed: &Sealed,
) -> Result<(CommitId, TreeId), RunnerError> {
    let (own, _) = proposal(repo, order, ground.ancestor, sealed)?;
    let all = sealed.beside(reconciled.changes.clone());
    let tree = repo.compose(Some(ground.onto), &all).map_err(PublishError::from)?;
    let message = report::merge_message(&order.spec, &reconciled.clashes);
    let trailers = [run_trailer(&order.spec), Trailer::new(MERGE_OF, order.spec.key.as_str())];
    write(repo, order, tree, &[ground.onto, own], &message, &trailers)
}

/// A commit of the run, signed if there is a key for it, and its tree without the run's statement. Everything about it
/// follows from the run and what it was judged against, so that a retry gives the same id.
pub(crate) fn write(
    repo: &Repo,
    order: &Order,
    tree: TreeId,
    parents: &[CommitId],
    message: &str,
    trailers: &[Trailer],
) -> Result<(CommitId, TreeId), RunnerError> {
    let author = Person { name: "Forgeline".into(), email: provenance::ADDRESS.into() };
    let new = NewCommit { tree, parents, author: &author, at: order.spec.created_at, message, trailers };
    let commit = match &order.signing.commits {
        None => repo.commit(&new).map_err(git)?,
        Some(reference) => {
            let key = SigningKey::read(reference).map_err(PublishError::from)?;
            repo.signed_commit(&new, |bytes| key.sign_commit(bytes)).map_err(git)?
        }
    };
    Ok((commit, tree_without(repo, &order.spec, commit).map_err(git)?))
}

pub(crate) fn run_trailer(spec: &RunSpec) -> Trailer {
    Trailer::new("Forgeline-Run", spec.id.as_str())
}

/// The trailers of the one commit that carries the run's key.
pub(crate) fn key_trailers(spec: &RunSpec, sealed: &Sealed) -> Vec<Trailer> {
    let mut trailers = vec![
        run_trailer(spec),
        Trailer::new(RUN_KEY, spec.key.as_str()),
        Trailer::new(RUN_BRANCH, &spec.target.branch),
        Trailer::new(BLUEPRINT, &format!("{} ({})", spec.plan.blueprint, spec.plan.blueprint.digest)),
        sealed.trailer(),
    ];
    trailers.extend(factory_trailer(spec));
    if let (Some(home), Some(item)) = (&spec.item_repository, &spec.item) {
        trailers.push(Trailer::new(ITEM, &format!("{home}#{}", item.id)));
    }
    trailers
}

/// The factory and its commit, `acme/factory@<40 digits>`, when the definitions are another repository's. A place on a machine
/// is no part of a commit.
fn factory_trailer(spec: &RunSpec) -> Option<Trailer> {
    let commit = spec.definitions.commit.as_ref().filter(|_| spec.is_served_by_a_factory())?;
    let origin = &spec.definitions.origin;
    let value = if origin.starts_with('/') { commit.clone() } else { format!("{origin}@{commit}") };
    Some(Trailer::new(DEFINITIONS, &value))
}

/// All files, as the run proposes them.
pub(crate) fn changes(files: &[File]) -> BTreeMap<SafePath, Change> {
    files
        .iter()
        .filter_map(|file| Some((file.path.parse().ok()?, Change::Write(file.content.clone().into_bytes()))))
        .collect()
}
