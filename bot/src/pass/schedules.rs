//! Blueprints that are started by the time: a run for each nominal time that is due.
//!
//! A schedule's place is the last nominal time that is dealt with, kept like a subscription's; it moves on in the transaction
//! that starts the run, and the trigger key names the nominal time, so that two passes and a clock that goes back give one run.

use forgeline_blueprints::{
    blueprint::{Blueprint, ScheduleTrigger, Trigger as Rule},
    factory::Definition,
    schedule::Schedule,
};
use forgeline_engine::spec::Trigger;
use forgeline_model::Timestamp;
use forgeline_store::{DeadLetter, Decision, Ruling, Subject};
use serde_json::{Value, json};

use super::{
    Bot, Ground, PassError, Passed,
    start::{Began, Wanted},
};
use crate::triggers::{Asked, Due, due, schedule_id, span};

/// How long a schedule waits for its definitions to be mended before it is looked at again, milliseconds.
const MENDING_MS: u64 = 60_000;

/// A blueprint's wish to be started at times, in one repository.
struct Timetable<'a> {
    /// Name of its place.
    name: String,
    ground: &'a Ground,
    definition: &'a Definition<Blueprint>,
    rule: &'a ScheduleTrigger,
    index: usize,
}

impl Timetable<'_> {
    /// What is recorded about one time of it, or without one about several.
    fn decision(&self, nominal: Option<&str>, verdict: &str, more: Value) -> Decision {
        let subject = nominal.map_or_else(|| self.name.clone(), |nominal| format!("{} at {nominal}", self.name));
        let place = span(self.definition, &format!("/on/{}", self.index));
        let mut detail = json!({"blueprint": self.definition.reference.to_string(), "place": place});
        if let (Value::Object(detail), Value::Object(more)) = (&mut detail, more) {
            detail.extend(more);
        }
        Decision { subject, rule: "trigger.schedule".into(), verdict: verdict.into(), detail }
    }
}

impl Bot {
    /// Starts what is due. A schedule that is new begins now, not with history.
    pub(super) async fn keep_time(&self, passed: &mut Passed) -> Result<(), PassError> {
        for ground in self.grounds().await? {
            let tables = timetables(&ground);
            if !ground.is_broken() {
                // One that was taken out and comes back is new.
                let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
                self.runner.store.forget_subscriptions(&prefix(&ground), &names).await?;
            }
            for table in &tables {
                self.keep(table, passed).await?;
            }
        }
        Ok(())
    }

    async fn keep(&self, table: &Timetable<'_>, passed: &mut Passed) -> Result<(), PassError> {
        let (store, now) = (&self.runner.store, self.runner.clock.now());
        let place = store.subscription(&table.name, now.millis()).await?;
        // The linter has told of a schedule that cannot be read.
        let Ok(schedule) = Schedule::parse(&table.rule.cron, &table.rule.time_zone) else { return Ok(()) };
        if place.next_at > now {
            return Ok(());
        }
        let seen = Timestamp::from_millis(place.position);
        let Some(due) = due(&schedule, table.rule.misfire, seen, now) else { return Ok(()) };
        if table.ground.is_broken() {
            if place.attempts == 0 {
                let decision = Decision {
                    rule: "definitions.valid".into(),
                    ..table.decision(None, "refuse", table.ground.brokenness())
                };
                self.rule(Ruling { decisions: vec![decision], ..Ruling::default() }, |_| Vec::new(), passed).await?;
            }
            return Ok(store.hold_back(&table.name, now.plus_millis(MENDING_MS)).await?);
        }
        let Due { starts, left_out, last } = due;
        if left_out > 0 {
            let misfire = json!({"misfire": table.rule.misfire, "left_out": left_out, "until": last.to_string()});
            let ruling = Ruling { decisions: vec![table.decision(None, "ignore", misfire)], ..Ruling::default() };
            self.rule(ruling, |_| Vec::new(), passed).await?;
        }
        for nominal in starts {
            if !self.start_at(table, nominal, passed).await? {
                return Ok(());
            }
        }
        Ok(store.advance(&table.name, last.millis()).await?)
    }

    /// Starts the run of one nominal time. False: not now, and nothing after it either.
    async fn start_at(
        &self,
        table: &Timetable<'_>,
        nominal: Timestamp,
        passed: &mut Passed,
    ) -> Result<bool, PassError> {
        let (blueprint, id, time) = (&table.definition.reference.name, schedule_id(table.rule), nominal.to_string());
        let mut ruling = Ruling { read: Some((table.name.clone(), nominal.millis())), ..Ruling::default() };
        let wanted = Wanted {
            blueprint,
            inputs: json!({}),
            max_usd: None,
            item: None,
            item_repository: None,
            pull_request: None,
            trigger: Trigger {
                kind: "schedule".into(),
                actor: "schedule".into(),
                detail: format!("{id} at {time}"),
                chain_depth: 0,
            },
            asked: Asked::Schedule { id: &id, nominal: &time },
            event: None,
            again: None,
            is_old: false,
        };
        let refused = match self.begin(table.ground, wanted, &mut ruling).await? {
            Began::Ready(begun) => {
                ruling.decisions.push(table.decision(Some(&time), "start", json!({"run": begun.run()})));
                self.rule(ruling, |_| Vec::new(), passed).await?;
                return Ok(true);
            }
            Began::TooMany(limit) => {
                let decisions = vec![limit.decision(table.name.clone(), blueprint)];
                self.rule(Ruling { decisions, ..Ruling::default() }, |_| Vec::new(), passed).await?;
                self.runner.store.hold_back(&table.name, limit.until).await?;
                return Ok(false);
            }
            Began::NeedsForm => "it needs a work item, and a schedule has none".to_owned(),
            Began::Invalid(faults) => faults.into_iter().map(|fault| fault.message).collect::<Vec<String>>().join("; "),
        };
        // One letter for the schedule, however often its time comes.
        let id = self.project(table.ground);
        let project = table.ground.in_force.factory.config.project(id.as_str());
        let letter = DeadLetter {
            project: id.to_string(),
            criticality: project.map(|project| project.criticality).unwrap_or_default(),
            agent: blueprint.clone(),
            error_kind: "schedule".into(),
            subject: Subject::Schedule(table.name.trim_start_matches("schedule ").to_owned()),
            body: "{}".into(),
            reason: refused.clone(),
            attempts: 1,
            run: None,
        };
        self.runner.store.give_up(&letter, self.runner.clock.now()).await?;
        ruling.decisions.push(table.decision(Some(&time), "refuse", json!({"reason": refused})));
        self.rule(ruling, |_| Vec::new(), passed).await?;
        Ok(true)
    }
}

fn prefix(ground: &Ground) -> String {
    format!("schedule {}/", ground.repo)
}

fn timetables(ground: &Ground) -> Vec<Timetable<'_>> {
    let mut found = Vec::new();
    for definition in ground.in_force.factory.blueprints() {
        for (index, rule) in definition.manifest.on.iter().enumerate() {
            if let Rule::Schedule(rule) = rule {
                let name = format!("{}{}/{}", prefix(ground), definition.reference.name, schedule_id(rule));
                found.push(Timetable { name, ground, definition, rule, index });
            }
        }
    }
    found
}
