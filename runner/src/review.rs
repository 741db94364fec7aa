//! What a review says, made so on the pull request: a check on the commit that was looked at, the blueprint's one comment,
//! labels.

use forgeline_engine::{BotEffect, Outcome, run::TaskStatus, spec::PullRequestAt};
use forgeline_forge::{
    LocalForge,
    types::{Conclusion, PullRequestState},
};
use forgeline_model::{FileSet, RegistryChange, Review, ReviewVerdict, StageId};
use forgeline_registry::review::LABELS;
use forgeline_repo::{CommitId, Repo};
use forgeline_store::RunView;

use crate::{
    OpenTarget, Runner, RunnerError, TargetError, contracts, report,
    report::check::{self, CheckSaid},
    target::with_repo,
};

impl Runner {
    /// What the pull request of a run changes in its registry.
    pub(crate) async fn registry_change(
        &self,
        view: &RunView,
        at: &PullRequestAt,
    ) -> Result<RegistryChange, RunnerError> {
        let path = self.repository_path(&view.spec.target).await?;
        let (at, now) = (at.clone(), view.spec.created_at);
        let others = self.others_using(&view.spec.target.repository).await?;
        let read = move |repo| -> Result<_, TargetError> { Ok(contracts::change(&repo, &at, &others, now)?) };
        Ok(with_repo(&path, read).await?)
    }

    /// Blueprints and agents of the forge's factories that take their contracts from this repository.
    async fn others_using(&self, registry: &str) -> Result<FileSet, RunnerError> {
        let mut all = FileSet::new("the forge");
        for repo in self.forge.repositories().await? {
            let (shown, registry) = (repo.to_string(), registry.to_owned());
            if shown == registry {
                continue;
            }
            let Ok(path) = self.forge.git_dir(&repo).await else { continue };
            let read = move |git: Repo| -> Result<_, TargetError> {
                let base = OpenTarget::find(git.git_dir(), &shown, None)?.base;
                Ok(contracts::definitions_using(&git, base, &shown, &registry)?)
            };
            // A repository that cannot be read, or has no commit, says nothing about who uses what.
            match with_repo(&path, read).await {
                Ok(found) => found.iter().flat_map(FileSet::iter).for_each(|(path, bytes)| all.insert(path, bytes)),
                Err(error) => tracing::debug!("`{repo}` is not asked for users of contracts: {error}"),
            }
        }
        Ok(all)
    }

    /// Brings check, comment and labels of the pull request up to date; false when the run is no review.
    pub(crate) async fn report_review(&self, view: &RunView, at: &PullRequestAt) -> Result<bool, RunnerError> {
        let stages = self.reviewing(view).await?;
        if stages.is_empty() {
            return Ok(false);
        }
        self.report_judgement(view, at, &stages).await?;
        Ok(true)
    }

    async fn report_judgement(
        &self,
        view: &RunView,
        at: &PullRequestAt,
        stages: &[StageId],
    ) -> Result<(), RunnerError> {
        let repo = self.forge_repository(&view.spec.target)?;
        let now = self.clock.now();
        let Ok(head) = at.head.parse::<CommitId>() else { return Ok(()) };
        let said = said(view, stages);
        let is_bad = said.conclusion == Some(Conclusion::Failure);
        let text = match view.state.outcome() {
            Some(outcome) if said.review.is_none() => check::of_no_review(&said.text, outcome),
            _ => check::of_review(&said.text, is_bad),
        };
        let annotations = said.review.as_ref().map(|review| review.annotations.clone()).unwrap_or_default();
        let on_head = CheckSaid { conclusion: said.conclusion, text, annotations };
        self.put_check_of(view, &repo, &at.head, on_head).await?;
        // What was pushed since has a run of its own, and the comment and the labels are that one's. What is decided stays
        // as people saw it when they decided.
        let now_there = self.forge.pull_request(&repo, at.number).await?;
        let is_newest = now_there.head_commit == head && now_there.state == PullRequestState::Open;
        if said.conclusion.is_none() || !is_newest {
            return Ok(());
        }
        let key = format!("status:{}", view.spec.plan.blueprint.name);
        let repository = view.spec.target.repository.clone();
        let there =
            BotEffect::Say { repository, number: at.number, thread: None, key: key.clone(), text: String::new() };
        self.store.supersede(&there, &view.spec.id).await?;
        self.forge.upsert_comment(&repo, at.number, &key, &said.text, now).await?;
        let bot = LocalForge::bot();
        // Without a review nothing is known, so what an earlier head was said to be goes too.
        let nothing = LABELS.iter().map(|label| ((*label).to_owned(), false)).collect();
        for (label, present) in said.review.as_ref().map_or(&nothing, |review| &review.labels) {
            if *present {
                self.forge.add_label(&repo, at.number, label, &bot, now).await?;
            } else {
                self.forge.remove_label(&repo, at.number, label, &bot, now).await?;
            }
        }
        Ok(())
    }

    /// The stages whose agents judge contracts. What another agent calls a review is none: its words would carry a check.
    async fn reviewing(&self, view: &RunView) -> Result<Vec<StageId>, RunnerError> {
        let mut stages = Vec::new();
        for stage in &view.spec.plan.stages {
            if let Some(agent) = stage.agent()
                && self.agent(&agent.digest).await?.reviews_contracts
            {
                stages.push(stage.id.clone());
            }
        }
        Ok(stages)
    }
}

/// What is to stand on the pull request.
struct Said {
    /// None while the run goes on.
    conclusion: Option<Conclusion>,
    text: String,
    review: Option<Review>,
}

fn said(view: &RunView, stages: &[StageId]) -> Said {
    let mut tasks = view.state.tasks().filter(|task| stages.contains(&task.id.stage));
    let review = tasks.find_map(|task| match &task.status {
        TaskStatus::Done(output) => serde_json::from_value::<Review>(output.outputs.get(Review::OUTPUT)?.clone()).ok(),
        _ => None,
    });
    let Some(outcome) = view.state.outcome() else {
        return Said { conclusion: None, text: "The review goes on.".into(), review: None };
    };
    let ended_well = matches!(outcome, Outcome::Published(_) | Outcome::NoChange { .. });
    match review.filter(|_| ended_well) {
        Some(review) => Said {
            conclusion: Some(match review.verdict {
                ReviewVerdict::Pass => Conclusion::Success,
                ReviewVerdict::Fail => Conclusion::Failure,
                ReviewVerdict::Neutral => Conclusion::Neutral,
            }),
            text: format!("{}\n{}", review.comment, report::review_footer(&view.spec)),
            review: Some(review),
        },
        // No review is no consent.
        None => Said {
            conclusion: Some(match outcome {
                Outcome::Cancelled { .. } => Conclusion::Cancelled,
                _ => Conclusion::Failure,
            }),
            text: report::no_review(&view.spec, outcome),
            review: None,
        },
    }
}
