//! Decisions and runs, told.

use std::fmt::Write as _;

use forgeline_engine::{
    Outcome,
    run::{StageState, TaskStatus},
};
use forgeline_runner::{gate::Verdict, report};
use forgeline_store::{DecisionRow, RunView};
use serde_json::{Value, json};

use super::Known;
use crate::commands::{
    Session,
    wording::{moment, one_line, printable, short},
};

pub(super) fn all(session: &Session, known: &Known) -> String {
    let mut text = String::new();
    if let Some(row) = &known.event {
        let event = &row.event;
        let _ = writeln!(text, "event {} is {}@{}", event.event_id, event.event_type, event.version);
        let told = row.run.as_deref().map_or_else(String::new, |run| format!(", in run {run}"));
        let _ = writeln!(
            text,
            "  told by {} at {}{told}, place {} of the log\n",
            event.originating_agent, event.timestamp, row.seq
        );
    }
    for row in &known.decisions {
        text.push_str(&decision(session, row));
    }
    if let Some(row) = &known.event {
        text.push_str(&listeners(&row.event.event_type, known));
    }
    if known.waits {
        text.push_str("it is received and waits to be looked at; `forgeline bot once` does\n");
    }
    for view in &known.runs {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&run(session, view));
    }
    for row in &known.letters {
        let _ = writeln!(
            text,
            "\ngiven up: {} ({}, {}, {})\n  {}",
            printable(&row.letter.subject.to_string()),
            row.letter.error_kind,
            row.letter.severity().word(),
            row.state.word(),
            printable(&row.letter.reason)
        );
        let _ = writeln!(text, "  `forgeline dlq show {}` shows it whole", row.id);
    }
    text
}

/// Who listens to events of this type, by the definitions in force now.
fn listeners(event_type: &str, known: &Known) -> String {
    if known.listeners.is_empty() {
        return format!("no blueprint listens to `{event_type}`\n");
    }
    let mut text: String = known.listeners.iter().map(|listener| format!("{listener}\n")).collect();
    if known.decisions.is_empty() {
        text.push_str("none of them has looked at it yet; `forgeline bot once` lets them\n");
    }
    text
}

/// One decision with what it looked at.
fn decision(session: &Session, row: &DecisionRow) -> String {
    let decision = &row.decision;
    let mut text = format!(
        "{}  {}: {}  ({})\n",
        moment(row.at),
        decision.rule,
        session.out.status(&decision.verdict),
        printable(&decision.subject)
    );
    for line in detail(&decision.detail) {
        let _ = writeln!(text, "  {}", printable(&line));
    }
    text
}

/// What a rule looked at: its place and the condition that failed in words, any other value by its name.
pub(super) fn detail(value: &Value) -> Vec<String> {
    let Value::Object(map) = value else {
        return if value.is_null() { Vec::new() } else { vec![plain(value)] };
    };
    let mut keys: Vec<&String> = map.keys().collect();
    keys.sort_unstable();
    let mut lines = Vec::new();
    for key in keys {
        let value = &map[key];
        match (value["file"].as_str(), value["line"].as_u64()) {
            (Some(file), Some(line)) => lines.push(format!("rule at {file}:{line}")),
            _ if value.get("expected").is_some() && value.get("actual").is_some() => lines.push(unmet(key, value)),
            _ if value.is_null() => {}
            _ => lines.push(format!("{key}: {}", plain(value))),
        }
    }
    lines
}

/// The first condition that was not met.
fn unmet(key: &str, value: &Value) -> String {
    let name = value["condition"].as_str().unwrap_or(key);
    format!("{name} not met: expected {}, found {}", plain(&value["expected"]), plain(&value["actual"]))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "nothing".to_owned(),
        other => forgeline_model::canonical::to_string(other),
    }
}

fn run(session: &Session, view: &RunView) -> String {
    let spec = &view.spec;
    let mut text = format!("run {}: {}\n", spec.id, session.out.status(view.state.phase.word()));
    let _ = writeln!(
        text,
        "  started by {} ({}): {}",
        spec.trigger.kind,
        printable(&spec.trigger.actor),
        one_line(&spec.trigger.detail, 100)
    );
    let _ = writeln!(
        text,
        "  plan {} of {}, definitions from {}",
        spec.plan.digest(),
        spec.plan.blueprint,
        spec.definitions.origin
    );
    if let Some(from) = &spec.definitions.contracts {
        let _ = writeln!(text, "  contracts of {from}");
    }
    let _ = writeln!(text, "  base {} at {}", spec.target.base_branch, short(&spec.target.base));
    for (stage, reason) in stages(view) {
        let _ = writeln!(text, "  stage {stage}: {}", printable(&reason));
    }
    if let Some(outcome) = view.state.outcome() {
        let said = report::outcome_text(spec, outcome);
        let _ = writeln!(text, "  ended: {}", printable(said.lines().next().unwrap_or_default()));
        if let Some(verdict) = gate(outcome) {
            for line in verdict.render().lines() {
                let _ = writeln!(text, "  {}", printable(line));
            }
        }
    }
    text
}

