//! An item was opened or labelled: the blueprints that wait for that start.

use forgeline_engine::spec::Trigger;
use forgeline_forge::types::{Issue, RepoId};
use forgeline_model::{Digest, WorkItem};
use forgeline_store::{Decision, InboxRow, Ruled, Ruling};
use serde_json::{Value, json};

use super::{
    Bot, Ground, PassError, Passed,
    found::{Found, HOLD},
    ruling,
    start::{Began, Wanted},
};
use crate::{
    Action, Considered, Occurrence, Resource, authorize, decide, reply,
    triggers::{Asked, Happening},
};

impl Bot {
    pub(super) async fn item_opened(
        &self,
        row: &InboxRow,
        repo: &RepoId,
        number: u64,
        actor: &str,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        // An issue that the bot opened tells people something; it asks nobody for work, least of all the bot.
        if Self::is_own(actor) {
            let subject = format!("{repo}#{number}");
            let detail = json!({"actor": actor, "reason": "the bot opened it to tell people"});
            let decision = Decision { subject, rule: "item.author".into(), verdict: "ignore".into(), detail };
            return self.rule(ruling::noted(row, decision), |_| Vec::new(), passed).await;
        }
        self.item(row, repo, number, actor, Happening::ItemChanged, passed).await
    }

    pub(super) async fn item_labeled(
        &self,
        row: &InboxRow,
        repo: &RepoId,
        number: u64,
        actor: &str,
        label: &str,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        self.item(row, repo, number, actor, Happening::LabelAdded { label: label.to_owned() }, passed).await
    }

    async fn item(
        &self,
        row: &InboxRow,
        repo: &RepoId,
        number: u64,
        actor: &str,
        what: Happening,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        let subject = format!("{repo}#{number}");
        // A label of its own, such as the one that holds, asks for nothing; nor does an item that asks for nothing.
        let asks = matches!(&what, Happening::LabelAdded { label } if label != HOLD) && !Self::is_own(actor);
        let ground = match self.ground(repo).await {
            Ok(ground) => ground,
            Err(error) => {
                let Some(reason) = error.no_ground() else { return Err(error) };
                let detail = json!({"actor": actor, "reason": reason});
                let said = asks.then(|| ("unusable-repository", reply::unusable_repository(&reason)));
                return self.decline(row, repo, number, ("target.base", detail), said, passed).await;
            }
        };
        let issue = self.runner.forge.issue(repo, number).await?;
        if ground.is_broken() {
            let who = self.principal(repo, actor).await?;
            let may = authorize(&who, Action::Trigger, &Resource::default()).is_ok();
            let in_force = &ground.in_force;
            let text = || reply::invalid_definitions(&in_force.source.origin, &in_force.findings);
            let said = (asks && may).then(|| ("invalid-definitions", text()));
            return self.decline(row, repo, number, ("definitions.valid", ground.brokenness()), said, passed).await;
        }
        let occurrence = Occurrence { what, item: Some(Found::Issue(Box::new(issue.clone())).facts()) };
        let blueprints = ground.in_force.factory.blueprints();
        let considered = decide(&occurrence, blueprints.iter().map(|definition| definition.as_ref()));
        let mut ruling = ruling::on(row);
        ruling.decisions = considered.iter().map(|it| decision(&subject, it)).collect();
        let starting: Vec<&Considered> = considered.iter().filter(|it| it.starts).collect();
        if !starting.is_empty() && !Self::is_own(actor) {
            let who = self.principal(repo, actor).await?;
            let on = ground.resource();
            if let Err(refusal) = authorize(&who, Action::Trigger, &on) {
                ruling.decisions.push(Decision {
                    subject,
                    rule: "authorize".into(),
                    verdict: "refuse".into(),
                    detail: json!({"actor": actor, "reason": refusal.to_string()}),
                });
                ruling.effects.push(ruling::say(repo, number, "refused".into(), reply::refused(&refusal)));
                return self.rule(ruling, |_| Vec::new(), passed).await;
            }
        }
        let mut begun: Vec<(String, Began)> = Vec::new();
        for considered in starting {
            let blueprint = considered.blueprint.name.clone();
            // The item or the blueprint may have changed since; what was done for it is not done once more for that.
            if passed.is_again && self.has_ended(repo, number, &blueprint).await? {
                let detail =
                    json!({"blueprint": blueprint, "reason": "a run of it ended before the state was rebuilt"});
                ruling.decisions.push(Decision {
                    subject: subject.clone(),
                    rule: "state.rebuilt".into(),
                    verdict: "ignore".into(),
                    detail,
                });
                continue;
            }
            let began = self.start_for_item(&ground, &issue, (actor, passed.is_again), considered, &mut ruling).await?;
            if let Began::TooMany(limit) = &began {
                ruling.decisions.push(limit.decision(subject.clone(), &blueprint));
            }
            begun.push((blueprint, began));
        }
        let item = issue.work_item();
        let say = |ruled: &Ruled| {
            begun
                .into_iter()
                .map(|(blueprint, began)| {
                    let (key, text) = answer(&item, &blueprint, began, ruled);
                    ruling::say(repo, number, key, text)
                })
                .collect()
        };
        self.rule(ruling, say, passed).await
    }

