//! People say yes or no to a stage that waits for them.

use forgeline_model::{
    StageId,
    task::{FailureClass, TaskFailure},
};

use super::{Draft, Illegal, REJECTED};
use crate::{
    fact::{Approval, Fact},
    run::{Question, TaskStatus, of_stage},
};

impl Draft<'_> {
    /// Whose word counts was decided before; here it must be about what waits, and nobody's second one.
    pub(super) fn approve(&mut self, stage: &StageId, approval: &Approval) -> Result<(), Illegal> {
        let question = self.question(stage)?;
        let refuse = |why: &str| Err(Illegal::Approval { stage: stage.to_string(), why: why.to_owned() });
        if question.expires_at.is_some_and(|at| at <= self.now) {
            return refuse("the question has lapsed");
        }
        if approval.subject != question.subject {
            return refuse("what was approved is not what waits now");
        }
        if question.given.iter().any(|given| given.id.eq_ignore_ascii_case(&approval.id)) {
            return refuse("the same person has agreed already");
        }
        if approval.id.eq_ignore_ascii_case(&self.spec.trigger.actor) && !approval.self_approved {
            return refuse("who asked for the run does not approve it");
        }
        self.fact(Fact::Approved { stage: stage.clone(), approval: approval.clone() });
        Ok(())
    }

    pub(super) fn reject(&mut self, stage: &StageId, by: &str, reason: &str) -> Result<(), Illegal> {
        self.question(stage)?;
        let message =
            if reason.is_empty() { format!("rejected by {by}") } else { format!("rejected by {by}: {reason}") };
        let failure = TaskFailure { class: FailureClass::Terminal, kind: REJECTED.into(), message };
        self.fact(Fact::TaskFailed { task: of_stage(stage), attempt: 1, failure, last: true });
        Ok(())
    }

    fn question(&self, stage: &StageId) -> Result<&Question, Illegal> {
        let task = self.task(&of_stage(stage), "waiting")?;
        match &task.status {
            TaskStatus::Waiting(question) => Ok(question),
            _ => Err(super::misplaced(task, "waiting")),
        }
    }
}
