//! What a run may still spend. An attempt's expected cost is set aside when it starts and settled when it ends.

use forgeline_model::task::Usage;

use crate::{
    RunSpec, RunState,
    plan::PlannedStage,
    run::{Task, TaskStatus},
};

/// Failure kind of a run that stopped at its budget.
pub(crate) const KIND: &str = "budget";

/// What is missing for one more attempt of this stage, for people; none when it can be paid.
pub(crate) fn shortfall(spec: &RunSpec, state: &RunState, stage: &PlannedStage) -> Option<String> {
    let budget = &spec.plan.budget;
    if budget.tasks.is_some_and(|most| state.attempts >= most) {
        return Some(format!(
            "the {} attempts that the budget allows are used up; raise `budget.tasks`",
            state.attempts
        ));
    }
    let wanted = state.spent.plus(set_aside(spec, state)).plus(stage.reserve);
    if wanted.usd > budget.usd {
        return Some(format!(
            "stage `{}` would bring the cost to {} of {} USD; raise `budget.usd`",
            stage.id, wanted.usd, budget.usd
        ));
    }
    match budget.tokens {
        Some(most) if wanted.tokens > most => Some(format!(
            "stage `{}` would bring the tokens to {} of {most}; raise `budget.tokens`",
            stage.id, wanted.tokens
        )),
        _ => None,
    }
}

/// What the attempts at work may still use.
fn set_aside(spec: &RunSpec, state: &RunState) -> Usage {
    let running = |task: &&Task| matches!(task.status, TaskStatus::Running { .. });
    let reserve = |task: &Task| spec.plan.stage(&task.id.stage).map(|stage| stage.reserve).unwrap_or_default();
    state.tasks().filter(running).map(reserve).fold(Usage::default(), Usage::plus)
}
