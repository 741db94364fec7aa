//! What ends because time has passed.

use forgeline_model::{
    StageId, Timestamp,
    task::{FailureClass, TaskFailure},
};

use super::ending::is_complete;
use crate::{
    RunSpec, RunState,
    fact::{Fact, TaskId},
    run::{Phase, StageState, TaskStatus},
    step::Draft,
};

/// Failure kind of a question that nobody answered in time.
const UNANSWERED: &str = "approval-expired";

/// Ends questions that have lapsed and stages that took too long.
pub(super) fn expire(draft: &mut Draft<'_>) {
    for (task, attempt, kind, message) in due(draft.spec, &draft.state, draft.now) {
        let failure = TaskFailure { class: FailureClass::Terminal, kind: kind.into(), message };
        draft.fact(Fact::TaskFailed { task, attempt, failure, last: true });
    }
}

fn due(spec: &RunSpec, state: &RunState, now: Timestamp) -> Vec<(TaskId, u32, &'static str, String)> {
    let mut due = Vec::new();
    for (id, stage) in &state.stages {
        let late = stage_deadline(spec, id, stage).filter(|at| *at <= now);
        for task in stage.tasks().iter().filter(|task| !task.status.is_ended()) {
            match (&task.status, late) {
                (TaskStatus::Waiting(question), _) if question.expires_at.is_some_and(|at| at <= now) => {
                    let message = "nobody agreed in time; ask for the run again".to_owned();
                    due.push((task.id.clone(), 1, UNANSWERED, message));
                }
                (_, Some(at)) => {
                    let message = format!("the stage did not end by {at}; raise its `stage_timeout`");
                    due.push((task.id.clone(), task.attempt(), "timeout", message));
                }
                (_, None) => {}
            }
        }
    }
    due
}

/// When the run must be looked at though nothing has happened: a question lapses, a stage or the run takes too long.
pub fn wake_at(spec: &RunSpec, state: &RunState) -> Option<Timestamp> {
    if state.phase != Phase::Working {
        return None;
    }
    let questions = state.questions().filter_map(|(_, question)| question.expires_at);
    let stages = state.stages.iter().filter_map(|(id, stage)| stage_deadline(spec, id, stage));
    // A millisecond later it has taken longer than it may. That is said once, and not of a run that is complete.
    let can_be_late = state.ran_out.is_none() && !is_complete(spec, state);
    let wall = state.started_at.filter(|_| can_be_late).map(|at| at.plus_millis(spec.plan.budget.wall_ms + 1));
    questions.chain(stages).chain(wall).min()
}

/// That a stage should have ended by now, for people; the next look at the run ends it.
pub(crate) fn is_late(spec: &RunSpec, state: &RunState, id: &StageId, now: Timestamp) -> Option<String> {
    let at = stage_deadline(spec, id, state.stages.get(id)?).filter(|at| *at <= now)?;
    Some(format!("stage `{id}` was to end by {at}; raise its `stage_timeout`"))
}

fn stage_deadline(spec: &RunSpec, id: &StageId, stage: &StageState) -> Option<Timestamp> {
    let StageState::Open { since, .. } = stage else { return None };
    // Most stages have ended; the plan is not searched for them.
    if stage.is_ended() {
        return None;
    }
    let limit = spec.plan.stage(id)?.stage_timeout_ms?;
    Some(since.plus_millis(limit))
}
