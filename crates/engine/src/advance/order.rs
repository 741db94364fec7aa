//! Which stage comes next: it opens, or it is left out.

use crate::{
    fact::SkipCause,
    plan::{PlannedStage, RunOn},
    run::StageState,
    step::Draft,
};

/// What becomes of a stage.
pub(super) enum Next {
    /// All that it needs is there.
    Open,
    /// It will not run.
    Skip { reason: String, cause: SkipCause },
}

/// The first stage, in the order of the plan, whose fate is known; what undoes others comes last and backwards.
pub(super) fn next<'a>(draft: &Draft<'a>) -> Option<(&'a PlannedStage, Next)> {
    let waiting = |stage: &&PlannedStage| !draft.state.stages.contains_key(&stage.id);
    let spec = draft.spec;
    let (undoing, doing): (Vec<_>, Vec<_>) = spec.plan.stages.iter().partition(|stage| stage.compensates.is_some());
    for stage in doing.iter().copied().filter(waiting) {
        if let Some(next) = by_needs(draft, stage) {
            return Some((stage, next));
        }
    }
    if !doing.iter().all(|stage| is_ended(draft, stage)) {
        return None;
    }
    // One at a time: what was done last is undone first.
    let at_work = undoing.iter().any(|stage| !waiting(stage) && !is_ended(draft, stage));
    let stage = undoing.into_iter().rev().filter(waiting).max_by_key(|stage| place_of_undone(draft, stage))?;
    (!at_work).then(|| (stage, by_what_it_undoes(draft, stage)))
}

fn by_needs(draft: &Draft<'_>, stage: &PlannedStage) -> Option<Next> {
    let needs: Vec<_> = stage.needs.iter().map(|id| (id, draft.state.stages.get(id))).collect();
    let ended = needs.iter().all(|(_, state)| state.is_some_and(StageState::is_ended));
    let is_well = |state: &StageState, id| {
        state.is_ended()
            && (state.is_satisfied()
                || (draft.spec.plan.stage(id).is_some_and(|stage| stage.allow_failure)
                    && matches!(state, StageState::Open { .. })))
    };
    let bad = needs.iter().find(|(id, state)| state.is_some_and(|state| state.is_ended() && !is_well(state, id)));
    let unreached = |id: &dyn std::fmt::Display| Next::Skip {
        reason: format!("stage `{id}` did not end well"),
        cause: SkipCause::Unreached,
    };
    match stage.run_on {
        RunOn::Success => match bad {
            Some((id, _)) => Some(unreached(id)),
            None => ended.then_some(Next::Open),
        },
        RunOn::Any => {
            let one_ran_well = needs.iter().any(|(id, state)| {
                state.is_some_and(|state| matches!(state, StageState::Open { .. }) && is_well(state, id))
            });
            if one_ran_well || needs.is_empty() {
                return Some(Next::Open);
            }
            let reason = "none of the stages it needs ended well".to_owned();
            ended.then_some(Next::Skip { reason, cause: SkipCause::Unreached })
        }
        RunOn::Failure => ended.then(|| match bad {
            Some(_) => Next::Open,
            None => {
                let reason = "none of the stages it needs failed".to_owned();
                Next::Skip { reason, cause: SkipCause::Condition }
            }
        }),
        RunOn::Always => ended.then_some(Next::Open),
    }
}

fn by_what_it_undoes(draft: &Draft<'_>, stage: &PlannedStage) -> Next {
    let skip = |reason: String| Next::Skip { reason, cause: SkipCause::Condition };
    if super::bad_end(draft.spec, &draft.state).is_none() {
        return skip("the run ends well".to_owned());
    }
    let undone = stage.compensates.as_ref().and_then(|id| Some((id, draft.state.stages.get(id)?)));
    match undone {
        Some((_, StageState::Open { tasks, .. })) if tasks.iter().any(|task| task.status.is_well()) => Next::Open,
        Some((id, _)) => skip(format!("stage `{id}` did nothing that could be undone")),
        None => skip("there is nothing to undo".to_owned()),
    }
}

fn is_ended(draft: &Draft<'_>, stage: &PlannedStage) -> bool {
    draft.state.stages.get(&stage.id).is_some_and(StageState::is_ended)
}

/// Where in the plan the stage stands that this one undoes.
fn place_of_undone(draft: &Draft<'_>, stage: &PlannedStage) -> Option<usize> {
    draft.spec.plan.stages.iter().position(|other| Some(&other.id) == stage.compensates.as_ref())
}
