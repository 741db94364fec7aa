//! Checks of blueprints that do not run at a head: those that the forge requires end all the same, and a review of what is gone
//! is taken back.

use std::sync::Arc;

use forgeline_blueprints::{
    agent::{Agent, Work},
    blueprint::{Blueprint, CheckUse, PullRequestAction, Trigger as Rule},
    factory::Definition,
};
use forgeline_engine::{BotEffect, spec::PullRequestAt};
use forgeline_forge::{LocalForge, types::Conclusion};
use forgeline_model::RunId;
use forgeline_runner::report::check::{self, REVIEW_LABELS};
use forgeline_store::Ruling;

use super::{
    Bot, Ground, PassError, ruling,
    start::{Began, trigger_key},
};
use crate::{
    Considered,
    triggers::{Asked, Failed, Proposed},
};

/// A pull request at a head, and what happened to it.
pub(super) struct Checked<'a> {
    pub(super) at: &'a PullRequestAt,
    pub(super) proposed: &'a Proposed,
    pub(super) asked: &'a Asked<'a>,
}

/// Whether the forge asks for the check of this blueprint before a merge.
pub(super) fn is_required(waiting: &[Arc<Definition<Blueprint>>], considered: &Considered) -> bool {
    let asks = |rule: &Rule| matches!(rule, Rule::PullRequest(it) if it.check == CheckUse::Required);
    waiting.iter().any(|it| it.reference == considered.blueprint && it.manifest.on.iter().any(asks))
}

/// The check says that somebody else has to let the blueprint start.
pub(super) fn waits_for_a_person(
    ground: &Ground,
    at: &PullRequestAt,
    considered: &Considered,
    refusal: &str,
) -> BotEffect {
    let text = check::needs_voucher(&considered.blueprint, refusal, &at.head);
    put(ground, at, considered, Conclusion::ActionRequired, text)
}

/// The check says why the blueprint does not start; nothing if it does.
pub(super) fn cannot_start(
    ground: &Ground,
    at: &PullRequestAt,
    considered: &Considered,
    began: &Began,
) -> Option<BotEffect> {
    let blueprint = &considered.blueprint;
    let (conclusion, text) = match began {
        Began::Ready(_) => return None,
        Began::TooMany(limit) => (Conclusion::ActionRequired, check::not_now(blueprint, &limit.reply())),
        Began::NeedsForm => (Conclusion::Failure, check::cannot_start(blueprint, &[super::change::NO_ITEM.to_owned()])),
        Began::Invalid(faults) => {
            (Conclusion::Failure, check::cannot_start(blueprint, &super::change::messages(faults)))
        }
    };
    Some(put(ground, at, considered, conclusion, text))
}

fn put(
    ground: &Ground,
    at: &PullRequestAt,
    considered: &Considered,
    conclusion: Conclusion,
    text: String,
) -> BotEffect {
    BotEffect::Check {
        repository: ground.repo.to_string(),
        commit: at.head.clone(),
        blueprint: considered.blueprint.name.clone(),
        conclusion: Some(conclusion.as_str().to_owned()),
        text,
    }
}

impl Bot {
    /// Settles the checks of the blueprints that do not start.
    pub(super) async fn settle_checks(
        &self,
        ground: &Ground,
        checked: &Checked<'_>,
        waiting: &[Arc<Definition<Blueprint>>],
        considered: &[Considered],
        ruling: &mut Ruling,
    ) -> Result<(), PassError> {
        if checked.proposed.action.is_end() {
            return Ok(());
        }
        for it in considered.iter().filter(|it| !it.starts) {
            let failed = it.decisive().and_then(|verdict| verdict.failed.as_ref());
            // What it does not wait for says nothing about the head.
            let Some(failed) = failed.filter(|failed| failed.condition != "action") else { continue };
            if is_required(waiting, it) && !self.has_said(ground, checked, it).await? {
                let effect = if self.is_avoided(ground, checked, failed).await? {
                    waits_for_a_person(ground, checked.at, it, "An outsider's own words do not pass a required check.")
                } else {
                    skip(ground, checked.at, it, failed)
                };
                ruling.effects.push(effect);
            }
            if checked.proposed.action == PullRequestAction::Updated
                && failed.condition == "paths"
                && is_review(ground, it)
                && self.has_commented(ground, checked.at.number, it).await?
            {
                take_back(ground, checked, it, ruling);
            }
        }
        Ok(())
    }

