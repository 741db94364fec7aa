//! What a task's result depends on, part by part. Two tasks whose parts are equal give equal results, so the second one is not
//! done; where they differ, the parts say why it was.

use std::collections::BTreeMap;

use forgeline_engine::{RunSpec, TaskId, plan::PlannedStage, spec::Revision};
use forgeline_model::{Digest, StageId};
use serde_json::{Value, json};

/// Digests of all that the result of `task` depends on, by name: the stage's own parts, and each root of the context.
pub(crate) fn parts(spec: &RunSpec, stage: &PlannedStage, task: &TaskId, context: &Value) -> BTreeMap<String, Digest> {
    let own = [
        ("agent", json!(stage.agent())),
        ("stage", json!(stage.id)),
        ("with", stage.with.clone()),
        ("produces", json!(stage.produces)),
        ("emits", json!(stage.emits)),
    ];
    let mut parts: BTreeMap<String, Digest> =
        own.into_iter().map(|(name, value)| (name.to_owned(), Digest::of(&value))).collect();
    if let Value::Object(roots) = context {
        for (name, value) in roots.iter().filter(|(name, _)| *name != "stages") {
            parts.insert(format!("context.{name}"), Digest::of(value));
        }
        if let Some(Value::Object(stages)) = roots.get("stages") {
            let of_stages = stages.iter().map(|(id, value)| (format!("context.stages.{id}"), Digest::of(value)));
            parts.extend(of_stages);
        }
    }
    if spec.again.as_ref().is_some_and(|again| again.fresh.iter().any(|fresh| covers(fresh, task))) {
        parts.insert("fresh".into(), Digest::of(&spec.id));
    }
    parts
}

/// What a person wants otherwise of this stage: it is the one that they named, or needs it, directly or not.
pub(super) fn revision<'a>(spec: &'a RunSpec, stage: &PlannedStage) -> Option<&'a Revision> {
    let revision = spec.again.as_ref()?.revision.as_ref()?;
    hears(spec, stage, &revision.stage).then_some(revision)
}

fn covers(fresh: &TaskId, task: &TaskId) -> bool {
    fresh.stage == task.stage && (fresh.item.is_none() || fresh.item == task.item)
}

fn hears(spec: &RunSpec, stage: &PlannedStage, first: &StageId) -> bool {
    stage.id == *first
        || stage.needs.iter().filter_map(|id| spec.plan.stage(id)).any(|needed| hears(spec, needed, first))
}
