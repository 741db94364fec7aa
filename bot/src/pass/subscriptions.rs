//! Blueprints that wait for events: each reads the log at its own pace.
//!
//! At least once for each subscription: its place moves on after the event is dealt with. An event that comes again finds
//! the run it started by its trigger key. Failures are retried by subscription and end in the dead letter queue.

mod again;
mod origin;

use forgeline_blueprints::{
    blueprint::{Blueprint, EventTrigger, Trigger as Rule},
    factory::Definition,
};
use forgeline_engine::{BotEffect, spec::Trigger};
use forgeline_store::{DeadLetter, Decision, EventRow, Ruled, Ruling, RunView, Subject};
use serde_json::{Value, json};

use super::{
    Bot, Ground, PassError, Passed,
    item::decision,
    ruling,
    start::{Began, Wanted},
};
use crate::{
    Occurrence, decide, reply,
    triggers::{Asked, Happening},
};

/// Events that a subscription reads at once.
const BATCH: u32 = 256;
/// Tries at an event before it is given up.
const ATTEMPTS: u32 = 4;
/// Waits before the second, third and fourth try, milliseconds.
const BACKOFF_MS: [u64; 3] = [5_000, 45_000, 420_000];

/// A blueprint's wish for events, in one repository.
struct Listener<'a> {
    name: String,
    ground: &'a Ground,
    definition: &'a Definition<Blueprint>,
    rule: &'a EventTrigger,
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

    async fn grounds(&self) -> Result<Vec<Ground>, PassError> {
        let mut grounds = Vec::new();
        for repo in self.runner.forge.repositories().await? {
            // A repository without a commit has nothing to start from; a person is told when they ask for something.
            match self.ground(&repo).await {
                Ok(ground) => grounds.push(ground),
                Err(error) if error.no_ground().is_some() => {}
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
        if row.event.event_type != listener.rule.event_type {
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
        self.consider(listener, row, &origin, passed).await?;
        Ok(Offered::Done)
    }

    /// Asks the blueprint's rules about an event of its own repository, and starts it if they say so.
    async fn consider(
        &self,
        listener: &Listener<'_>,
        row: &EventRow,
        origin: &RunView,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        // Validated again where it is consumed: the registry may have moved on since it was told.
        if let Err(violation) = listener.ground.in_force.registry.validate_consumed(&row.event.to_value()) {
            return self.give_up(listener, row, &violation.to_string(), 1).await;
        }
        let occurrence = Occurrence {
            what: Happening::Event {
                event: Box::new(row.event.clone()),
                of_blueprint: Some(origin.spec.plan.blueprint.name.clone()),
                chain_depth: origin.spec.trigger.chain_depth + 1,
            },
            item: self.facts_of(origin).await?,
        };
        let subject = format!("event {}", row.event.event_id);
        let considered = decide(&occurrence, [listener.definition]).remove(0);
        let mut recorded = decision(&subject, &considered);
        recorded.detail["origin_run"] = json!(origin.spec.id);
        recorded.detail["origin_blueprint"] = json!(origin.spec.plan.blueprint.to_string());
        for field in ["pull_request", "path"] {
            recorded.detail[field] = row.event.fields.get(field).cloned().unwrap_or_default();
        }
        let mut ruling = listener.moves_on(row);
        ruling.decisions.push(recorded);
        if !considered.starts {
            return self.rule(ruling, |_| Vec::new(), passed).await;
        }
        let event_id = row.event.event_id.to_string();
        let wanted = Wanted {
            blueprint: &listener.definition.reference.name,
            inputs: json!({}),
            max_usd: None,
            item: origin.spec.item.clone(),
            trigger: Trigger {
                kind: "event".into(),
                actor: row.event.originating_agent.clone(),
                detail: format!("{} {event_id}", row.event.event_type),
                chain_depth: origin.spec.trigger.chain_depth + 1,
            },
            asked: Asked::Event { event_id: &event_id, subscription: listener.rule },
            event: Some(row.event.clone()),
            again: None,
        };
        match self.begin(listener.ground, wanted, &mut ruling) {
            Began::Ready(begun) => {
                let mention = |ruled: &Ruled| {
                    // The event may have come again; its run tells its own story.
                    let answer = begun.is_new(ruled).then(|| begun.reply());
                    answer.and_then(|answer| mention(listener, origin, answer)).into_iter().collect()
                };
                self.rule(ruling, mention, passed).await
            }
            Began::NeedsForm => self.refuse(listener, row, "its work item has no `## Entities`").await,
            Began::Invalid(faults) => {
                let faults: Vec<String> = faults.iter().map(|fault| fault.message.clone()).collect();
                self.refuse(listener, row, &faults.join("; ")).await
            }
        }
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
    let key = format!("status:{}", listener.definition.reference.name);
    Some(ruling::say(&listener.ground.repo, number, key, answer))
}

fn listeners(ground: &Ground) -> Vec<Listener<'_>> {
    let mut found = Vec::new();
    for definition in ground.in_force.factory.blueprints() {
        for rule in &definition.manifest.on {
            if let Rule::Event(rule) = rule {
                let name = format!("{}/{}/{}", ground.repo, definition.reference.name, rule.event_type);
                found.push(Listener { name, ground, definition, rule });
            }
        }
    }
    found
}
