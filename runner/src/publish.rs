//! From proposals to one commit and one pull request.
//!
//! Whoever believes that they hold the effect may run this; no lease or clock is part of the safety argument. The branch
//! is swapped only from the tip whose history was searched for the run's key, so the key can enter it once.

mod branch;
mod collect;
mod commit;

pub(crate) use collect::File;
pub use collect::{StageSummary, summarise};
pub(crate) use commit::{BLUEPRINT, RUN_KEY};
use forgeline_engine::{
    Outcome, RunSpec,
    fact::{Publication, PullRequestRef},
    spec::Forge,
};
use forgeline_forge::{
    LocalForge, PullRequestProposal,
    types::{PullRequestState, Upsert},
};
use forgeline_repo::{BranchName, ComposeError, Swap};
use forgeline_store::{Intent, IntentState, RunView};
use serde_json::json;
use tracing::debug;

use crate::{
    Runner, RunnerError, TargetError,
    gate::Decision,
    provenance::Draft,
    publish::{
        branch::{Choice, Known},
        collect::Collected,
        commit::{Composed, Held, Order},
    },
    report,
    signing::SigningError,
    target::with_repo,
};

/// Label of a pull request that touches what the gate wants a person to see.
const NEEDS_HUMAN: &str = "needs-human";
/// Label of every pull request of Forgeline.
const OURS: &str = "forgeline";
/// Swaps tried before the publisher steps back; each failure means that somebody else moved the branch.
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
    #[error("branch `{0}` moved {SWAPS} times while its next commit was made")]
    Busy(String),
}

impl PublishError {
    /// Whether trying again can help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Compose(ComposeError::Repo(error)) => error.is_transient(),
            Self::Compose(_) => false,
            // The operator mends it, and the run goes on from here.
            Self::Signing(_) | Self::Busy(_) => true,
        }
    }
}

impl Runner {
    /// Brings a run's result into Git and proposes it. Running it again gives the same outcome.
    pub(crate) async fn publish(&self, view: &RunView) -> Result<Outcome, RunnerError> {
        let spec = &view.spec;
        let collected = self.collect(view).await?;
        let path = self.repository_path(&spec.target).await?;
        for _ in 0..SWAPS {
            let known = self.known_branches(spec).await?;
            if let Some(outcome) = self.decided_by_a_person(spec, &path, &known).await? {
                return Ok(outcome);
            }
            let choice = branch::choose(&spec.target.branch, &known, &spec.trigger.kind);
            let (branch, open) = match choice {
                Choice::Write { branch, open } => (branch, open),
                Choice::Leave { number } => {
                    let reason = report::closed_by_person(number, &spec.plan.blueprint.name);
                    return Ok(Outcome::Refused { reason, gate: None });
                }
            };
            let order = self.order(view, &collected, branch, open)?;
            let composed = with_repo(&path, move |repo| commit::compose(&repo, &order)).await;
            match composed? {
                Composed::Refused { verdict } => {
                    let reason = report::gate_refusal(&verdict);
                    return Ok(Outcome::Refused { reason, gate: Some(json!(verdict)) });
                }
                Composed::Same { unproposed: Some(held), .. } if spec.target.forge == Forge::Local => {
                    let Held { branch, commit, tree, verdict } = *held;
                    let (commit, tree) = (commit.to_string(), tree.to_string());
                    return self.propose(view, &collected, &branch, commit, tree, &verdict).await;
                }
                Composed::Same { place, .. } => {
                    return Ok(Outcome::NoChange { reason: format!("{place} holds exactly this") });
                }
                Composed::Found { branch, commit, tree, verdict, merged: true } => {
                    let pull_request = known.iter().rev().find(|it| it.branch == branch).map(|it| it.number);
                    let pull_request = pull_request.map(|number| PullRequestRef { number, opened: false });
                    let (branch, gate) = (branch.to_string(), json!(verdict));
                    let (commit, tree) = (commit.to_string(), tree.to_string());
                    return Ok(Outcome::Published(Publication { branch, commit, tree, pull_request, gate }));
                }
                Composed::Found { branch, commit, tree, verdict, merged: false } => {
                    debug!(%commit, "found the run's own commit");
                    return self
                        .propose(view, &collected, &branch, commit.to_string(), tree.to_string(), &verdict)
                        .await;
                }
                Composed::Ready { branch, from, commit, tree, verdict } => {
                    let intent = Intent {
                        reference: branch.refname(),
                        base: from.map(|from| from.to_string()),
                        tree: tree.to_string(),
                        commit: commit.to_string(),
                    };
                    let n = self.store.intend(&spec.id, &intent, self.clock.now()).await?;
                    let reference = branch.refname();
                    let reason = format!("forgeline: {}", spec.id);
                    let swap = with_repo(&path, move |repo| -> Result<Swap, TargetError> {
                        Ok(repo.compare_and_swap(&reference, from, Some(commit), &reason)?)
                    });
                    match swap.await? {
                        Swap::Done => {
                            self.store.resolve_intent(&spec.id, n, IntentState::Done).await?;
                            let (commit, tree) = (commit.to_string(), tree.to_string());
                            return self.propose(view, &collected, &branch, commit, tree, &verdict).await;
                        }
                        Swap::Moved(_) => self.store.resolve_intent(&spec.id, n, IntentState::Moved).await?,
                    }
                }
            }
        }
        Err(PublishError::Busy(spec.target.branch.clone()).into())
    }