    /// Whether an outsider would pass the check by what is in their own hand: a marker, or the size of the change.
    async fn is_avoided(&self, ground: &Ground, checked: &Checked<'_>, failed: &Failed) -> Result<bool, PassError> {
        if !matches!(failed.condition.as_str(), "skip" | "size") {
            return Ok(false);
        }
        let it = self.runner.forge.pull_request(&ground.repo, checked.at.number).await?;
        self.is_foreign(&ground.repo, &it).await
    }

    /// Whether the blueprint has, or will have, a check of its own at this head.
    async fn has_said(&self, ground: &Ground, checked: &Checked<'_>, it: &Considered) -> Result<bool, PassError> {
        let run = RunId::of_trigger(&trigger_key(ground, &it.blueprint.name, checked.asked));
        if self.runner.store.has_run(&run).await? {
            return Ok(true);
        }
        let Ok(head) = checked.at.head.parse() else { return Ok(false) };
        let checks = self.runner.forge.checks(&ground.repo, head).await?;
        let is_own = |check: &forgeline_forge::types::Check| {
            check.external_id == it.blueprint.name && check.conclusion != Some(Conclusion::Skipped)
        };
        Ok(checks.iter().any(is_own))
    }

    /// Whether something stands on the pull request that the blueprint said of an earlier head.
    async fn has_commented(&self, ground: &Ground, number: u64, it: &Considered) -> Result<bool, PassError> {
        let key = format!("status:{}", it.blueprint.name);
        let comments = self.runner.forge.comments(&ground.repo, number).await?;
        let is_it = |comment: &forgeline_forge::types::Comment| {
            comment.author == LocalForge::bot() && comment.marker.as_deref() == Some(&*key)
        };
        Ok(comments.iter().any(is_it))
    }
}

fn skip(ground: &Ground, at: &PullRequestAt, it: &Considered, failed: &Failed) -> BotEffect {
    let why = (failed.condition.as_str(), failed.expected.as_str(), failed.actual.as_str());
    put(ground, at, it, Conclusion::Skipped, check::skipped(&it.blueprint, why))
}

/// Whether what the blueprint says of a pull request are judgements of contracts: those must not outlive what they judge.
fn is_review(ground: &Ground, it: &Considered) -> bool {
    let factory = &ground.in_force.factory;
    let Some(definition) = factory.blueprint(&it.blueprint.name) else { return false };
    let reviews = |agent: &Arc<Definition<Agent>>| {
        agent.manifest.skill().is_some_and(|skill| matches!(skill.work, Work::ContractReview))
    };
    let uses = definition.manifest.stages.iter().filter_map(|stage| stage.uses.as_ref());
    uses.filter_map(|uses| factory.resolve(uses).ok()).any(reviews)
}

fn take_back(ground: &Ground, checked: &Checked<'_>, it: &Considered, ruling: &mut Ruling) {
    let (at, key) = (checked.at, format!("status:{}", it.blueprint.name));
    ruling.effects.push(ruling::say(&ground.repo, at.number, key, check::taken_back(&it.blueprint, &at.head)));
    for label in REVIEW_LABELS.iter().filter(|label| checked.proposed.labels.iter().any(|has| has == *label)) {
        ruling.effects.push(BotEffect::Label {
            repository: ground.repo.to_string(),
            number: at.number,
            label: (*label).to_owned(),
            present: false,
        });
    }
}
