//! The real engine, as a world's store calls it. Some planted bugs stand here: what the engine is told differs from the truth.

use std::borrow::Cow;

use forgeline_engine::{Input, RunSpec, RunState, Step, TaskId, plan::Work, run::Phase, step::Illegal};
use forgeline_model::{Timestamp, task::Usage};

use crate::switches::Bug;

/// [`forgeline_engine::step()`].
pub(crate) fn step(
    bug: Option<Bug>,
    spec: &RunSpec,
    state: &RunState,
    input: &Input,
    now: Timestamp,
) -> Result<Step, Illegal> {
    forgeline_engine::step(&told_spec(bug, spec), &told_state(bug, state, input), &told_input(bug, state, input), now)
}

/// [`forgeline_engine::held`].
pub(crate) fn held(
    bug: Option<Bug>,
    spec: &RunSpec,
    state: &RunState,
    task: &TaskId,
    now: Timestamp,
) -> Option<String> {
    let claim = Input::Claim { task: task.clone() };
    forgeline_engine::held(&told_spec(bug, spec), &told_state(bug, state, &claim), task, now)
}

fn told_spec(bug: Option<Bug>, spec: &RunSpec) -> Cow<'_, RunSpec> {
    let mut told = Cow::Borrowed(spec);
    if bug == Some(Bug::BudgetNotReserved) {
        told.to_mut().plan.stages.iter_mut().for_each(|stage| stage.reserve = Usage::default());
    }
    if bug == Some(Bug::ApprovalNotAwaited) {
        let asks = |stage: &forgeline_engine::plan::PlannedStage| matches!(stage.work, Work::Approval { .. });
        let questions: Vec<_> = spec.plan.stages.iter().filter(|it| asks(it)).map(|stage| stage.id.clone()).collect();
        told.to_mut().plan.stages.iter_mut().for_each(|stage| stage.needs.retain(|id| !questions.contains(id)));
    }
    told
}

fn told_state<'a>(bug: Option<Bug>, state: &'a RunState, input: &Input) -> Cow<'a, RunState> {
    let mut told = Cow::Borrowed(state);
    if bug == Some(Bug::PauseIgnored) && matches!(input, Input::Claim { .. }) {
        told.to_mut().paused_by = None;
    }
    if bug == Some(Bug::EndedRunGoesOn) && matches!(input, Input::Done { .. }) {
        told.to_mut().phase = Phase::Working;
    }
    told
}

fn told_input<'a>(bug: Option<Bug>, state: &RunState, input: &'a Input) -> Cow<'a, Input> {
    let Input::Approve { stage, approval } = input else { return Cow::Borrowed(input) };
    let mut approval = approval.clone();
    if bug == Some(Bug::StaleApproval)
        && let Some((_, question)) = state.questions().find(|(id, _)| *id == stage)
    {
        approval.subject = question.subject;
    }
    approval.self_approved = bug == Some(Bug::RequesterApproves);
    Cow::Owned(Input::Approve { stage: stage.clone(), approval })
}
