//! A run once more: the same blueprint and inputs, as a further attempt that takes over what is known. Pure.

use forgeline_engine::{
    RunSpec, TaskId,
    spec::{Again, Revision},
};
use forgeline_model::{Event, StageId};
use forgeline_store::RunView;

/// What is wished of a further attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// The stage from which on it is done anew; else where the run failed.
    pub from: Option<StageId>,
    /// One element of that stage's matrix.
    pub item: Option<String>,
    /// Also what is known already.
    pub fresh: bool,
    /// What a person wants otherwise.
    pub revision: Option<Revision>,
}

/// The run has no such stage or element.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the run has no stage `{named}`; it has {known}")]
pub struct NoSuchStage {
    named: String,
    known: String,
}

/// The event that the run was started with, for a further attempt that reads it too.
pub fn event(spec: &RunSpec) -> Option<Event> {
    serde_json::from_value(spec.context["event"].clone()).ok()
}

/// The further attempt at this run that is wished for.
///
/// # Errors
/// [`NoSuchStage`].
pub fn of(view: &RunView, wish: Wish) -> Result<Again, NoSuchStage> {
    let stages = &view.spec.plan.stages;
    let exists = |id: &StageId| stages.iter().any(|stage| stage.id == *id);
    for named in wish.from.iter().chain(wish.revision.as_ref().map(|revision| &revision.stage)) {
        if !exists(named) {
            let known: Vec<String> = stages.iter().map(|stage| format!("`{}`", stage.id)).collect();
            return Err(NoSuchStage { named: named.to_string(), known: known.join(", ") });
        }
    }
    let fresh = match (&wish.from, wish.fresh) {
        (Some(stage), _) => vec![TaskId { stage: stage.clone(), item: wish.item }],
        (None, true) => stages.iter().map(|stage| TaskId { stage: stage.id.clone(), item: None }).collect(),
        (None, false) => Vec::new(),
    };
    let attempt = view.spec.again.as_ref().map_or(1, |again| again.attempt) + 1;
    // A person's words hold until others take their place.
    let revision = wish.revision.or_else(|| view.spec.again.as_ref().and_then(|again| again.revision.clone()));
    Ok(Again { of: view.spec.id.clone(), attempt, fresh, revision })
}
