//! From proposals to one commit and one pull request.
//!
//! Whoever believes that they hold the effect may run this; no lease or clock is part of the safety argument. A branch is
//! swapped only while all branches that were searched for the run's key stand still, so the key can enter once.

mod approvals;
mod branch;
mod collect;
mod commit;
mod conflict;
mod fault;
mod intents;
mod judge;
mod look;
mod propose;
#[cfg(test)]
mod racing;
mod reconcile;
mod room;
#[cfg(test)]
mod scratch;
#[cfg(test)]
mod stories;

use std::{path::PathBuf, sync::Arc};

pub(crate) use collect::File;
pub use collect::{StageSummary, summarise};
pub(crate) use commit::BLUEPRINT;
pub use fault::Step;
use forgeline_engine::{
    Outcome, RunSpec,
    fact::{Publication, PullRequestRef},
    spec::Forge,
};
use forgeline_forge::types::PullRequestState;
use forgeline_repo::{CommitId, ComposeError, Repo, Swap, TreeId};
use forgeline_store::{Intent, IntentState, RunView};
pub(crate) use look::RUN_KEY;
pub use room::Full;
pub(crate) use room::Opening;
use serde_json::json;
use tracing::{debug, warn};

use crate::{
    Runner, RunnerError,
    provenance::{Draft, tree_without},
    publish::{
        branch::{Choice, Holds, Known},
        collect::Collected,
        commit::{Composed, Order},
        fault::{Faults, Rule},
        look::{Found, Home, Sight, branch_name, git},
    },
    report,
    signing::SigningError,
    target::with_repo,
};

/// Why a run of a blueprint that only looks leaves everything as it is.
const NOTHING_TO_WRITE: &str = "its stages write no file";

/// Swaps tried before the publisher steps back; each failure means that somebody else moved a branch.
const SWAPS: u32 = 16;

/// Publishing failed for a reason of its own.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The tree cannot be made.
    #[error("the files cannot be put on top of the base: {0}")]
    Compose(#[from] ComposeError),
    /// What is written cannot be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The branch moved again and again.
    #[error("branch `{0}` or its base moved {SWAPS} times while its next commit was made; try again")]
    Busy(String),
    /// As many pull requests are open as may be.
    #[error(transparent)]
    Full(#[from] Full),
    /// A test let the publisher die here.
    #[error("the publisher died after {0:?}")]
    Died(Step),
}

impl PublishError {
    /// Whether trying again can help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Compose(ComposeError::Repo(error)) => error.is_transient(),
            Self::Compose(_) => false,
            // The operator mends the key, and the run goes on from here.
            Self::Signing(_) | Self::Busy(_) | Self::Full(_) | Self::Died(_) => true,
        }
    }
}

/// What does not change from one try to the next.
struct Job<'a> {
    view: &'a RunView,
    collected: Collected,
    path: PathBuf,
    faults: Faults,
}

impl Runner {
    /// Brings a run's result into Git and proposes it. Running it again gives the same outcome.
    pub(crate) async fn publish(&self, view: &RunView) -> Result<Outcome, RunnerError> {
        self.publish_with(view, Faults::default()).await
    }

    async fn publish_with(&self, view: &RunView, faults: Faults) -> Result<Outcome, RunnerError> {
        let collected = self.collect(view).await?;
        let path = self.repository_path(&view.spec.target).await?;
        let job = Job { view, collected, path, faults };
        for _ in 0..SWAPS {
            if let Some(outcome) = self.try_to_publish(&job).await? {
                // For the record only: what was published is published.
                if let Err(error) = self.resolve_left_intents(&job).await {
                    warn!(%error, "what a dead publisher intended is not resolved");
                }
                return Ok(outcome);
            }
        }
        Err(PublishError::Busy(view.spec.target.branch.clone()).into())
    }

