//! An item was opened or labelled: the blueprints that wait for that start.

use forgeline_engine::spec::Trigger;
use forgeline_forge::types::{Issue, RepoId};
use forgeline_model::{Digest, WorkItem};
use forgeline_store::{Decision, InboxRow, Ruled, Ruling};
use serde_json::{Value, json};

use super::{
    Bot, Ground, PassError, Passed,
    found::{Found, HOLD},
    route::{self, Way},
    ruling,
    start::{Began, Wanted},
};
use crate::{
    Action, Considered, Occurrence, Resource, authorize, decide, reply,
    triggers::{Asked, Happening},
};

/// Whether Forgeline itself puts the label on items, to tell people.
fn tells_how_far(ground: &Ground, label: &str) -> bool {
    let labels = &ground.in_force.factory.config.policy.labels;
    labels.values().any(|it| it.eq_ignore_ascii_case(label))
}

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
        if let Happening::LabelAdded { label } = &what
            && Self::is_own(actor)
            && tells_how_far(&ground, label)
        {
            let detail = json!({"actor": actor, "label": label, "reason": "the policy's label tells how far a run is"});
            let decision = Decision { subject, rule: "item.standing".into(), verdict: "ignore".into(), detail };
            return self.rule(ruling::noted(row, decision), |_| Vec::new(), passed).await;
        }
        let issue = self.runner.forge.issue(repo, number).await?;
        if ground.is_broken() {
            let who = self.principal(repo, actor).await?;
            let may = authorize(&who, Action::Trigger, &Resource::default()).is_ok();
            let in_force = &ground.in_force;
            let text = || reply::invalid_definitions(&in_force.source.origin, &in_force.findings);
            let said = (asks && may).then(|| ("invalid-definitions", text()));
            return self.decline(row, repo, number, ("definitions.valid", ground.brokenness()), said, passed).await;
        }
        let found = Found::Issue(Box::new(issue.clone()));
        let (there, wayless) = match self.way(&ground, Some(&found), None, (actor, Action::Trigger)).await? {
            Way::Here => (None, None),
            Way::There(there) if there.is_broken() => {
                let text = reply::invalid_definitions(&there.in_force.source.origin, &there.in_force.findings);
                (None, Some(("definitions.valid", "refuse", there.brokenness(), text)))
            }
            Way::There(there) => (Some(there), None),
            Way::Unknown(choices) => {
                let text = reply::which_repository(&choices);
                (None, Some(("route.repository", "ask", json!({"choices": choices}), text)))
            }
            Way::Refused(refused, text) => (None, Some((refused.0, "refuse", refused.1, text))),
        };
        let home = there.is_some().then(|| repo.to_string());
        let here = ground.resource();
        let ground = there.map_or(ground, |there| *there);
        let occurrence = Occurrence { what, item: Some(found.facts()) };
        let blueprints = ground.in_force.factory.blueprints();
        let considered = decide(&occurrence, blueprints.iter().map(|definition| definition.as_ref()));
        let mut ruling = ruling::on(row);
        ruling.decisions = considered.iter().map(|it| decision(&subject, it)).collect();
        let starting: Vec<&Considered> = considered.iter().filter(|it| it.starts).collect();
        if !starting.is_empty() && !Self::is_own(actor) {
            let who = self.principal(repo, actor).await?;
            if let Err(refusal) = authorize(&who, Action::Trigger, &here) {
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
        // Nobody is asked who could not have started it, and once is enough.
        if let (false, Some((rule, verdict, detail, text))) = (starting.is_empty(), wayless) {
            ruling.decisions.push(Decision { subject, rule: rule.into(), verdict: verdict.into(), detail });
            ruling.effects.push(ruling::say(repo, number, route::COMMENT.into(), text));
            return self.rule(ruling, |_| Vec::new(), passed).await;
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
            let by = (actor, passed.is_again);
            let began = self.start_for_item(&ground, &issue, home.as_deref(), by, considered, &mut ruling).await?;
            if let Began::TooMany(limit) = &began {
                ruling.decisions.push(limit.decision(subject.clone(), &blueprint));
            }
            begun.push((blueprint, began));
        }
        let item = issue.work_item();
        let elsewhere = home.is_some().then(|| ground.repo.to_string());
        let say = |ruled: &Ruled| {
            begun
                .into_iter()
                .map(|(blueprint, began)| {
                    let (key, text) = answer(&item, &blueprint, began, ruled);
                    let text = elsewhere.as_deref().map_or_else(|| text.clone(), |there| reply::routed(there, &text));
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
        home: Option<&str>,
        (actor, is_old): (&str, bool),
        considered: &Considered,
        ruling: &mut Ruling,
    ) -> Result<Began, PassError> {
        let item = issue.work_item();
        let blueprint = &considered.blueprint.name;
        let id = home.map_or_else(|| item.id.to_string(), |home| format!("{home}#{}", item.id));
        let rule = considered.decisive().map_or_else(|| "trigger".to_owned(), |verdict| verdict.rule.clone());
        // The inputs of such a run are the item itself and its base.
        let inputs = Digest::of(&json!({"title": item.title, "body": item.body, "blueprint": considered.blueprint}));
        let wanted = Wanted {
            blueprint,
            inputs: json!({}),
            max_usd: None,
            item: Some(item),
            item_repository: home.map(str::to_owned),
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
