//! What becomes possible after a fact: stages open or are left out, tasks become ready, the run publishes or ends.

mod deadlines;
mod ending;
mod open;
mod order;

pub(crate) use deadlines::is_late;
pub use deadlines::wake_at;
pub(crate) use ending::{bad_end, draining, out_of_time};

use crate::{
    fact::{Fact, Outcome},
    input::Effect,
    run::{Phase, StageState, Task, TaskStatus},
    step::Draft,
};

/// Adds all facts that follow by themselves.
pub(crate) fn advance(draft: &mut Draft<'_>) {
    match &draft.state.phase {
        Phase::Queued { .. } => {
            if let Some(by) = draft.state.cancelled_by.clone() {
                draft.finish(Outcome::Cancelled { by });
            }
            return;
        }
        Phase::Working => {}
        Phase::New | Phase::Publishing | Phase::Finished(_) => return,
    }
    deadlines::expire(draft);
    loop {
        ending::run_out(draft);
        ending::drop_rest(draft);
        let Some((stage, next)) = order::next(draft) else { break };
        match next {
            order::Next::Open => open::open(draft, stage),
            order::Next::Skip { reason, cause } => {
                draft.fact(Fact::StageSkipped { stage: stage.id.clone(), reason, cause });
            }
        }
    }
    release(draft);
    conclude(draft);
}

/// Makes queued tasks ready while their stage has room for them.
fn release(draft: &mut Draft<'_>) {
    let is_queued = |task: &Task| task.status == TaskStatus::Queued;
    if !draft.state.tasks().any(is_queued) {
        return;
    }
    let mut ready = Vec::new();
    for stage in &draft.spec.plan.stages {
        let Some(StageState::Open { tasks, .. }) = draft.state.stages.get(&stage.id) else { continue };
        let busy = |task: &&Task| matches!(task.status, TaskStatus::Ready { .. } | TaskStatus::Running { .. });
        let room = (stage.max_parallel.max(1) as usize).saturating_sub(tasks.iter().filter(busy).count());
        let queued = tasks.iter().filter(|task| is_queued(task));
        ready.extend(queued.take(room).map(|task| task.id.clone()));
    }
    for task in ready {
        draft.fact(Fact::TaskReady { task, at: draft.now });
    }
}

/// Publishes or ends the run once nothing more will happen in any stage.
fn conclude(draft: &mut Draft<'_>) {
    // Every stage that the state knows is one of the plan.
    let is_known = draft.state.stages.len() == draft.spec.plan.stages.len();
    if !is_known || !draft.state.stages.values().all(StageState::is_ended) {
        return;
    }
    match bad_end(draft.spec, &draft.state) {
        Some(outcome) => draft.finish(outcome),
        // What is paused is not published either.
        None if draft.state.paused_by.is_some() => {}
        None => {
            draft.fact(Fact::Publishing);
            draft.step.effects.push(Effect::Publish);
        }
    }
}
