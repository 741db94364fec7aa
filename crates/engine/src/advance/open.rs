//! A stage opens: its condition is asked, its tasks become known, its question is put.

use std::collections::BTreeSet;

use forgeline_model::{
    Digest,
    task::{FailureClass, TaskFailure},
};
use serde_json::{Value, json};

use crate::{
    RunSpec, RunState,
    condition::Condition,
    context,
    fact::{Fact, MatrixItem, SkipCause},
    input::Effect,
    plan::{PlannedStage, Work},
    run::{TaskStatus, of_stage},
    step::Draft,
};

/// Most elements of a matrix.
const MOST_ITEMS: usize = 256;

pub(super) fn open(draft: &mut Draft<'_>, stage: &PlannedStage) {
    // Most stages ask nothing of what was before.
    let asks = stage.when.is_some() || stage.matrix.is_some();
    let view = if asks { context::for_stage(draft.spec, &draft.state, stage) } else { Value::Null };
    let wanted = match &stage.when {
        None => Ok(true),
        Some(when) => {
            Condition::parse(when).map_err(|error| error.to_string()).and_then(|condition| condition.evaluate(&view))
        }
    };
    match wanted {
        Ok(false) => {
            let reason = format!("its condition `{}` is false", stage.when.as_deref().unwrap_or_default());
            draft.fact(Fact::StageSkipped { stage: stage.id.clone(), reason, cause: SkipCause::Condition });
        }
        Ok(true) => match stage.matrix.as_ref().map(|matrix| items(&matrix.over, &view)).transpose() {
            Ok(items) => {
                draft.fact(Fact::StageOpened { stage: stage.id.clone(), items });
                ask(draft, stage);
            }
            Err(message) => refuse(draft, stage, "matrix", message),
        },
        Err(message) => refuse(draft, stage, "condition", message),
    }
}

/// Puts the question of an approval stage to people.
fn ask(draft: &mut Draft<'_>, stage: &PlannedStage) {
    let Work::Approval { approval } = &stage.work else { return };
    draft.fact(Fact::ApprovalRequested {
        stage: stage.id.clone(),
        subject: subject(draft.spec, &draft.state),
        min: approval.min.max(1),
        expires_at: approval.expires_ms.map(|wait| draft.now.plus_millis(wait)),
    });
    draft.step.effects.push(Effect::Report);
}

/// What people agree to: where the work goes, the plan, and everything that was made so far.
fn subject(spec: &RunSpec, state: &RunState) -> Digest {
    let made: Vec<_> = state
        .tasks()
        .filter_map(|task| match &task.status {
            TaskStatus::Done(output) => Some((&task.id, &output.proposal)),
            _ => None,
        })
        .collect();
    Digest::of(&json!({"target": spec.target, "plan": spec.plan.digest(), "made": made}))
}

/// Fails a stage before any of its tasks is known.
fn refuse(draft: &mut Draft<'_>, stage: &PlannedStage, kind: &str, message: String) {
    draft.fact(Fact::StageOpened { stage: stage.id.clone(), items: None });
    let failure = TaskFailure { class: FailureClass::Terminal, kind: kind.into(), message };
    draft.fact(Fact::TaskFailed { task: of_stage(&stage.id), attempt: 1, failure, last: true });
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