    /// Whether a run of the blueprint for this item has ended.
    async fn has_ended(&self, repo: &RepoId, number: u64, blueprint: &str) -> Result<bool, PassError> {
        let rows = self.runner.store.runs_of(&repo.to_string(), &number.to_string()).await?;
        let is_of = |full: &str| full.split_once('@').is_some_and(|(name, _)| name == blueprint);
        Ok(rows.iter().any(|row| row.finished && is_of(&row.blueprint)))
    }

    /// Nothing starts, whatever was asked, until somebody mends something: recorded, and said once if it was asked for.
    async fn decline(
        &self,
        row: &InboxRow,
        repo: &RepoId,
        number: u64,
        (rule, detail): (&str, Value),
        said: Option<(&str, String)>,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        let subject = format!("{repo}#{number}");
        let decision = Decision { subject, rule: rule.into(), verdict: "refuse".into(), detail };
        let mut ruling = ruling::noted(row, decision);
        ruling.effects.extend(said.map(|(key, text)| ruling::say(repo, number, key.into(), text)));
        self.rule(ruling, |_| Vec::new(), passed).await
    }

    async fn start_for_item(
        &self,
        ground: &Ground,
        issue: &Issue,
        (actor, is_old): (&str, bool),
        considered: &Considered,
        ruling: &mut Ruling,
    ) -> Result<Began, PassError> {
        let item = issue.work_item();
        let (blueprint, id) = (&considered.blueprint.name, item.id.to_string());
        let rule = considered.decisive().map_or_else(|| "trigger".to_owned(), |verdict| verdict.rule.clone());
        // The inputs of such a run are the item itself and its base.
        let inputs = Digest::of(&json!({"title": item.title, "body": item.body, "blueprint": considered.blueprint}));
        let wanted = Wanted {
            blueprint,
            inputs: json!({}),
            max_usd: None,
            item: Some(item),
            pull_request: None,
            trigger: Trigger {
                kind: rule.trim_start_matches("trigger.").to_owned(),
                actor: actor.to_owned(),
                detail: rule.clone(),
                chain_depth: 0,
            },
            asked: Asked::Item { id: &id, inputs },
            event: None,
            again: None,
            is_old,
        };
        self.begin(ground, wanted, ruling).await
    }
}

/// What is said on the item about a blueprint that its rules start: the comment's key and text.
fn answer(item: &WorkItem, blueprint: &str, began: Began, ruled: &Ruled) -> (String, String) {
    match began {
        Began::Ready(begun) if begun.is_new(ruled) => (format!("status:{blueprint}"), begun.reply()),
        // Beside the comment that tells how that run goes or went, not in its place.
        Began::Ready(begun) => (format!("joined:{blueprint}"), begun.joined()),
        Began::TooMany(limit) => (format!("limit:{blueprint}"), limit.reply()),
        Began::NeedsForm => (format!("form:{blueprint}"), reply::asks_for_form(item, blueprint)),
        Began::Invalid(faults) => {
            let faults: Vec<String> = faults.iter().map(|fault| fault.message.clone()).collect();
            (format!("invalid:{blueprint}"), reply::invalid_inputs(blueprint, &faults))
        }
    }
}

/// What became of one blueprint, with the place of the rule that decided.
pub(super) fn decision(subject: &str, considered: &Considered) -> Decision {
    let decisive = considered.decisive();
    Decision {
        subject: subject.to_owned(),
        rule: decisive.map_or_else(|| "trigger".to_owned(), |verdict| verdict.rule.clone()),
        verdict: if considered.starts { "start".into() } else { "ignore".into() },
        detail: json!({
            "blueprint": considered.blueprint.to_string(),
            "condition": decisive.and_then(|verdict| verdict.failed.as_ref()),
            "place": decisive.map(|verdict| &verdict.place),
        }),
    }
}
