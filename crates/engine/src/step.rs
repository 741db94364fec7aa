//! The transition function: what follows when something happens to a run.

use forgeline_model::{
    Digest, Event, Timestamp,
    task::{FailureClass, ProposedEvent, TaskFailure},
};

use crate::{
    RunSpec, advance,
    fact::{Fact, Outcome, TaskId, TaskOutput},
    input::{Effect, Input},
    plan::RetryPolicy,
    run::{Phase, RunState, Task, TaskStatus},
    tell,
};

/// Failure kind of a task whose own process died.
pub const CRASH: &str = "crash";
/// Deaths of its own process after which a task is given up.
const POISON_CRASHES: u32 = 3;
/// Lost workers after which a task is given up.
const MOST_LOSSES: u32 = 20;

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
        Input::Start => next.start()?,
        Input::Claim { task } => next.claim(task)?,
        Input::Done { task, output, events } => next.done(task, output, events)?,
        Input::Failed { task, failure } => next.failed(task, failure)?,
        Input::Lost { task } => next.lost(task)?,
        // The commit may be on its branch already; a word that nothing is written would be a lie.
        Input::Cancel { .. } if state.phase == Phase::Publishing => return Err(Illegal::Phase("publishing")),
        Input::Cancel { by } => next.fact(Fact::CancelRequested { by: by.clone() }),
        Input::Settled { outcome } => next.settled(outcome)?,
        Input::Tick => {}
    }
    advance::advance(&mut next);
    Ok(next.step)
}

/// Whether the run starts nothing more: it has ended, or waits only for what is at work.
pub fn is_stopping(spec: &RunSpec, state: &RunState, now: Timestamp) -> bool {
    state.outcome().is_some() || advance::stopping(spec, state, now).is_some()
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

    fn start(&mut self) -> Result<(), Illegal> {
        match self.state.phase {
            Phase::New => {
                self.fact(Fact::Started);
                Ok(())
            }
            Phase::Working | Phase::Publishing | Phase::Finished(_) => Err(Illegal::Phase(self.state.phase.word())),
        }
    }

    fn claim(&mut self, id: &TaskId) -> Result<(), Illegal> {
        let task = self.task(id, "ready")?;
        let TaskStatus::Ready { .. } = task.status else { return Err(misplaced(task, "ready")) };
        let attempt = task.attempt();
        self.fact(Fact::TaskStarted { task: id.clone(), attempt });
        Ok(())
    }

    fn done(&mut self, id: &TaskId, output: &TaskOutput, events: &[ProposedEvent]) -> Result<(), Illegal> {
        let attempt = self.running(id)?.attempt();
        self.fact(Fact::TaskDone { task: id.clone(), attempt, output: output.clone() });
        let agent = self.spec.plan.stage(&id.stage).map_or("", |stage| stage.agent.name.as_str()).to_owned();
        for (index, event) in events.iter().enumerate() {
            self.step.events.push(tell::of_agent(self.spec, id, index, &agent, event, self.now));
        }
        Ok(())
    }

    fn failed(&mut self, id: &TaskId, failure: &TaskFailure) -> Result<(), Illegal> {
        let task = self.running(id)?;
        let attempt = task.attempt();
        let crashes = task.crashes + u32::from(failure.kind == CRASH);
        let policy = self.spec.plan.stage(&id.stage).map(|stage| stage.retry.clone()).unwrap_or_default();
        let last =
            failure.class == FailureClass::Terminal || attempt >= policy.max_attempts || crashes >= POISON_CRASHES;
        self.fact(Fact::TaskFailed { task: id.clone(), attempt, failure: failure.clone(), last });
        if !last {
            let at = self.now.plus_millis(backoff(&policy, self.spec, id, attempt));
            self.fact(Fact::TaskReady { task: id.clone(), at });
        }
        Ok(())
    }

    fn lost(&mut self, id: &TaskId) -> Result<(), Illegal> {
        let task = self.running(id)?;
        let (attempt, losses) = (task.attempt(), task.losses + 1);
        self.fact(Fact::TaskLost { task: id.clone() });
        if losses >= MOST_LOSSES {
            let failure = TaskFailure {
                class: FailureClass::Terminal,
                kind: "lost".into(),
                message: format!("{losses} workers were lost at this task; look for what ends the worker's process"),
            };
            self.fact(Fact::TaskFailed { task: id.clone(), attempt, failure, last: true });
        } else {
            self.fact(Fact::TaskReady { task: id.clone(), at: self.now });
        }
        Ok(())
    }

    fn settled(&mut self, outcome: &Outcome) -> Result<(), Illegal> {
        match self.state.phase {
            Phase::Publishing => {
                self.finish(outcome.clone());
                Ok(())
            }
            Phase::New | Phase::Working | Phase::Finished(_) => Err(Illegal::Phase(self.state.phase.word())),
        }
    }

    fn running(&self, id: &TaskId) -> Result<&Task, Illegal> {
        let task = self.task(id, "running")?;
        match task.status {
            TaskStatus::Running { .. } => Ok(task),
            TaskStatus::Queued | TaskStatus::Ready { .. } | TaskStatus::Done(_) | TaskStatus::Failed(_) => {
                Err(misplaced(task, "running"))
            }
        }
    }

    fn task(&self, id: &TaskId, expected: &'static str) -> Result<&Task, Illegal> {
        self.state.task(id).ok_or_else(|| Illegal::Task { task: id.clone(), status: "not open", expected })
    }
}

fn misplaced(task: &Task, expected: &'static str) -> Illegal {
    let status = match task.status {
        TaskStatus::Queued => "queued",
        TaskStatus::Ready { .. } => "ready",
        TaskStatus::Running { .. } => "running",
        TaskStatus::Done(_) => "done",
        TaskStatus::Failed(_) => "failed",
    };
    Illegal::Task { task: task.id.clone(), status, expected }
}

/// Milliseconds before the next try: the policy's wait ± 20 %, spread by a hash so that equal failures do not meet.
fn backoff(policy: &RetryPolicy, spec: &RunSpec, task: &TaskId, attempt: u32) -> u64 {
    let index = (attempt.saturating_sub(1) as usize).min(policy.backoff_ms.len().saturating_sub(1));
    let wait = policy.backoff_ms.get(index).copied().unwrap_or(0);
    let spread = Digest::of_bytes(format!("{} {task} {attempt}", spec.id).as_bytes()).bytes()[0];
    wait * 4 / 5 + wait * 2 / 5 * u64::from(spread) / 255
}

#[cfg(test)]
mod tests;
