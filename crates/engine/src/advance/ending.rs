//! Whether and how a run ends badly, and what is no longer started then.

use forgeline_model::Timestamp;

use crate::{
    RunSpec, RunState,
    fact::{Fact, Outcome, SkipCause, TaskId},
    plan::{OnFailure, PlannedStage},
    run::{StageState, Task, TaskStatus},
    step::{Draft, REJECTED, budget},
};

/// How the run will end once nothing is at work any more, if something demands a bad end.
pub(crate) fn bad_end(spec: &RunSpec, state: &RunState) -> Option<Outcome> {
    if let Some(by) = &state.cancelled_by {
        return Some(Outcome::Cancelled { by: by.clone() });
    }
    failed(spec, state).or_else(|| ran_out(state))
}

/// The same, if it also forbids to start anything that does not clean up.
pub(crate) fn draining(spec: &RunSpec, state: &RunState) -> Option<Outcome> {
    match spec.plan.on_failure {
        OnFailure::FailFast => bad_end(spec, state),
        OnFailure::KeepGoing if state.cancelled_by.is_some() => bad_end(spec, state),
        OnFailure::KeepGoing => ran_out(state),
    }
}

/// Records that time or money have run out, once.
pub(super) fn run_out(draft: &mut Draft<'_>) {
    if draft.state.ran_out.is_some() {
        return;
    }
    let late = out_of_time(draft.spec, &draft.state, draft.now).map(|message| ("timeout", message));
    let poor = || out_of_budget(draft.spec, &draft.state).map(|message| (budget::KIND, message));
    if let Some((kind, message)) = late.or_else(poor) {
        draft.fact(Fact::RanOut { kind: kind.into(), message });
    }
}

/// Drops tasks and leaves out stages that are no longer wanted.
pub(super) fn drop_rest(draft: &mut Draft<'_>) {
    let draining = draining(draft.spec, &draft.state);
    let reason = draining.as_ref().map(|outcome| format!("the run is {}", ending_word(outcome)));
    if reason.is_none() && !has_failed(&draft.state) {
        return;
    }
    let mut dropped: Vec<(TaskId, String)> = Vec::new();
    for stage in &draft.spec.plan.stages {
        let Some(StageState::Open { tasks, .. }) = draft.state.stages.get(&stage.id) else { continue };
        let reason = match &reason {
            Some(reason) if !stage.is_cleanup() => Some(reason.clone()),
            _ => failed_item(stage, tasks).map(|item| format!("`{item}` failed")),
        };
        let Some(reason) = reason else { continue };
        let rest = tasks.iter().filter(|task| {
            matches!(task.status, TaskStatus::Queued | TaskStatus::Ready { .. } | TaskStatus::Waiting(_))
        });
        dropped.extend(rest.map(|task| (task.id.clone(), reason.clone())));
    }
    for (task, reason) in dropped {
        draft.fact(Fact::TaskDropped { task, reason });
    }
    let Some(reason) = reason else { return };
    let unopened = |stage: &&PlannedStage| !stage.is_cleanup() && !draft.state.stages.contains_key(&stage.id);
    let unopened: Vec<_> = draft.spec.plan.stages.iter().filter(unopened).map(|stage| stage.id.clone()).collect();
    for stage in unopened {
        draft.fact(Fact::StageSkipped { stage, reason: reason.clone(), cause: SkipCause::Unreached });
    }
}

/// The failed task of a matrix that lets its other tasks go.
fn failed_item<'a>(stage: &PlannedStage, tasks: &'a [Task]) -> Option<&'a TaskId> {
    let failed = tasks.iter().find(|task| matches!(task.status, TaskStatus::Failed(_)));
    failed.filter(|_| stage.on_item_failure == OnFailure::FailFast).map(|task| &task.id)
}

/// Whether any task has; where none has, the plan need not be gone through.
fn has_failed(state: &RunState) -> bool {
    state.tasks().any(|task| matches!(task.status, TaskStatus::Failed(_)))
}

/// The first failure, in the order of the plan, that the run does not forgive.
fn failed(spec: &RunSpec, state: &RunState) -> Option<Outcome> {
    if !has_failed(state) {
        return None;
    }
    spec.plan.stages.iter().filter(|stage| !stage.allow_failure).find_map(|stage| {
        let open = state.stages.get(&stage.id)?;
        // A matrix that keeps going fails when the last of its tasks has ended.
        if stage.on_item_failure == OnFailure::KeepGoing && !open.is_ended() {
            return None;
        }
        open.tasks().iter().find_map(|task| match &task.status {
            TaskStatus::Failed(failure) if failure.kind == REJECTED => {
                Some(Outcome::Refused { reason: failure.message.clone(), gate: None })
            }
            TaskStatus::Failed(failure) => Some(Outcome::Failed {
                task: Some(task.id.clone()),
                kind: failure.kind.clone(),
                message: failure.message.clone(),
            }),
            _ => None,
        })
    })
}

fn ran_out(state: &RunState) -> Option<Outcome> {
    let (kind, message) = state.ran_out.clone()?;
    Some(Outcome::Failed { task: None, kind, message })
}

/// That the run has taken longer than it may, for people. One that is complete is not late because its last result came a
/// moment ago.
pub(crate) fn out_of_time(spec: &RunSpec, state: &RunState, now: Timestamp) -> Option<String> {
    let wall = spec.plan.budget.wall_ms;
    let taken = now.millis_since(state.started_at?);
    (taken > wall && !is_complete(spec, state)).then(|| {
        format!(
            "the run took {} s of the {} s its budget allows; raise `budget.wall` or split the blueprint",
            taken / 1000,
            wall / 1000
        )
    })
}

/// Whether every stage that is not there to undo another has ended as it should.
pub(super) fn is_complete(spec: &RunSpec, state: &RunState) -> bool {
    spec.plan.stages.iter().filter(|stage| stage.compensates.is_none()).all(|stage| {
        let state = state.stages.get(&stage.id);
        state.is_some_and(|state| state.is_ended() && (stage.allow_failure || state.is_satisfied()))
    })
}

/// That what is left does not pay for the next task, and nothing is at work that could give some back.
fn out_of_budget(spec: &RunSpec, state: &RunState) -> Option<String> {
    if state.tasks().any(|task| matches!(task.status, TaskStatus::Running { .. })) {
        return None;
    }
    let pending = |task: &Task| matches!(task.status, TaskStatus::Queued | TaskStatus::Ready { .. });
    spec.plan.stages.iter().filter(|stage| !stage.is_cleanup()).find_map(|stage| {
        let open = state.stages.get(&stage.id)?;
        open.tasks().iter().any(pending).then(|| budget::shortfall(spec, state, stage))?
    })
}

fn ending_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Cancelled { .. } => "cancelled",
        Outcome::Refused { .. } => "refused",
        Outcome::Failed { .. } | Outcome::Published(_) | Outcome::NoChange { .. } => "failing",
    }
}
