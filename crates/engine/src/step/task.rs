//! A task is claimed, done, failed, parked or lost.

use forgeline_model::{
    Digest, Timestamp,
    task::{FailureClass, ProposedEvent, TaskFailure},
};

use super::{CRASH, Draft, Illegal, held, misplaced};
use crate::{
    RunSpec,
    fact::{Fact, TaskId, TaskOutput},
    input::Effect,
    plan::RetryPolicy,
    run::TaskStatus,
    tell,
};

/// Deaths of its own process after which a task is given up.
const POISON_CRASHES: u32 = 3;
/// Lost workers after which a task is given up.
const MOST_LOSSES: u32 = 20;

impl Draft<'_> {
    pub(super) fn claim(&mut self, id: &TaskId) -> Result<(), Illegal> {
        let task = self.task(id, "ready")?;
        let TaskStatus::Ready { .. } = task.status else { return Err(misplaced(task, "ready")) };
        let attempt = task.attempt();
        if let Some(why) = held(self.spec, &self.state, id, self.now) {
            return Err(Illegal::Held { task: id.clone(), why });
        }
        self.fact(Fact::TaskStarted { task: id.clone(), attempt });
        Ok(())
    }

    pub(super) fn done(&mut self, id: &TaskId, output: &TaskOutput, events: &[ProposedEvent]) -> Result<(), Illegal> {
        let attempt = self.running(id)?.attempt();
        self.fact(Fact::TaskDone { task: id.clone(), attempt, output: output.clone() });
        let stage = self.spec.plan.stage(&id.stage);
        let agent = stage.and_then(|stage| stage.agent()).map_or("", |agent| agent.name.as_str()).to_owned();
        for (index, event) in events.iter().enumerate() {
            self.step.events.push(tell::of_agent(self.spec, id, index, &agent, event, self.now));
        }
        Ok(())
    }

    pub(super) fn failed(&mut self, id: &TaskId, failure: &TaskFailure) -> Result<(), Illegal> {
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

    /// People hear of the wait once; a provider that goes on refusing is not told again.
    pub(super) fn parked(&mut self, id: &TaskId, until: Timestamp, reason: &str) -> Result<(), Illegal> {
        let first = self.running(id)?.parkings == 0;
        self.fact(Fact::TaskParked { task: id.clone(), reason: reason.to_owned() });
        self.fact(Fact::TaskReady { task: id.clone(), at: until });
        if first {
            self.step.effects.push(Effect::Report);
        }
        Ok(())
    }

    pub(super) fn lost(&mut self, id: &TaskId) -> Result<(), Illegal> {
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
}

/// Milliseconds before the next try: the policy's wait ± 20 %, spread by a hash so that equal failures do not meet.
fn backoff(policy: &RetryPolicy, spec: &RunSpec, task: &TaskId, attempt: u32) -> u64 {
    let index = (attempt.saturating_sub(1) as usize).min(policy.backoff_ms.len().saturating_sub(1));
    let wait = policy.backoff_ms.get(index).copied().unwrap_or(0);
    let spread = Digest::of_bytes(format!("{} {task} {attempt}", spec.id).as_bytes()).bytes()[0];
    wait * 4 / 5 + wait * 2 / 5 * u64::from(spread) / 255
}
