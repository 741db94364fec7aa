//! What becomes possible after a fact: stages open, tasks become ready, the run publishes or ends.

use std::collections::BTreeSet;

use forgeline_model::{
    Timestamp,
    task::{FailureClass, TaskFailure},
};
use serde_json::Value;

use crate::{
    RunSpec, RunState,
    condition::Condition,
    context,
    fact::{Fact, MatrixItem, Outcome, TaskId},
    input::Effect,
    plan::PlannedStage,
    run::{Phase, StageState, Task, TaskStatus},
    step::Draft,
};

/// Most elements of a matrix.
const MOST_ITEMS: usize = 256;

/// Adds all facts that follow by themselves.
pub(crate) fn advance(draft: &mut Draft<'_>) {
    if draft.state.phase != Phase::Working {
        return;
    }
    if let Some(end) = stopping(draft.spec, &draft.state, draft.now) {
        if !draft.state.tasks().any(|task| matches!(task.status, TaskStatus::Running { .. })) {
            draft.finish(end);
        }
        return;
    }
    while let Some(stage) = next_to_open(draft) {
        open(draft, &stage);
    }
    if let Some(end) = stopping(draft.spec, &draft.state, draft.now) {
        // A condition or matrix that cannot be evaluated fails its stage at once.
        if !draft.state.tasks().any(|task| matches!(task.status, TaskStatus::Running { .. })) {
            draft.finish(end);
        }
        return;
    }
    release(draft);
    let all_ended = draft.spec.plan.stages.iter().all(|stage| is_ended(draft, stage));
    if all_ended {
        draft.fact(Fact::Publishing);
        draft.step.effects.push(Effect::Publish);
    }
}

/// How the run will end once nothing is at work any more, if something demands its end.
pub(crate) fn stopping(spec: &RunSpec, state: &RunState, now: Timestamp) -> Option<Outcome> {
    if let Some(by) = &state.cancelled_by {
        return Some(Outcome::Cancelled { by: by.clone() });
    }
    let failed = state.tasks().find_map(|task| match &task.status {
        TaskStatus::Failed(failure) => Some((task.id.clone(), failure.clone())),
        TaskStatus::Queued | TaskStatus::Ready { .. } | TaskStatus::Running { .. } | TaskStatus::Done(_) => None,
    });
    if let Some((task, failure)) = failed {
        return Some(Outcome::Failed { task: Some(task), kind: failure.kind, message: failure.message });
    }
    let wall = spec.plan.budget.wall_ms;
    let spent = now.millis_since(state.started_at?);
    (spent > wall).then(|| Outcome::Failed {
        task: None,
        kind: "timeout".into(),
        message: format!(
            "the run took {} s of the {} s its budget allows; raise `budget.wall` or split the blueprint",
            spent / 1000,
            wall / 1000
        ),
    })
}

fn is_ended(draft: &Draft<'_>, stage: &PlannedStage) -> bool {
    draft.state.stages.get(&stage.id).is_some_and(StageState::is_ended)
}

fn next_to_open(draft: &Draft<'_>) -> Option<PlannedStage> {
    let satisfied = |id| draft.state.stages.get(id).is_some_and(|stage| stage.is_ended() && stage.is_satisfied());
    draft
        .spec
        .plan
        .stages
        .iter()
        .find(|stage| !draft.state.stages.contains_key(&stage.id) && stage.needs.iter().all(satisfied))
        .cloned()
}

fn open(draft: &mut Draft<'_>, stage: &PlannedStage) {
    let view = context::for_stage(draft.spec, &draft.state, stage);
    let wanted = match &stage.when {
        None => Ok(true),
        Some(when) => {
            Condition::parse(when).map_err(|error| error.to_string()).and_then(|condition| condition.evaluate(&view))
        }
    };
    match wanted {
        Ok(false) => {
            let reason = format!("its condition `{}` is false", stage.when.as_deref().unwrap_or_default());
            draft.fact(Fact::StageSkipped { stage: stage.id.clone(), reason });
        }
        Ok(true) => match stage.matrix.as_ref().map(|matrix| items(&matrix.over, &view)).transpose() {
            Ok(items) => draft.fact(Fact::StageOpened { stage: stage.id.clone(), items }),
            Err(message) => refuse(draft, stage, "matrix", message),
        },
        Err(message) => refuse(draft, stage, "condition", message),
    }
}

/// Fails a stage before any of its tasks is known.
fn refuse(draft: &mut Draft<'_>, stage: &PlannedStage, kind: &str, message: String) {
    let task = TaskId { stage: stage.id.clone(), item: None };
    draft.fact(Fact::StageOpened { stage: stage.id.clone(), items: None });
    let failure = TaskFailure { class: FailureClass::Terminal, kind: kind.into(), message };
    draft.fact(Fact::TaskFailed { task, attempt: 1, failure, last: true });
}

/// The elements of a matrix, each with a name that is unique in it.
fn items(over: &Value, view: &Value) -> Result<Vec<MatrixItem>, String> {
    let list = match over {
        Value::String(text) => {
            let path = context::exact_reference(text)
                .ok_or_else(|| format!("matrix `{text}` is not a reference; write it like `{{{{inputs.list}}}}`"))?;
            context::lookup(view, path).ok_or_else(|| format!("matrix `{text}` names nothing that exists"))?
        }
        other => other,
    };
    let Value::Array(elements) = list else { return Err("the matrix is not a list".into()) };
    if elements.len() > MOST_ITEMS {
        return Err(format!("the matrix has {} elements; at most {MOST_ITEMS} are allowed", elements.len()));
    }
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut named = Vec::with_capacity(elements.len());
    for (index, value) in elements.iter().enumerate() {
        let plain = item_name(value).unwrap_or_else(|| index.to_string());
        let (mut name, mut number) = (plain.clone(), index);
        while !taken.insert(name.clone()) {
            name = format!("{plain}-{number}");
            number += 1;
        }
        named.push(MatrixItem { name, value: value.clone() });
    }
    Ok(named)
}

/// A string itself; an object's `name`, or its `name.snake` where names come in several forms.
fn item_name(value: &Value) -> Option<String> {
    let name = match value {
        Value::String(text) => text,
        Value::Object(map) => match map.get("name")? {
            Value::String(text) => text,
            forms => forms.get("snake")?.as_str()?,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return None,
    };
    let name: String = name.chars().filter(|c| !c.is_control() && *c != '`').take(64).collect();
    (!name.is_empty()).then_some(name)
}

/// Makes queued tasks ready while their stage has room for them.
fn release(draft: &mut Draft<'_>) {
    let mut ready = Vec::new();
    for stage in &draft.spec.plan.stages {
        let Some(StageState::Open { tasks, .. }) = draft.state.stages.get(&stage.id) else { continue };
        let busy = |task: &&Task| matches!(task.status, TaskStatus::Ready { .. } | TaskStatus::Running { .. });
        let room = (stage.max_parallel.max(1) as usize).saturating_sub(tasks.iter().filter(busy).count());
        let queued = tasks.iter().filter(|task| task.status == TaskStatus::Queued);
        ready.extend(queued.take(room).map(|task| task.id.clone()));
    }
    for task in ready {
        draft.fact(Fact::TaskReady { task, at: draft.now });
    }
}
