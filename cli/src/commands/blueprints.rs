//! `forgeline blueprints`: what can be run.

mod graph;

use clap::Subcommand;
use forgeline_blueprints::{
    blueprint::{Blueprint, Trigger},
    factory::Definition,
    scaffold,
    schedule::Schedule,
    suggest,
};
use forgeline_model::{Timestamp, diagnostic::has_errors};
use forgeline_runner::Clock;
use serde_json::{Value, json};

use super::{Session, init::files};
use crate::{
    definitions::{self, InForce},
    exit::{Exit, Failure},
    output,
};

/// How many times of a schedule are shown.
const NEXT_TIMES: usize = 3;

/// Look at blueprints, or start a new one.
///
/// Example: `forgeline blueprints show http-service`
#[derive(Debug, Subcommand)]
pub enum Blueprints {
    /// List blueprints: the factory's own, then the built-in ones.
    List,
    /// Show a blueprint's manifest and its graph.
    Show {
        /// Its name.
        name: String,
    },
    /// Write a new blueprint with one stage and the agent that it uses.
    New(files::New),
}

impl Blueprints {
    pub fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::List => {
                let in_force = definitions::load(session)?;
                mention_errors(&in_force);
                list(session, &in_force);
                Ok(Exit::Success)
            }
            Self::Show { name } => {
                let in_force = definitions::load(session)?;
                mention_errors(&in_force);
                let all = in_force.factory.blueprints();
                let found = all.iter().find(|blueprint| blueprint.reference.name == name).ok_or_else(|| {
                    let known = all.iter().map(|blueprint| blueprint.reference.name.as_str());
                    Failure::new(
                        Exit::NotFound,
                        format!("there is no blueprint `{name}`; {}", suggest::hint(&name, known)),
                    )
                })?;
                show(session, found);
                Ok(Exit::Success)
            }
            Self::New(new) => {
                let name = &new.name;
                let wanted = scaffold::blueprint(name).map_err(|fault| Failure::new(Exit::Usage, fault))?;
                let next = format!(
                    "`forgeline validate` checks it, `forgeline run {name} topic=… --work-item item.md` runs it"
                );
                files::write_new(session, &new, &wanted, &next)
            }
        }
    }
}

/// Says on stderr that some definitions are left out.
pub fn mention_errors(in_force: &InForce) {
    if has_errors(&in_force.findings) {
        output::note(&format!(
            "note: some definitions in {} have errors; `forgeline validate` shows them",
            in_force.source.origin
        ));
    }
}

fn list(session: &Session, in_force: &InForce) {
    let all = in_force.factory.blueprints();
    let values: Vec<Value> = all
        .iter()
        .map(|one| {
            json!({
                "name": one.reference.name, "version": one.reference.version, "digest": one.reference.digest,
                "origin": one.origin, "title": one.manifest.metadata.title,
                "triggers": one.manifest.on.iter().map(trigger).collect::<Vec<_>>(),
                "stages": one.manifest.stages.len(),
            })
        })
        .collect();
    session.out.print("blueprints", &values, || {
        let rows: Vec<Vec<String>> = all
            .iter()
            .map(|one| {
                let triggers: Vec<String> = one.manifest.on.iter().map(trigger).collect();
                vec![
                    one.reference.name.clone(),
                    one.reference.version.to_string(),
                    one.origin.clone(),
                    one.manifest.stages.len().to_string(),
                    triggers.join(", "),
                    one.manifest.metadata.title.clone(),
                ]
            })
            .collect();
        session.out.table(&["NAME", "VERSION", "FROM", "STAGES", "STARTED BY", "TITLE"], &rows)
    });
}

fn show(session: &Session, one: &Definition<Blueprint>) {
    let levels = graph::levels(&one.manifest.stages);
    let next = next_times(&one.manifest, Clock::system().now());
    let value = json!({
        "name": one.reference.name, "version": one.reference.version, "digest": one.reference.digest,
        "origin": one.origin, "folder": one.folder, "manifest": one.document.value(), "levels": levels,
        "next": next.iter().map(|(schedule, times)| json!({"schedule": schedule, "times": times})).collect::<Vec<_>>(),
    });
    session.out.print("blueprint", &value, || {
        format!(
            "# {} from {}, {}\n\n{}\n# graph\n{}{}",
            one.reference,
            one.origin,
            one.reference.digest,
            one.document.source.trim_end().to_owned() + "\n",
            graph::text(&one.manifest.stages),
            next.iter()
                .map(|(schedule, times)| format!("\n# next times of {schedule}\n{}\n", times.join("\n")))
                .collect::<String>(),
        )
    });
}

/// The next times of each schedule, in UTC, each with the schedule's words.
fn next_times(blueprint: &Blueprint, now: Timestamp) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for trigger in &blueprint.on {
        if let Trigger::Schedule(rule) = trigger
            && let Ok(schedule) = Schedule::parse(&rule.cron, &rule.time_zone)
        {
            let times = schedule.after(now).take(NEXT_TIMES).map(|time| time.to_string()).collect();
            found.push((format!("{} {}", rule.cron, rule.time_zone), times));
        }
    }
    found
}

/// A trigger in a few words.
fn trigger(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Label(label) => format!("label {label}"),
        Trigger::Command(command) => format!("/forgeline {command}"),
        Trigger::WorkItem(item) => match &item.state {
            Some(state) => format!("work item {} in {state}", item.types.join("|")).replace("  ", " "),
            None => format!("work item {}", item.types.join("|")),
        },
        Trigger::PullRequest(_) => "pull request".to_owned(),
        Trigger::Push(_) => "push".to_owned(),
        Trigger::Schedule(schedule) => format!("schedule {}", schedule.cron),
        Trigger::Event(event) => format!("event {}@{}", event.event_type, event.version),
    }
}
