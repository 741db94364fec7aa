//! Blueprints that wait for events, or for a stage of another one to fail: each reads the log at its own pace.
//!
//! At least once for each subscription: its place moves on after the event is dealt with. An event that comes again finds
//! the run it started by its trigger key. Failures are retried by subscription and end in the dead letter queue.

mod again;
mod origin;

use forgeline_blueprints::{
    blueprint::{Blueprint, EventTrigger, OnFailure, Trigger as Rule},
    factory::Definition,
};
use forgeline_engine::{BotEffect, spec::Trigger};
use forgeline_model::{Event, Timestamp};
use forgeline_store::{DeadLetter, Decision, EventRow, Ruled, Ruling, RunView, Subject};
use serde_json::{Value, json};

use super::{
    Bot, Ground, PassError, Passed,
    item::decision,
    ruling,
    start::{Began, Wanted},
};
use crate::{
    Considered, Occurrence, decide, reply,
    triggers::{Asked, Happening, ItemFacts, StageFailure, decide_failure, failure_rule},
};

/// Events that a subscription reads at once.
const BATCH: u32 = 256;
/// The event by which the failure of a stage is known.
const STAGE_FAILED: &str = "StageFailed";
/// Tries at an event before it is given up.
const ATTEMPTS: u32 = 4;
/// Waits before the second, third and fourth try, milliseconds.
const BACKOFF_MS: [u64; 3] = [5_000, 45_000, 420_000];

/// A blueprint's wish for events, in one repository.
struct Listener<'a> {
    name: String,
    ground: &'a Ground,
    /// What it starts.
    definition: &'a Definition<Blueprint>,
    wish: Wish<'a>,
}

/// Which events a listener waits for.
enum Wish<'a> {
    /// Those of its own rule.
    Event(&'a EventTrigger),
    /// The failure of a stage of a blueprint, by the rule at this place of it.
    Failure { of: &'a Definition<Blueprint>, index: usize, rule: &'a OnFailure },
}

impl Wish<'_> {
    /// The event type or rule, as a run says what started it.
    fn name(&self) -> String {
        match self {
            Self::Event(rule) => rule.event_type.clone(),
            Self::Failure { of, rule, .. } => failure_rule(of, rule),
        }
    }

    /// Whether the event is of the kind that is waited for; about others nothing is recorded.
    fn is_about(&self, event: &Event) -> bool {
        match self {
            Self::Event(rule) => event.event_type == rule.event_type,
            Self::Failure { of, .. } => {
                event.event_type == STAGE_FAILED && text(event, "blueprint") == of.reference.name
            }
        }
    }
}

impl Listener<'_> {
    /// A ruling on an event, with which the subscription moves on.
    fn moves_on(&self, row: &EventRow) -> Ruling {
        Ruling { read: Some((self.name.clone(), row.seq)), ..Ruling::default() }
    }
}

/// What became of an offer.
enum Offered {
    /// It is dealt with, whatever was decided.
    Done,
    /// It cannot be decided until the definitions are mended; it is offered again, however long that takes.
    Waits,
    /// As many runs began as may; it is offered again then.
    Later(Timestamp),
}

impl Bot {
    /// Gives every subscription a place in the log. A new one begins with what comes next, not with history.
    /// Returns the place where that is.
    pub(super) async fn subscribe(&self) -> Result<i64, PassError> {
        let last = self.runner.store.last_event().await?;
        for ground in self.grounds().await? {
            for listener in listeners(&ground) {
                self.runner.store.subscription(&listener.name, last).await?;
            }
        }
        Ok(last)
    }

