//! The state in flight: tables, and the seven transactions that write them.
//!
//! Each method that writes is one transaction. A process that dies before it calls one has lost it, one that dies after it
//! has returned has not; there is nothing between.

mod claim;
mod effects;
mod inbox;
mod rows;

use std::{collections::BTreeMap, rc::Rc};

use forgeline_engine::{Fact, Input, RunSpec, RunState, Step, TaskId, TaskOutput, step::Illegal, wake_at};
use forgeline_model::{Digest, RunId, Timestamp};

pub(crate) use claim::{Lease, NotTaken};
pub(crate) use effects::{EffectRow, EffectState, Settlement, What};
pub(crate) use inbox::{InboxRow, InboxState, NewRun, Ruled, Ruling};
pub(crate) use rows::{RowState, StageRow};

use crate::{engine, git::CommitId, seen::Seen, switches::Bug};

/// A process, by a number that is never used again.
pub(crate) type ProcessId = u32;

/// A run, its journal and the rows that mirror it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RunRow {
    pub(crate) spec: Rc<RunSpec>,
    pub(crate) journal: Vec<(Fact, Timestamp)>,
    pub(crate) state: RunState,
    pub(crate) stages: BTreeMap<TaskId, StageRow>,
    pub(crate) wake_at: Option<Timestamp>,
    /// The happening that asked for it.
    pub(crate) asked_by: usize,
    pub(crate) item: usize,
    pub(crate) blueprint: usize,
}

impl RunRow {
    pub(crate) fn is_finished(&self) -> bool {
        self.state.outcome().is_some()
    }

    /// Its concurrency group.
    pub(crate) fn group(&self) -> Option<&str> {
        self.spec.concurrency.as_ref().map(|group| group.group.as_str())
    }
}

#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) bug: Option<Bug>,
    pub(crate) inbox: Vec<InboxRow>,
    pub(crate) runs: BTreeMap<RunId, RunRow>,
    /// Ids in the order in which the runs were decided.
    pub(crate) order: Vec<RunId>,
    /// Results by the digest of all they depend on.
    pub(crate) results: BTreeMap<Digest, TaskOutput>,
    pub(crate) outbox: Vec<EffectRow>,
    /// Commits that a publisher was about to put on a branch, stored before it did.
    pub(crate) intents: Vec<CommitId>,
    /// Whether an operator holds everything back.
    pub(crate) is_held: bool,
    /// How far what happened on the forge was read.
    pub(crate) position: usize,
    /// The process that makes a pass.
    pub(crate) turn: Option<ProcessId>,
    pub(crate) seen: Seen,
}

impl Store {
    /// An input that holds no lease: a tick, a pause.
    pub(crate) fn input(&mut self, run: &RunId, input: &Input, now: Timestamp) -> Result<Step, Illegal> {
        let step = self.put(run, input, now)?;
        self.make_room(run, now);
        Ok(step)
    }

    /// Puts an input through the engine and writes what follows, inside a transaction.
    fn put(&mut self, id: &RunId, input: &Input, now: Timestamp) -> Result<Step, Illegal> {
        let row = self.runs.get_mut(id).expect("only runs that were stored are named");
        let step = engine::step(self.bug, &row.spec, &row.state, input, now)?;
        for fact in &step.facts {
            row.state.apply(fact, now);
            row.journal.push((fact.clone(), now));
            rows::mirror(self.bug, &mut row.stages, fact);
        }
        row.wake_at = wake_at(&row.spec, &row.state);
        let facts = row.state.facts;
        for effect in &step.effects {
            self.plan_effect(id, effect, facts, now);
        }
        self.seen.told(id, &step.facts);
        Ok(step)
    }

    /// A run that has ended makes room for the next one of its group, in the same transaction.
    fn make_room(&mut self, id: &RunId, now: Timestamp) {
        let row = &self.runs[id];
        let Some(group) = row.group().filter(|_| row.is_finished()) else { return };
        if self.bug == Some(Bug::GroupNotReleased) {
            return;
        }
        let Some(next) = self.next_of_group(group) else { return };
        self.put(&next, &Input::Start, now).expect("a run that waits for its group can start");
        self.make_room(&next, now);
    }

    /// Runs of a group that have not ended, oldest first, without `but`.
    fn under_way(&self, group: &str, but: &RunId) -> Vec<RunId> {
        let open = |id: &&RunId| {
            let row = &self.runs[*id];
            *id != but && row.group() == Some(group) && !row.is_finished()
        };
        self.order.iter().filter(open).cloned().collect()
    }

    fn next_of_group(&self, group: &str) -> Option<RunId> {
        let is_queued = |id: &RunId| self.runs[id].state.word() == "queued";
        let open: Vec<RunId> = self
            .order
            .iter()
            .filter(|id| self.runs[*id].group() == Some(group) && !self.runs[*id].is_finished())
            .cloned()
            .collect();
        open.iter().all(is_queued).then(|| open.first().cloned()).flatten()
    }

    /// Runs at which something has lapsed.
    pub(crate) fn overdue(&self, now: Timestamp) -> Vec<RunId> {
        let late = |id: &&RunId| {
            let row = &self.runs[*id];
            !row.is_finished() && row.wake_at.is_some_and(|at| at <= now)
        };
        self.order.iter().filter(late).cloned().collect()
    }
}