    /// One round of the protocol; none when something moved meanwhile.
    async fn try_to_publish(&self, job: &Job<'_>) -> Result<Option<Outcome>, RunnerError> {
        let spec = &job.view.spec;
        if spec.target.forge == Forge::Local {
            self.forge.follow(&self.forge_repository(&spec.target)?).await?;
        }
        // The references first: a merge moves the base before the pull request says so, and then the swap fails.
        let (looked, checks) = (spec.clone(), job.faults.keeps(Rule::HistoryCheck));
        let look = move |repo: Repo| -> Result<_, RunnerError> {
            let sight = Sight::of(&repo, &looked)?;
            let found = if checks { sight.find(&repo, &looked)? } else { None };
            Ok((sight, found))
        };
        let (sight, found) = with_repo(&job.path, look).await?;
        let known = self.known_branches(spec).await?;
        let found = match self.ended(job, &known, found.as_ref()).await? {
            Some((it, commit)) if checks && it.state == PullRequestState::Merged => {
                let branch = it.branch.clone();
                Some(Found { home: Home::Base, commit, tip: it.head, branch })
            }
            Some((it, commit)) if checks => return self.closed(job, it, commit).await.map(Some),
            Some(_) | None => found,
        };
        job.faults.pass(Step::Looked)?;
        if let Some(found) = found {
            debug!(commit = %found.commit, "found the run's own commit");
            let order = self.order(job, &spec.target.branch, false)?;
            let recalled = order.clone();
            let recall = move |repo: Repo| commit::recall(&repo, &recalled, &sight, &found);
            let written = with_repo(&job.path, recall).await?;
            return self.propose(job, &order, &known, written).await;
        }
        let (branch, open) = match branch::choose(&spec.target.branch, &known, &spec.trigger.kind) {
            Choice::Write { branch, open } => (branch, open),
            Choice::Leave { number } => {
                let reason = report::closed_by_person(number, &spec.plan.blueprint.name);
                return Ok(Some(Outcome::Refused { reason, gate: None }));
            }
        };
        let order = self.order(job, &branch, open)?;
        let composing = order.clone();
        let compose = move |repo: Repo| -> Result<_, RunnerError> {
            let composed = commit::compose(&repo, &composing, &sight)?;
            Ok((composed, sight))
        };
        let (composed, sight) = with_repo(&job.path, compose).await?;
        job.faults.pass(Step::Composed)?;
        match composed {
            Composed::Refused(verdict) => {
                let reason = report::gate_refusal(&verdict);
                Ok(Some(Outcome::Refused { reason, gate: Some(json!(verdict)) }))
            }
            Composed::Same { unproposed: Some(held), .. } if spec.target.forge == Forge::Local => {
                self.propose(job, &order, &known, *held).await
            }
            Composed::Same { place, .. } => {
                let writes = spec.plan.stages.iter().any(|stage| !stage.produces.is_empty());
                let reason = if writes { format!("{place} holds exactly this") } else { NOTHING_TO_WRITE.to_owned() };
                Ok(Some(Outcome::NoChange { reason }))
            }
            Composed::Ready(written) => {
                if let Some(reason) = self.lapsed_approval(job.view).await? {
                    return Ok(Some(Outcome::Refused { reason, gate: None }));
                }
                // Held until the pull request is there.
                let _seat = if open || spec.target.forge != Forge::Local { None } else { Some(self.seat(spec).await?) };
                let refname = written.branch.refname();
                match self.swap(job, sight.refs, refname, written.commit, written.tree).await? {
                    Swap::Done => self.propose(job, &order, &known, *written).await,
                    Swap::Moved(_) => Ok(None),
                }
            }
        }
    }

    /// Stores the intent, swaps the reference while all that was seen stands still, and records which it was.
    async fn swap(
        &self,
        job: &Job<'_>,
        seen: forgeline_repo::Snapshot,
        reference: String,
        commit: CommitId,
        tree: TreeId,
    ) -> Result<Swap, RunnerError> {
        let spec = &job.view.spec;
        let intent = Intent {
            reference: reference.clone(),
            base: seen.tip(&reference).map(|from| from.to_string()),
            tree: tree.to_string(),
            commit: commit.to_string(),
        };
        let n = self.store.intend(&spec.id, &intent, self.clock.now()).await?;
        job.faults.pass(Step::Intended)?;
        let (reason, is_exact) = (format!("forgeline: {}", spec.id), job.faults.keeps(Rule::ExpectedTip));
        let swap = match self.swap_there(spec, &seen, &reference, commit).await? {
            Some(swap) => swap,
            None => {
                let swap = move |repo: Repo| -> Result<Swap, RunnerError> {
                    if is_exact {
                        return repo.swap_if_unmoved(&seen, &reference, commit, &reason).map_err(git);
                    }
                    let now = repo.resolve(&reference).map_err(git)?;
                    repo.compare_and_swap(&reference, now, Some(commit), &reason).map_err(git)
                };
                with_repo(&job.path, swap).await?
            }
        };
        job.faults.pass(Step::Swapped)?;
        let state = match swap {
            Swap::Done => IntentState::Done,
            Swap::Moved(_) => IntentState::Moved,
        };
        self.store.resolve_intent(&spec.id, n, state).await?;
        job.faults.pass(Step::Resolved)?;
        Ok(swap)
    }