    /// Lets every subscription read on. One that came to be since [`Self::subscribe`] begins where that left off.
    pub(super) async fn dispatch(&self, last: i64, passed: &mut Passed) -> Result<(), PassError> {
        for ground in self.grounds().await? {
            for listener in listeners(&ground) {
                self.read_on(&listener, last, passed).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn grounds(&self) -> Result<Vec<Ground>, PassError> {
        let mut grounds = Vec::new();
        for repo in self.runner.forge.repositories().await? {
            // A repository without a commit has nothing to start from; a person is told when they ask for something.
            match self.ground(&repo).await {
                // Nothing is written to one that keeps work items only.
                Ok(ground) if !ground.because.is_target => {}
                Ok(ground) => grounds.push(ground),
                Err(error) if error.no_ground().is_some() || error.is_gone() => {}
                Err(error) => tracing::warn!("events for `{repo}` wait: {error}"),
            }
        }
        Ok(grounds)
    }

    async fn read_on(&self, listener: &Listener<'_>, last: i64, passed: &mut Passed) -> Result<(), PassError> {
        let store = &self.runner.store;
        loop {
            let place = store.subscription(&listener.name, last).await?;
            if place.next_at > self.runner.clock.now() {
                return Ok(());
            }
            let events = store.events_after(place.position, BATCH).await?;
            if events.is_empty() {
                return Ok(());
            }
            // Tries at the first event only: with each that is dealt with they begin anew.
            let mut attempts = place.attempts;
            for row in &events {
                match self.offer(listener, row, attempts, passed).await {
                    Ok(Offered::Done) => {}
                    Ok(Offered::Later(at)) => return Ok(store.hold_back(&listener.name, at).await?),
                    Ok(Offered::Waits) => return self.hold_back(listener, attempts).await,
                    Err(_) if attempts + 1 < ATTEMPTS => return self.hold_back(listener, attempts).await,
                    Err(error) => self.give_up(listener, row, &error.to_string(), attempts + 1).await?,
                }
                store.advance(&listener.name, row.seq).await?;
                attempts = 0;
            }
        }
    }

    async fn hold_back(&self, listener: &Listener<'_>, attempts: u32) -> Result<(), PassError> {
        let wait = BACKOFF_MS[(attempts as usize).min(BACKOFF_MS.len() - 1)];
        Ok(self.runner.store.hold_back(&listener.name, self.runner.clock.now().plus_millis(wait)).await?)
    }

    /// Offers one event to one subscription.
    async fn offer(
        &self,
        listener: &Listener<'_>,
        row: &EventRow,
        attempts: u32,
        passed: &mut Passed,
    ) -> Result<Offered, PassError> {
        if !listener.wish.is_about(&row.event) {
            return Ok(Offered::Done);
        }
        let Some(origin) = self.origin(row, passed).await? else { return Ok(Offered::Done) };
        let (here, there) = (listener.ground.repo.to_string(), &origin.spec.target.repository);
        if *there != here {
            let blueprint = listener.definition.reference.to_string();
            let detail = json!({"blueprint": blueprint, "expected": here, "actual": there});
            self.note_event(row, "event.repository", "ignore", detail, passed).await?;
            return Ok(Offered::Done);
        }
        if listener.ground.is_broken() {
            if attempts == 0 {
                self.note_event(row, "definitions.valid", "refuse", listener.ground.brokenness(), passed).await?;
            }
            return Ok(Offered::Waits);
        }
        self.consider(listener, row, &origin, passed).await
    }

    /// Asks the blueprint's rules about an event of its own repository, and starts it if they say so.
    async fn consider(
        &self,
        listener: &Listener<'_>,
        row: &EventRow,
        origin: &RunView,
        passed: &mut Passed,
    ) -> Result<Offered, PassError> {
        // Validated again where it is consumed: the registry may have moved on since it was told.
        if let Err(violation) = listener.ground.in_force.registry.validate_consumed(&row.event.to_value()) {
            self.give_up(listener, row, &violation.to_string(), 1).await?;
            return Ok(Offered::Done);
        }
        let considered = considered(listener, row, origin, self.facts_of(origin).await?);
        let subject = format!("event {}", row.event.event_id);
        let mut recorded = decision(&subject, &considered);
        recorded.detail["origin_run"] = json!(origin.spec.id);
        recorded.detail["origin_blueprint"] = json!(origin.spec.plan.blueprint.to_string());
        for field in ["pull_request", "path"] {
            recorded.detail[field] = row.event.fields.get(field).cloned().unwrap_or_default();
        }
        let mut ruling = listener.moves_on(row);
        ruling.decisions.push(recorded);
        if !considered.starts {
            self.rule(ruling, |_| Vec::new(), passed).await?;
            return Ok(Offered::Done);
        }
        let event_id = row.event.event_id.to_string();
        let cause = listener.wish.name();
        let asked = match &listener.wish {
            Wish::Event(rule) => Asked::Event { event_id: &event_id, subscription: rule },
            Wish::Failure { .. } => Asked::Failure { run: &origin.spec.id, rule: &cause },
        };
        let wanted = Wanted {
            blueprint: &listener.definition.reference.name,
            inputs: json!({}),
            max_usd: None,
            item: origin.spec.item.clone(),
            item_repository: origin.spec.item_repository.clone(),
            pull_request: None,
            trigger: Trigger {
                kind: "event".into(),
                actor: row.event.originating_agent.clone(),
                detail: format!("{cause} {event_id}"),
                chain_depth: origin.spec.trigger.chain_depth + 1,
            },
            asked,
            event: Some(row.event.clone()),
            again: None,
            is_old: false,
        };
        match self.begin(listener.ground, wanted, &mut ruling).await? {
            Began::Ready(begun) => {
                let mention = |ruled: &Ruled| {
                    // The event may have come again; its run tells its own story.
                    let answer = begun.is_new(ruled).then(|| begun.reply());
                    answer.and_then(|answer| mention(listener, origin, answer)).into_iter().collect()
                };
                self.rule(ruling, mention, passed).await?;
            }
            Began::TooMany(limit) => {
                let decisions = vec![limit.decision(subject, &listener.definition.reference.name)];
                self.rule(Ruling { decisions, ..Ruling::default() }, |_| Vec::new(), passed).await?;
                return Ok(Offered::Later(limit.until));
            }
            Began::NeedsForm => self.refuse(listener, row, "its work item has no `## Entities`").await?,
            Began::Invalid(faults) => {
                let faults: Vec<String> = faults.iter().map(|fault| fault.message.clone()).collect();
                self.refuse(listener, row, &faults.join("; ")).await?;
            }
        }
        Ok(Offered::Done)
    }

    async fn note_event(
        &self,
        row: &EventRow,
        rule: &str,
        verdict: &str,
        detail: Value,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        let subject = format!("event {}", row.event.event_id);
        let decision = Decision { subject, rule: rule.into(), verdict: verdict.into(), detail };
        let ruling = Ruling { decisions: vec![decision], ..Ruling::default() };
        self.rule(ruling, |_| Vec::new(), passed).await
    }

    /// The blueprint cannot run on this event, and will not be able to later.
    async fn refuse(&self, listener: &Listener<'_>, row: &EventRow, reason: &str) -> Result<(), PassError> {
        self.give_up(
            listener,
            row,
            &reply::invalid_inputs(&listener.definition.reference.name, &[reason.to_owned()]),
            1,
        )
        .await
    }

    async fn give_up(
        &self,
        listener: &Listener<'_>,
        row: &EventRow,
        reason: &str,
        tried: u32,
    ) -> Result<(), PassError> {
        let project = listener.ground.in_force.factory.config.project(row.event.project_id.as_str());
        let letter = DeadLetter {
            project: row.event.project_id.to_string(),
            criticality: project.map(|project| project.criticality).unwrap_or_default(),
            agent: listener.definition.reference.name.clone(),
            error_kind: "subscription".into(),
            subject: Subject::Offer { event: row.event.event_id.to_string(), subscription: listener.name.clone() },
            body: row.event.to_value().to_string(),
            reason: reason.to_owned(),
            attempts: tried,
            run: row.run.as_ref().and_then(|run| run.parse().ok()),
        };
        Ok(self.runner.store.give_up(&letter, self.runner.clock.now()).await?)
    }
}

/// What is said on the work item of the run that told an event, if it has one.
fn mention(listener: &Listener<'_>, origin: &RunView, answer: String) -> Option<BotEffect> {
    let number = origin.spec.item.as_ref()?.id.as_str().parse::<u64>().ok()?;
    let home = origin.spec.item_home().parse().ok()?;
    let key = format!("status:{}", listener.definition.reference.name);
    Some(ruling::say(&home, number, key, answer))
}

/// What the rule that a listener stands for finds out about an event.
fn considered(listener: &Listener<'_>, row: &EventRow, origin: &RunView, item: Option<ItemFacts>) -> Considered {
    let chain_depth = origin.spec.trigger.chain_depth + 1;
    let blueprint = &origin.spec.plan.blueprint.name;
    match &listener.wish {
        Wish::Event(_) => {
            let event = Box::new(row.event.clone());
            let what = Happening::Event { event, of_blueprint: Some(blueprint.clone()), chain_depth };
            decide(&Occurrence { what, item }, [listener.definition]).remove(0)
        }
        Wish::Failure { of, index, .. } => {
            // A run says what started it as the rule and the event's id.
            let started_by = origin.spec.trigger.detail.rsplit_once(' ').map(|(rule, _)| rule);
            let stage = text(&row.event, "stage");
            let failure = StageFailure { blueprint, stage, started_by, chain_depth, item };
            decide_failure(&failure, of, *index, &listener.definition.reference)
        }
    }
}

fn listeners(ground: &Ground) -> Vec<Listener<'_>> {
    let factory = &ground.in_force.factory;
    let mut found = Vec::new();
    for definition in factory.blueprints() {
        let of = &definition.reference.name;
        for rule in &definition.manifest.on {
            if let Rule::Event(rule) = rule {
                let name = format!("{}/{of}/{}", ground.repo, rule.event_type);
                found.push(Listener { name, ground, definition, wish: Wish::Event(rule) });
            }
        }
        for (index, rule) in definition.manifest.on_failure.iter().enumerate() {
            if let Some(starts) = factory.blueprint(&rule.run) {
                let name = format!("{}/{of}/on_failure/{}/{}", ground.repo, rule.stage, rule.run);
                let wish = Wish::Failure { of: definition, index, rule };
                found.push(Listener { name, ground, definition: starts, wish });
            }
        }
    }
    found
}

/// A text field of an event; empty when there is none.
fn text<'a>(event: &'a Event, field: &str) -> &'a str {
    event.fields.get(field).and_then(Value::as_str).unwrap_or_default()
}
