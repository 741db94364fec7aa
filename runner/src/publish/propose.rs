//! Pull requests for what stands in Git: the run's own, and the one that shows what could not be merged.

use std::sync::Arc;

use forgeline_engine::{
    Outcome, RunSpec,
    fact::{Conflict, Publication, PullRequestRef},
    spec::Forge,
};
use forgeline_forge::{ForgeError, LocalForge, PullRequestProposal, types::Upsert};
use forgeline_repo::{BranchName, Repo, Swap};
use serde_json::json;

use super::{
    Job, PublishError, SWAPS,
    branch::Known,
    commit::{Order, Written},
    conflict::{self, Side},
    fault::Step,
    look::{Home, branch_name, git},
};
use crate::{Runner, RunnerError, gate::Decision, report, target::with_repo};

/// Label of a pull request that touches what the gate wants a person to see.
const NEEDS_HUMAN: &str = "needs-human";
/// Label of every pull request of Forgeline.
const OURS: &str = "forgeline";
/// Label of a pull request that shows both sides of what could not be merged.
const CONFLICT: &str = "forgeline/conflict";

impl Runner {
    /// Proposes what is written: opens pull requests, or brings open ones up to date. None when the branch is merged or
    /// gone meanwhile, which the next round sees.
    pub(super) async fn propose(
        &self,
        job: &Job<'_>,
        order: &Arc<Order>,
        known: &[Known],
        written: Written,
    ) -> Result<Option<Outcome>, RunnerError> {
        let proposed = match written.home {
            Home::Base => {
                let shown = known.iter().rev().find(|it| it.branch == written.branch);
                let pull_request = shown.map(|it| PullRequestRef { number: it.number, opened: written.is_first });
                let into = branch_name(&job.view.spec.target.base_branch)?;
                Some((pull_request, self.keep_conflict(job, order, &written, into).await?))
            }
            Home::Proposal => self.propose_branch(job, order, &written).await?,
            Home::Conflict => self.propose_conflict_only(job, &written).await?,
        };
        job.faults.pass(Step::Proposed)?;
        Ok(proposed.map(|(pull_request, conflict)| {
            Outcome::Published(Publication {
                branch: written.branch.to_string(),
                commit: written.commit.to_string(),
                tree: written.tree.to_string(),
                pull_request,
                gate: json!(written.verdict),
                conflict,
            })
        }))
    }

    async fn propose_branch(
        &self,
        job: &Job<'_>,
        order: &Arc<Order>,
        written: &Written,
    ) -> Result<Option<(Option<PullRequestRef>, Option<Conflict>)>, RunnerError> {
        let conflict = self.keep_conflict(job, order, written, written.branch.clone()).await?;
        let spec = &job.view.spec;
        let body = report::pull_request_body(job.view, &job.collected.summary, &written.verdict, conflict.as_ref());
        let proposal = PullRequestProposal {
            head: written.branch.clone(),
            base: Some(branch_name(&spec.target.base_branch)?),
            title: report::pull_request_title(spec),
            body,
            draft: spec.policy.draft,
            labels: labels(written, false),
        };
        let shown = self.show(spec, proposal, written.is_first).await?;
        if let Some(opened) = shown.iter().flatten().find(|it| it.opened) {
            self.ask_reviewers(spec, opened.number).await?;
        }
        Ok(shown.map(|pull_request| (pull_request, conflict)))
    }

    /// Asks whom the factory names to review what was just opened. Who cannot be asked is told, and holds up nothing.
    async fn ask_reviewers(&self, spec: &RunSpec, number: u64) -> Result<(), RunnerError> {
        let names = &spec.policy.reviewers;
        if names.is_empty() {
            return Ok(());
        }
        let repo = self.forge_repository(&spec.target)?;
        let note = match self.forge.request_reviewers(&repo, number, names).await {
            Ok(unknown) if unknown.is_empty() => return Ok(()),
            Ok(unknown) => report::reviewers::not_asked(&unknown, None),
            Err(error) if error.is_transient() => return Err(error.into()),
            Err(error) => report::reviewers::not_asked(names, Some(&error.to_string())),
        };
        self.forge.upsert_comment(&repo, number, "reviewers", &note, self.clock.now()).await?;
        Ok(())
    }