    /// The swap on the forge elsewhere that keeps the repository; none when it is kept here. The branch that moves is compared
    /// there, at the moment of the swap; the others were read a moment ago.
    async fn swap_there(
        &self,
        spec: &RunSpec,
        seen: &forgeline_repo::Snapshot,
        reference: &str,
        commit: CommitId,
    ) -> Result<Option<Swap>, RunnerError> {
        if spec.target.forge != Forge::Local {
            return Ok(None);
        }
        let repo = self.forge_repository(&spec.target)?;
        let swap = self.forge.swap_there(&repo, reference, seen.tip(reference), commit, self.clock.now()).await?;
        if let Some(Swap::Moved(_)) = swap {
            self.forge.follow(&repo).await?;
        }
        Ok(swap)
    }

    /// A pull request with the run's own commit that a person merged or closed before this run could settle: what they
    /// decided stands. One that shows a conflict decides nothing about a proposal that is elsewhere.
    async fn ended<'a>(
        &self,
        job: &Job<'_>,
        known: &'a [Known],
        found: Option<&Found>,
    ) -> Result<Option<(&'a Known, CommitId)>, RunnerError> {
        let is_elsewhere = found.is_some_and(|found| found.home != Home::Conflict);
        let decides = |it: &&Known| it.place.holds == Holds::Proposal || !is_elsewhere;
        for it in known.iter().filter(|it| it.state != PullRequestState::Open).filter(decides) {
            let (spec, head) = (job.view.spec.clone(), it.head);
            let own = with_repo(&job.path, move |repo| look::carries_key(&repo, &spec, head)).await?;
            if let Some(own) = own {
                return Ok(Some((it, own)));
            }
        }
        Ok(None)
    }

    /// The outcome of a run whose pull request a person closed.
    async fn closed(&self, job: &Job<'_>, it: &Known, own: CommitId) -> Result<Outcome, RunnerError> {
        let (spec, head) = (job.view.spec.clone(), it.head);
        let read = move |repo: Repo| -> Result<_, RunnerError> {
            let commit = commit::merge_of(&repo, &spec, head)?.unwrap_or(own);
            Ok((commit, tree_without(&repo, &spec, commit).map_err(git)?))
        };
        let (commit, tree) = with_repo(&job.path, read).await?;
        Ok(Outcome::Published(Publication {
            branch: it.branch.to_string(),
            commit: commit.to_string(),
            tree: tree.to_string(),
            pull_request: Some(PullRequestRef { number: it.number, opened: false }),
            gate: json!(null),
            conflict: None,
        }))
    }

    fn order(&self, job: &Job<'_>, branch: &str, open: bool) -> Result<Arc<Order>, RunnerError> {
        let spec: &RunSpec = &job.view.spec;
        Ok(Arc::new(Order {
            spec: spec.clone(),
            collected: job.collected.clone(),
            provenance: Draft::of(job.view),
            signing: self.signing.clone(),
            branch: branch_name(branch)?,
            open,
            counts_suffixes: spec.target.forge == Forge::Git,
            message: report::commit_message(spec, &job.collected.summary),
        }))
    }

    /// The pull requests that speak for one of the run's branches.
    async fn known_branches(&self, spec: &RunSpec) -> Result<Vec<Known>, RunnerError> {
        match spec.target.forge {
            Forge::Git => Ok(Vec::new()),
            Forge::Local => {
                let repo = self.forge_repository(&spec.target)?;
                let all = self.forge.pull_requests(&repo, None, None).await?;
                Ok(all.iter().filter_map(|it| Known::of(&spec.target.branch, it)).collect())
            }
        }
    }
}
