//! The events that tell of facts. Their ids derive from run and fact, so a repeated effect tells the same event.

use forgeline_model::{
    Event, Timestamp,
    task::{NoteVerdict, ProposedEvent},
};
use serde_json::{Map, Value, json};

use crate::{
    RunSpec,
    fact::{Fact, Outcome, TaskId},
    plan::Work,
    run::{RunState, StageState},
};

/// Who tells of facts, as `originating_agent`.
const TELLER: &str = "forgeline";

/// The event that an agent asked for, with the envelope added.
pub fn of_agent(
    spec: &RunSpec,
    task: &TaskId,
    index: usize,
    agent: &str,
    event: &ProposedEvent,
    now: Timestamp,
) -> Event {
    let identity = format!("{} {task} {index} {}", spec.id, event.event_type);
    Event::derived(&spec.source, &identity, &event.event_type, &event.version, agent, now, event.fields.clone())
}

/// The events that tell of a fact; `state` already shows it.
pub(crate) fn of_fact(spec: &RunSpec, state: &RunState, fact: &Fact, now: Timestamp) -> Vec<Event> {
    let tell = |about: &str, event_type: &str, fields: Value| {
        let identity = format!("{} {event_type} {about}", spec.id);
        Event::derived(&spec.source, &identity, event_type, "1.0", TELLER, now, own_fields(spec, fields))
    };
    match fact {
        Fact::Started => vec![tell("", "RunStarted", json!({"trigger": spec.trigger.kind}))],
        Fact::StageSkipped { stage, reason, .. } => {
            vec![tell(stage.as_str(), "StageSkipped", json!({"stage": stage, "reason": reason}))]
        }
        Fact::TaskDone { task, attempt, output } => {
            let mut events: Vec<Event> = output
                .artifacts
                .iter()
                .map(|artifact| {
                    let corrected = output
                        .findings
                        .iter()
                        .any(|note| note.path == artifact.path && note.verdict == NoteVerdict::Corrected);
                    let fields = json!({
                        "stage": task.stage,
                        "path": artifact.path,
                        "artifact_type": artifact.artifact_type,
                        "digest": artifact.digest,
                        "validation": if corrected { "corrected" } else { "passed" },
                    });
                    tell(&format!("{task} {}", artifact.path), "ArtifactProduced", fields)
                })
                .collect();
            if let Some(StageState::Open { tasks, .. }) = state.stages.get(&task.stage)
                && state.stages[&task.stage].is_satisfied()
            {
                let fields = json!({"stage": task.stage, "tasks": tasks.len(), "attempt": attempt});
                events.push(tell(task.stage.as_str(), "StageCompleted", fields));
            }
            events
        }
        Fact::TaskFailed { task, attempt, failure, last: true } => {
            let fields = json!({
                "stage": task.stage,
                "attempt": attempt,
                "error_kind": failure.kind,
                "reason": failure.message,
            });
            vec![tell(&task.to_string(), "StageFailed", fields)]
        }
        Fact::Finished { outcome } => finished(outcome, &tell),
        Fact::ApprovalRequested { stage, min, expires_at, .. } => {
            let roles = match spec.plan.stage(stage).map(|stage| &stage.work) {
                Some(Work::Approval { approval }) => approval.roles.clone(),
                Some(Work::Agent { .. }) | None => Vec::new(),
            };
            let mut fields = json!({
                "stage": stage,
                "head_commit": spec.target.base,
                "plan_digest": spec.plan.digest(),
                "roles": roles,
                "needed": min,
            });
            if let Some(at) = expires_at {
                fields["expires_at"] = at.to_string().into();
            }
            vec![tell(stage.as_str(), "ApprovalRequested", fields)]
        }
        Fact::Approved { stage, approval } => {
            let fields = json!({
                "stage": stage,
                "head_commit": spec.target.base,
                "plan_digest": spec.plan.digest(),
                "approver": approval.name,
                "self_approved": approval.self_approved,
            });
            let mut events = vec![tell(&format!("{stage} {}", approval.id), "ApprovalGranted", fields)];
            if state.stages.get(stage).is_some_and(StageState::is_satisfied) {
                let fields = json!({"stage": stage, "tasks": 1, "attempt": 1});
                events.push(tell(stage.as_str(), "StageCompleted", fields));
            }
            events
        }
        Fact::Queued { .. }
        | Fact::StageOpened { .. }
        | Fact::TaskReady { .. }
        | Fact::TaskStarted { .. }
        | Fact::TaskFailed { last: false, .. }
        | Fact::TaskParked { .. }
        | Fact::TaskLost { .. }
        | Fact::TaskDropped { .. }
        | Fact::RanOut { .. }
        | Fact::CancelRequested { .. }
        | Fact::Paused { .. }
        | Fact::Resumed { .. }
        | Fact::Publishing => Vec::new(),
    }
}

fn finished(outcome: &Outcome, tell: &dyn Fn(&str, &str, Value) -> Event) -> Vec<Event> {
    let mut events = Vec::new();
    let mut fields = Map::new();
    fields.insert("outcome".into(), outcome.word().into());
    match outcome {
        Outcome::Published(publication) => {
            fields.insert("commit".into(), publication.commit.clone().into());
            fields.insert("branch".into(), publication.branch.clone().into());
            if let Some(pull_request) = &publication.pull_request {
                let event_type = if pull_request.opened { "PullRequestOpened" } else { "PullRequestUpdated" };
                let told = json!({
                    "pull_request": pull_request.number,
                    "branch": publication.branch,
                    "commit": publication.commit,
                });
                events.push(tell("", event_type, told));
            }
        }
        Outcome::NoChange { reason } | Outcome::Refused { reason, .. } => {
            fields.insert("reason".into(), reason.clone().into());
        }
        Outcome::Failed { message, .. } => {
            fields.insert("reason".into(), message.clone().into());
        }
        Outcome::Cancelled { by } => {
            fields.insert("reason".into(), format!("cancelled by {by}").into());
        }
    }
    events.push(tell("", "RunFinished", Value::Object(fields)));
    events
}

/// Every lifecycle event names its run and blueprint.
fn own_fields(spec: &RunSpec, fields: Value) -> Map<String, Value> {
    let mut map = match fields {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    map.insert("run_id".into(), spec.id.as_str().into());
    map.insert("blueprint".into(), spec.plan.blueprint.name.clone().into());
    map
}
