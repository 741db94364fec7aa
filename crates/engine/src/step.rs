//! The transition function: what follows when something happens to a run.

mod approval;
pub(crate) mod budget;
mod control;
mod task;

use forgeline_model::{Event, Timestamp};

use crate::{
    RunSpec, advance,
    fact::{Fact, Outcome, TaskId},
    input::{Effect, Input},
    run::{Phase, RunState, Task, TaskStatus},
    tell,
};

/// Failure kind of a task whose own process died.
pub const CRASH: &str = "crash";
/// Failure kind of a stage that somebody did not agree to.
pub const REJECTED: &str = "rejected";

/// What follows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// For the journal, in order.
    pub facts: Vec<Fact>,
    /// That tell of the facts, in order.
    pub events: Vec<Event>,
    /// That the facts ask for.
    pub effects: Vec<Effect>,
}

/// The input does not fit the state; nothing follows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// The run has ended.
    #[error("the run has ended: {0}")]
    Finished(&'static str),
    /// The run has begun already, or has not yet.
    #[error("the run is {0}")]
    Phase(&'static str),
    /// There is no such task, or it stands elsewhere.
    #[error("task `{task}` is {status}; expected {expected}")]
    Task {
        /// Which task.
        task: TaskId,
        /// Where it stands.
        status: &'static str,
        /// Where it should.
        expected: &'static str,
    },
    /// Nothing of this kind is started now.
    #[error("task `{task}` may not start: {why}")]
    Held {
        /// Which task.
        task: TaskId,
        /// Why, for people.
        why: String,
    },
    /// The word is not about what waits.
    #[error("stage `{stage}` does not wait for this: {why}")]
    Approval {
        /// Which stage.
        stage: String,
        /// Why, for people.
        why: String,
    },
    /// It is so already.
    #[error("the run is {0} already")]
    Already(&'static str),
}

/// What follows from `input` at `now`.
///
/// # Errors
/// [`Illegal`] when the input does not fit the state; for example the result of a task that is not running.
pub fn step(spec: &RunSpec, state: &RunState, input: &Input, now: Timestamp) -> Result<Step, Illegal> {
    let mut next = Draft { spec, state: state.clone(), now, step: Step::default() };
    if let Phase::Finished(outcome) = &state.phase {
        return Err(Illegal::Finished(outcome.word()));
    }
    match input {
        Input::Queue { behind } => next.queue(behind)?,
        Input::Start => next.start()?,
        Input::Claim { task } => next.claim(task)?,
        Input::Done { task, output, events } => next.done(task, output, events)?,
        Input::Failed { task, failure } => next.failed(task, failure)?,
        Input::Parked { task, until, reason } => next.parked(task, *until, reason)?,
        Input::Lost { task } => next.lost(task)?,
        Input::Approve { stage, approval } => next.approve(stage, approval)?,
        Input::Reject { stage, by, reason } => next.reject(stage, by, reason)?,
        Input::Cancel { by } => next.cancel(by)?,
        Input::Terminate { by } => next.terminate(by)?,
        Input::Pause { by } => next.pause(by)?,
        Input::Resume { by } => next.resume(by)?,
        Input::Settled { outcome } => next.settled(outcome)?,
        Input::Tick => {}
    }
    advance::advance(&mut next);
    Ok(next.step)
}

/// Why this task may not be started now, if so; it may stand at `ready` all the same.
pub fn held(spec: &RunSpec, state: &RunState, task: &TaskId, now: Timestamp) -> Option<String> {
    if let Some(outcome) = state.outcome() {
        return Some(format!("the run has ended: {}", outcome.word()));
    }
    let stage = spec.plan.stage(&task.stage)?;
    if let Some(by) = &state.paused_by {
        return Some(format!("paused by {by}"));
    }
    if let Some(late) = advance::is_late(spec, state, &task.stage, now) {
        return Some(late);
    }
    if stage.is_cleanup() {
        return None;
    }
    if let Some(outcome) = advance::draining(spec, state) {
        return Some(format!("the run will end: {}", outcome.word()));
    }
    if let Some(late) = advance::out_of_time(spec, state, now) {
        return Some(late);
    }
    budget::shortfall(spec, state, stage)
}

/// A step being made: the state already shows the facts so far.
pub(crate) struct Draft<'a> {
    pub(crate) spec: &'a RunSpec,
    pub(crate) state: RunState,
    pub(crate) now: Timestamp,
    pub(crate) step: Step,
}

impl Draft<'_> {
    /// Adds a fact, with the event that tells of it.
    pub(crate) fn fact(&mut self, fact: Fact) {
        self.state.apply(&fact, self.now);
        self.step.events.extend(tell::of_fact(self.spec, &self.state, &fact, self.now));
        self.step.facts.push(fact);
    }

    /// Ends the run and asks for what follows its end.
    pub(crate) fn finish(&mut self, outcome: Outcome) {
        let published = matches!(outcome, Outcome::Published(_));
        self.fact(Fact::Finished { outcome });
        self.step.effects.push(Effect::Report);
        if published {
            self.step.effects.push(Effect::Index);
        }
    }

    pub(crate) fn task(&self, id: &TaskId, expected: &'static str) -> Result<&Task, Illegal> {
        self.state.task(id).ok_or_else(|| Illegal::Task { task: id.clone(), status: "not open", expected })
    }

    pub(crate) fn running(&self, id: &TaskId) -> Result<&Task, Illegal> {
        let task = self.task(id, "running")?;
        match task.status {
            TaskStatus::Running { .. } => Ok(task),
            _ => Err(misplaced(task, "running")),
        }
    }
}

pub(crate) fn misplaced(task: &Task, expected: &'static str) -> Illegal {
    Illegal::Task { task: task.id.clone(), status: task.status.word(), expected }
}

#[cfg(test)]
mod flow_tests;
#[cfg(test)]
mod limit_tests;
#[cfg(test)]
mod tests;
