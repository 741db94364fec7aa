//! What conditions and templates may name.

use std::collections::{BTreeMap, BTreeSet};

use forgeline_model::StageId;
use serde_json::{Map, Value, json};

use crate::{
    RunSpec,
    fact::MatrixItem,
    plan::PlannedStage,
    run::{RunState, StageState, TaskStatus},
};

/// The spec's roots and `stages.<id>` of every stage that `stage` needs, directly or not.
///
/// A stage with a matrix has `outputs.<element name>.<name>`; its artifacts are those of all elements. One that failed has
/// `failed.kind` and `failed.message`. A stage that undoes another sees that one and what came before it.
pub fn for_stage(spec: &RunSpec, state: &RunState, stage: &PlannedStage) -> Value {
    let mut context = spec.context.clone();
    let mut stages = Map::new();
    for id in ancestors(spec, stage) {
        if let Some(ended) = state.stages.get(id) {
            stages.insert(id.to_string(), stage_view(ended));
        }
    }
    if let Value::Object(roots) = &mut context {
        roots.insert("stages".into(), Value::Object(stages));
    }
    context
}

/// The same with the matrix element under its variable's name.
pub fn for_task(spec: &RunSpec, state: &RunState, stage: &PlannedStage, item: Option<&MatrixItem>) -> Value {
    let mut context = for_stage(spec, state, stage);
    if let (Some(matrix), Some(item), Value::Object(roots)) = (&stage.matrix, item, &mut context) {
        roots.insert(matrix.variable.clone(), item.value.clone());
    }
    context
}

/// Follows a reference such as `stages.api.outputs.entities` or `inputs.list.0`.
pub fn lookup<'a>(context: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(context, |value, name| match value {
        Value::Object(map) => map.get(name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

/// The path inside a text that is exactly one reference, `{{ path }}`.
pub fn exact_reference(text: &str) -> Option<&str> {
    let path = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!path.is_empty() && path.chars().all(plain)).then_some(path)
}

/// The stages that a stage needs, those that these need, and so on.
fn ancestors<'a>(spec: &'a RunSpec, stage: &'a PlannedStage) -> BTreeSet<&'a StageId> {
    let needs: BTreeMap<&StageId, &Vec<StageId>> =
        spec.plan.stages.iter().map(|stage| (&stage.id, &stage.needs)).collect();
    let mut found = BTreeSet::new();
    let mut next: Vec<&StageId> = stage.needs.iter().chain(&stage.compensates).collect();
    while let Some(id) = next.pop() {
        if found.insert(id) {
            next.extend(needs.get(id).into_iter().flat_map(|needs| needs.iter()));
        }
    }
    found
}

fn stage_view(stage: &StageState) -> Value {
    match stage {
        StageState::Skipped { reason, .. } => json!({"skipped": reason, "outputs": {}, "artifacts": []}),
        StageState::Open { tasks, matrix, .. } => {
            let mut outputs = Map::new();
            let mut artifacts = Vec::new();
            let mut failed = None;
            for task in tasks.iter() {
                if let TaskStatus::Failed(failure) = &task.status {
                    failed = Some(json!({"kind": failure.kind, "message": failure.message}));
                }
                let TaskStatus::Done(output) = &task.status else { continue };
                artifacts.extend(output.artifacts.iter().map(|artifact| json!(artifact)));
                match &task.id.item {
                    Some(item) if *matrix => {
                        outputs.insert(item.clone(), Value::Object(output.outputs.clone()));
                    }
                    Some(_) | None => outputs.extend(output.outputs.clone()),
                }
            }
            let mut view = json!({"outputs": outputs, "artifacts": artifacts});
            // Only there for what comes after a failure: what depends on a stage that ended well has the same key as ever.
            if let Some(failed) = failed {
                view["failed"] = failed;
            }
            view
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{exact_reference, lookup};

    #[test]
    fn references_reach_into_objects_and_lists() {
        let context = json!({"stages": {"api": {"outputs": {"entities": ["a", "b"]}}}});
        assert_eq!(lookup(&context, "stages.api.outputs.entities.1"), Some(&json!("b")));
        assert_eq!(lookup(&context, "stages.api.outputs.nothing"), None);
    }

    #[test]
    fn only_a_bare_reference_is_exact() {
        assert_eq!(exact_reference(" {{ inputs.name }} "), Some("inputs.name"));
        for text in ["{{snake inputs.name}}", "x {{a}}", "{{a}}{{b}}", "{{}}", "a"] {
            assert_eq!(exact_reference(text), None, "{text}");
        }
    }
}