    /// The whole proposal did not fit on the base: its one pull request shows both sides.
    async fn propose_conflict_only(
        &self,
        job: &Job<'_>,
        written: &Written,
    ) -> Result<Option<(Option<PullRequestRef>, Option<Conflict>)>, RunnerError> {
        let spec = &job.view.spec;
        let mut body = report::conflict_body(spec, &written.clashes, &spec.target.base_branch);
        body.push_str("\n---\n\n");
        body += &report::pull_request_body(job.view, &job.collected.summary, &written.verdict, None);
        let proposal = PullRequestProposal {
            head: written.branch.clone(),
            base: Some(branch_name(&spec.target.base_branch)?),
            title: report::conflict_title(spec),
            body,
            draft: spec.policy.draft,
            labels: labels(written, true),
        };
        let shown = self.show(spec, proposal, written.is_first).await?;
        Ok(shown.map(|pull_request| {
            let conflict = Conflict {
                paths: written.clashes.clone(),
                branch: written.branch.to_string(),
                pull_request: pull_request.as_ref().map(|it| it.number),
            };
            (pull_request, Some(conflict))
        }))
    }

    /// Keeps the run's version of what stays as a person has it, on a branch of its own, and proposes it for `into`.
    async fn keep_conflict(
        &self,
        job: &Job<'_>,
        order: &Arc<Order>,
        written: &Written,
        into: BranchName,
    ) -> Result<Option<Conflict>, RunnerError> {
        if written.clashes.is_empty() {
            return Ok(None);
        }
        let branch = self.conflict_branch(job, order, written).await?;
        job.faults.pass(Step::ConflictKept)?;
        let spec = &job.view.spec;
        let proposal = PullRequestProposal {
            head: branch.clone(),
            body: report::conflict_body(spec, &written.clashes, into.as_str()),
            base: Some(into),
            title: report::conflict_title(spec),
            draft: spec.policy.draft,
            labels: labels(written, true),
        };
        let shown = self.show(spec, proposal, false).await?;
        // Nothing to merge: a person has taken this side already.
        let pull_request = shown.flatten().map(|it| it.number);
        Ok(Some(Conflict { paths: written.clashes.clone(), branch: branch.to_string(), pull_request }))
    }

    async fn conflict_branch(
        &self,
        job: &Job<'_>,
        order: &Arc<Order>,
        written: &Written,
    ) -> Result<BranchName, RunnerError> {
        for _ in 0..SWAPS {
            let (ordered, on) = (order.clone(), written.clone());
            let compose = move |repo: Repo| -> Result<_, RunnerError> {
                let seen = repo.snapshot(&[&conflict::berths(&on.branch)]).map_err(git)?;
                let side = conflict::beside(&repo, &ordered, &on, &seen)?;
                Ok((side, seen))
            };
            let (side, seen) = with_repo(&job.path, compose).await?;
            match side {
                Side::There { branch } => return Ok(branch),
                Side::Ready { branch, commit, tree } => {
                    if self.swap(job, seen, branch.refname(), commit, tree).await? == Swap::Done {
                        return Ok(branch);
                    }
                }
            }
        }
        Err(PublishError::Busy(written.branch.to_string()).into())
    }

    /// One pull request, on a forge that has them. One that the bot opened for the run's `is_first` proposal was opened by
    /// this run, though perhaps by a publisher that died. The outer none: there is nothing to merge any more.
    async fn show(
        &self,
        spec: &RunSpec,
        proposal: PullRequestProposal,
        is_first: bool,
    ) -> Result<Option<Option<PullRequestRef>>, RunnerError> {
        match spec.target.forge {
            Forge::Git => Ok(Some(None)),
            Forge::Local => {
                let repo = self.forge_repository(&spec.target)?;
                let bot = LocalForge::bot();
                match self.forge.upsert_pull_request(&repo, &proposal, &bot, self.clock.now()).await {
                    Ok(upserted) => {
                        let is_new = matches!(upserted, Upsert::Created(_));
                        let shown = upserted.into_inner();
                        let opened = is_new || (is_first && shown.author == bot);
                        Ok(Some(Some(PullRequestRef { number: shown.number, opened })))
                    }
                    Err(ForgeError::NothingToMerge { .. }) => Ok(None),
                    Err(error) => Err(error.into()),
                }
            }
        }
    }
}

fn labels(written: &Written, in_conflict: bool) -> Vec<String> {
    let mut labels = vec![OURS.to_owned()];
    if in_conflict {
        labels.push(CONFLICT.to_owned());
    }
    if written.verdict.decision == Decision::NeedsHuman {
        labels.push(NEEDS_HUMAN.to_owned());
    }
    labels
}