    /// A pull request with the run's own commit that a person merged or closed before this run could settle: what they
    /// decided stands, and nothing is written again.
    async fn decided_by_a_person(
        &self,
        spec: &RunSpec,
        path: &std::path::Path,
        known: &[Known],
    ) -> Result<Option<Outcome>, RunnerError> {
        for it in known.iter().filter(|it| it.state != PullRequestState::Open) {
            let (spec, head) = (spec.clone(), it.head);
            let found = with_repo(path, move |repo| commit::carries_key(&repo, &spec, head)).await?;
            if let Some((commit, tree)) = found {
                return Ok(Some(Outcome::Published(Publication {
                    branch: it.branch.to_string(),
                    commit: commit.to_string(),
                    tree: tree.to_string(),
                    pull_request: Some(PullRequestRef { number: it.number, opened: false }),
                    gate: json!(null),
                })));
            }
        }
        Ok(None)
    }

    fn order(&self, view: &RunView, collected: &Collected, branch: String, open: bool) -> Result<Order, RunnerError> {
        let spec: &RunSpec = &view.spec;
        Ok(Order {
            spec: spec.clone(),
            collected: collected.clone(),
            provenance: Draft::of(view),
            signing: self.signing.clone(),
            branch: parse_branch(&branch)?,
            base_branch: parse_branch(&spec.target.base_branch)?,
            open,
            counts_suffixes: spec.target.forge == Forge::Git,
            message: report::commit_message(spec, &collected.summary),
        })
    }

    /// The pull requests that speak for the run's branch, or for one of its successors.
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

    /// Opens the pull request, or brings the open one up to date.
    async fn propose(
        &self,
        view: &RunView,
        collected: &Collected,
        branch: &BranchName,
        commit: String,
        tree: String,
        verdict: &crate::gate::Verdict,
    ) -> Result<Outcome, RunnerError> {
        let spec = &view.spec;
        let pull_request = match spec.target.forge {
            Forge::Git => None,
            Forge::Local => {
                let mut labels = vec![OURS.to_owned()];
                if verdict.decision == Decision::NeedsHuman {
                    labels.push(NEEDS_HUMAN.to_owned());
                }
                let proposal = PullRequestProposal {
                    head: branch.clone(),
                    base: Some(parse_branch(&spec.target.base_branch)?),
                    title: report::pull_request_title(spec),
                    body: report::pull_request_body(view, &collected.summary, verdict),
                    draft: spec.policy.draft,
                    labels,
                };
                let repo = self.forge_repository(&spec.target)?;
                let bot = LocalForge::bot();
                let upserted = self.forge.upsert_pull_request(&repo, &proposal, &bot, self.clock.now()).await?;
                let opened = matches!(upserted, Upsert::Created(_));
                Some(PullRequestRef { number: upserted.into_inner().number, opened })
            }
        };
        Ok(Outcome::Published(Publication {
            branch: branch.to_string(),
            commit,
            tree,
            pull_request,
            gate: json!(verdict),
        }))
    }
}

fn parse_branch(name: &str) -> Result<BranchName, RunnerError> {
    name.parse().map_err(|error| RunnerError::Bug(format!("branch `{name}`: {error}")))
}
