//! What an onlooker notes down while a world goes on: the invariants hold it against what the store says.

use std::collections::BTreeMap;

use forgeline_engine::{Fact, TaskId};
use forgeline_model::{Digest, RunId, StageId, Timestamp};

use crate::store::ProcessId;

/// Who was given a task last.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) worker: u64,
    pub(crate) process: ProcessId,
    pub(crate) until: Timestamp,
    /// Neither a result nor a failure was taken yet.
    pub(crate) is_open: bool,
}

/// Something that happened in the step that was just made.
#[derive(Debug)]
pub(crate) enum Noted {
    /// A task was given to a worker; `before` is who had it.
    Granted { run: RunId, task: TaskId, before: Option<Grant> },
    /// A result or failure was taken from a worker; `holder` is who was given the task last.
    Ended { run: RunId, task: TaskId, worker: u64, holder: Option<Grant> },
    /// An input was refused, and yet something changed.
    ChangedThoughIllegal { run: RunId },
    /// A fact was recorded.
    Told { run: RunId, fact: Box<Fact> },
}

/// A yes on the forge.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) item: usize,
    pub(crate) stage: StageId,
    pub(crate) person: &'static str,
    pub(crate) saw: Digest,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    workers: u64,
    grants: BTreeMap<(RunId, TaskId), Grant>,
    /// Of this step.
    pub(crate) noted: Vec<Noted>,
    pub(crate) words: Vec<Word>,
    pub(crate) counts: BTreeMap<&'static str, u64>,
}

impl Seen {
    pub(crate) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub(crate) fn granted(&mut self, run: &RunId, task: &TaskId, process: ProcessId, until: Timestamp) -> u64 {
        self.workers += 1;
        let grant = Grant { worker: self.workers, process, until, is_open: true };
        let before = self.grants.insert((run.clone(), task.clone()), grant);
        self.noted.push(Noted::Granted { run: run.clone(), task: task.clone(), before });
        self.workers
    }

    pub(crate) fn renewed(&mut self, run: &RunId, task: &TaskId, worker: u64, until: Timestamp) {
        if let Some(grant) = self.grants.get_mut(&(run.clone(), task.clone())).filter(|it| it.worker == worker) {
            grant.until = until;
        }
    }

    pub(crate) fn ended(&mut self, run: &RunId, task: &TaskId, worker: u64) {
        let grant = self.grants.get_mut(&(run.clone(), task.clone()));
        let holder = grant.as_ref().map(|grant| Grant::clone(grant));
        if let Some(grant) = grant {
            grant.is_open = false;
        }
        self.noted.push(Noted::Ended { run: run.clone(), task: task.clone(), worker, holder });
    }

    pub(crate) fn told(&mut self, run: &RunId, facts: &[Fact]) {
        self.noted.extend(facts.iter().map(|fact| Noted::Told { run: run.clone(), fact: Box::new(fact.clone()) }));
    }
}