/// Why each stage stands where it stands.
fn stages(view: &RunView) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for stage in &view.spec.plan.stages {
        match view.state.stages.get(&stage.id) {
            None => {
                let open: Vec<String> = stage
                    .needs
                    .iter()
                    .filter(|need| !view.state.stages.get(need).is_some_and(StageState::is_satisfied))
                    .map(|need| format!("`{need}`"))
                    .collect();
                let reason = if open.is_empty() {
                    "not reached".to_owned()
                } else {
                    format!("not reached, it needs {}", open.join(", "))
                };
                rows.push((stage.id.to_string(), reason));
            }
            Some(StageState::Skipped { reason, .. }) => {
                let condition = stage.when.as_deref().map(|when| format!(" (`when: {when}`)")).unwrap_or_default();
                rows.push((stage.id.to_string(), format!("skipped: {reason}{condition}")));
            }
            Some(StageState::Open { tasks, .. }) => {
                rows.extend(tasks.iter().map(|task| (task.id.to_string(), task_reason(&task.status))));
            }
        }
    }
    rows
}

fn task_reason(status: &TaskStatus) -> String {
    match status {
        TaskStatus::Queued => "waits for its turn".to_owned(),
        TaskStatus::Ready { at } => format!("may be taken from {at}"),
        TaskStatus::Running { since } => format!("at work since {since}"),
        TaskStatus::Done(output) if output.reused => {
            format!("done, the result of equal work was there (key {})", output.key.short())
        }
        TaskStatus::Done(output) => format!("done by {} (key {})", output.skill, output.key.short()),
        TaskStatus::Failed(failure) => format!("failed ({}): {}", failure.kind, failure.message),
        TaskStatus::Dropped { reason } => format!("dropped: {reason}"),
        TaskStatus::Waiting(question) => {
            let until = question.expires_at.map_or_else(String::new, |at| format!(", until {at}"));
            format!(
                "waits for people: {} of {} agreed to {}{until}",
                question.given.len(),
                question.min,
                question.subject.short()
            )
        }
        TaskStatus::Approved(question) => {
            let names: Vec<&str> = question.given.iter().map(|it| it.name.as_str()).collect();
            format!("approved by {}", names.join(", "))
        }
    }
}

fn gate(outcome: &Outcome) -> Option<Verdict> {
    let value = match outcome {
        Outcome::Published(publication) => &publication.gate,
        Outcome::Refused { gate: Some(gate), .. } => gate,
        Outcome::Refused { gate: None, .. }
        | Outcome::NoChange { .. }
        | Outcome::Failed { .. }
        | Outcome::Cancelled { .. } => {
            return None;
        }
    };
    serde_json::from_value(value.clone()).ok()
}

/// A run for machines: what `run` tells.
pub(super) fn run_value(view: &RunView) -> Value {
    let spec = &view.spec;
    json!({
        "id": spec.id, "status": view.state.phase.word(), "trigger": spec.trigger, "plan": spec.plan.digest(),
        "blueprint": spec.plan.blueprint, "definitions": spec.definitions, "base": spec.target.base,
        "stages": stages(view).into_iter().map(|(stage, reason)| json!({"stage": stage, "reason": reason})).collect::<Vec<_>>(),
        "outcome": view.state.outcome(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::detail;

    #[test]
    fn a_silence_names_the_condition_and_the_line() {
        let recorded = json!({
            "blueprint": "http-service@1.0.0",
            "condition": {"condition": "label", "expected": "new-service", "actual": "bug", "met": 0},
            "place": {"file": "blueprints/http-service/blueprint.yaml", "line": 9, "column": 5, "length": 1},
        });
        assert_eq!(
            detail(&recorded),
            [
                "blueprint: http-service@1.0.0",
                "label not met: expected new-service, found bug",
                "rule at blueprints/http-service/blueprint.yaml:9",
            ]
        );
        let met = json!({"blueprint": "docs-page@1.0.0", "condition": null});
        assert_eq!(detail(&met), ["blueprint: docs-page@1.0.0"]);
    }
}
