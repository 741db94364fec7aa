//! The run record: what a run did, without ids, times and places, so that a laptop, a CI job and a server that did
//! the same have the same record.

use forgeline_model::{DefinitionRef, Digest};
use serde_json::{Value, json};

use crate::{
    RunSpec, RunState,
    fact::Outcome,
    run::{StageState, TaskStatus},
};

/// The record as a value; its [canonical JSON](forgeline_model::canonical) is what is compared.
///
/// `base_tree` is the tree of the base commit, 40 hex digits.
pub fn record(spec: &RunSpec, state: &RunState, base_tree: &str) -> Value {
    let (gate, tree) = match state.outcome() {
        Some(Outcome::Published(publication)) => (publication.gate.clone(), Value::from(publication.tree.clone())),
        Some(Outcome::Refused { gate: Some(gate), .. }) => (gate.clone(), Value::Null),
        _ => (Value::Null, Value::Null),
    };
    json!({
        "schemaVersion": 1,
        "trigger": {"kind": spec.trigger.kind, "detail": spec.trigger.detail},
        "blueprint": definition(&spec.plan.blueprint),
        "agents": spec.plan.agents.iter().map(definition).collect::<Vec<_>>(),
        "contracts": spec.plan.contracts,
        "plan": spec.plan.digest(),
        "inputs": Digest::of(&spec.plan.inputs),
        "dirty": spec.definitions.dirty,
        "base": base_tree,
        "stages": stages(spec, state),
        "outcome": state.outcome().map(Outcome::word),
        "gate": gate,
        "tree": tree,
    })
}

fn definition(definition: &DefinitionRef) -> Value {
    json!({"name": definition.name, "version": definition.version, "digest": definition.digest})
}

fn stages(spec: &RunSpec, state: &RunState) -> Vec<Value> {
    let mut rows = Vec::new();
    for stage in &spec.plan.stages {
        match state.stages.get(&stage.id) {
            None => rows.push(json!({"id": stage.id, "status": "not reached"})),
            Some(StageState::Skipped { reason, .. }) => rows.push(json!({"id": stage.id, "skipped": reason})),
            Some(StageState::Open { tasks, .. }) => {
                rows.extend(tasks.iter().map(|task| match &task.status {
                    TaskStatus::Done(output) => json!({
                        "id": stage.id, "item": task.id.item, "key": output.key,
                        "outputs": output.artifacts, "proposal": output.proposal,
                    }),
                    TaskStatus::Failed(failure) => {
                        json!({"id": stage.id, "item": task.id.item, "failed": failure.kind})
                    }
                    TaskStatus::Approved(question) => {
                        let by: Vec<_> = question.given.iter().map(|it| (&it.name, &it.role)).collect();
                        json!({"id": stage.id, "approved": by, "subject": question.subject})
                    }
                    TaskStatus::Dropped { reason } => {
                        json!({"id": stage.id, "item": task.id.item, "dropped": reason})
                    }
                    TaskStatus::Queued
                    | TaskStatus::Ready { .. }
                    | TaskStatus::Running { .. }
                    | TaskStatus::Waiting(_) => {
                        json!({"id": stage.id, "item": task.id.item, "status": "not ended"})
                    }
                }));
            }
        }
    }
    rows
}
