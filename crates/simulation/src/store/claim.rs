//! T2 to T5: a worker takes a task, holds it, and gives its result or its failure.

use forgeline_engine::{Input, TaskId, TaskOutput, run::TaskStatus};
use forgeline_model::{Digest, RunId, Timestamp, task::TaskFailure};

use super::{ProcessId, RowState, Store};
use crate::{engine, switches::Bug};

/// How long a worker may be silent, milliseconds.
const LEASE_MS: u64 = 30_000;

/// The right to do one task.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub(crate) run: RunId,
    pub(crate) task: TaskId,
    epoch: u64,
    /// Unique among all workers there ever were.
    pub(crate) worker: u64,
}

/// The lease is somebody else's, or the run no longer takes the result; nothing was written.
#[derive(Debug)]
pub(crate) struct NotTaken;

/// A task that may be claimed now.
#[derive(Debug, Clone)]
pub(crate) struct Claimable {
    pub(crate) run: RunId,
    pub(crate) task: TaskId,
    /// It has a worker, who is gone or late.
    is_abandoned: bool,
}

impl Store {
    /// Tasks that are ready, or whose worker is gone or late.
    pub(crate) fn claimable(&self, alive: &[ProcessId], now: Timestamp) -> Vec<Claimable> {
        if self.is_held && self.bug != Some(Bug::HoldIgnored) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for id in &self.order {
            for (task, row) in &self.runs[id].stages {
                let is_abandoned = match row.state {
                    RowState::Ready if row.run_at <= now => false,
                    RowState::Running if self.bug == Some(Bug::LostWorkerNotReclaimed) => continue,
                    RowState::Running if self.bug == Some(Bug::LeaseStolen) => true,
                    RowState::Running => {
                        let is_gone = row.owner.is_none_or(|owner| !alive.contains(&owner));
                        if !is_gone && row.until >= now {
                            continue;
                        }
                        true
                    }
                    RowState::Ready | RowState::Queued | RowState::Done | RowState::Failed | RowState::Dropped => {
                        continue;
                    }
                };
                found.push(Claimable { run: id.clone(), task: task.clone(), is_abandoned });
            }
        }
        found
    }

    /// T2. None: it could not be started after all; a worker that was lost is recorded all the same.
    pub(crate) fn claim(&mut self, what: &Claimable, process: ProcessId, now: Timestamp) -> Option<Lease> {
        if what.is_abandoned {
            self.put(&what.run, &Input::Lost { task: what.task.clone() }, now).ok()?;
            self.make_room(&what.run, now);
        }
        self.take(&what.run, &what.task, process, now)
    }

    fn take(&mut self, run: &RunId, task: &TaskId, process: ProcessId, now: Timestamp) -> Option<Lease> {
        let row = &self.runs[run];
        let is_ready = row.state.task(task).is_some_and(|it| matches!(it.status, TaskStatus::Ready { .. }));
        if !is_ready || engine::held(self.bug, &row.spec, &row.state, task, now).is_some() {
            return None;
        }
        self.put(run, &Input::Claim { task: task.clone() }, now).ok()?;
        self.make_room(run, now);
        let row = self.runs.get_mut(run)?.stages.get_mut(task)?;
        row.epoch += 1;
        row.owner = Some(process);
        row.until = now.plus_millis(LEASE_MS);
        let (epoch, until) = (row.epoch, row.until);
        let worker = self.seen.granted(run, task, process, until);
        Some(Lease { run: run.clone(), task: task.clone(), epoch, worker })
    }

    /// T3.
    pub(crate) fn renew(&mut self, lease: &Lease, process: ProcessId, now: Timestamp) -> Result<(), NotTaken> {
        self.check(lease, process)?;
        let until = now.plus_millis(LEASE_MS);
        if let Some(row) = self.runs.get_mut(&lease.run).and_then(|run| run.stages.get_mut(&lease.task)) {
            row.until = until;
        }
        self.seen.renewed(&lease.run, &lease.task, lease.worker, until);
        Ok(())
    }

    /// T4: the result and what follows, and the run's next task.
    pub(crate) fn finish(
        &mut self,
        lease: &Lease,
        mut output: TaskOutput,
        key: Digest,
        process: ProcessId,
        now: Timestamp,
    ) -> Result<Option<Lease>, NotTaken> {
        self.check(lease, process)?;
        let known = output.clone();
        if self.bug == Some(Bug::SpendNotRecorded) {
            output.usage = forgeline_model::task::Usage::default();
        }
        let input = Input::Done { task: lease.task.clone(), output, events: Vec::new() };
        self.put(&lease.run, &input, now).map_err(|_| NotTaken)?;
        if self.bug != Some(Bug::ResultNotStored) {
            self.results.entry(key).or_insert(known);
        }
        self.seen.ended(&lease.run, &lease.task, lease.worker);
        self.make_room(&lease.run, now);
        let may_go_on = !self.is_held || self.bug == Some(Bug::HoldIgnored);
        let next = self.next_ready(&lease.run, now).filter(|_| may_go_on);
        Ok(next.and_then(|task| self.take(&lease.run, &task, process, now)))
    }

    /// T5: a failed attempt.
    pub(crate) fn fail(
        &mut self,
        lease: &Lease,
        failure: TaskFailure,
        process: ProcessId,
        now: Timestamp,
    ) -> Result<(), NotTaken> {
        self.end(lease, &Input::Failed { task: lease.task.clone(), failure }, process, now)
    }

    /// T5: a provider takes nothing more.
    pub(crate) fn park(
        &mut self,
        lease: &Lease,
        until: Timestamp,
        process: ProcessId,
        now: Timestamp,
    ) -> Result<(), NotTaken> {
        let reason = "the quota is used up".to_owned();
        self.end(lease, &Input::Parked { task: lease.task.clone(), until, reason }, process, now)
    }

    fn end(&mut self, lease: &Lease, input: &Input, process: ProcessId, now: Timestamp) -> Result<(), NotTaken> {
        self.check(lease, process)?;
        self.put(&lease.run, input, now).map_err(|_| NotTaken)?;
        self.seen.ended(&lease.run, &lease.task, lease.worker);
        self.make_room(&lease.run, now);
        Ok(())
    }

    /// Whether the lease is still this worker's.
    fn check(&self, lease: &Lease, process: ProcessId) -> Result<(), NotTaken> {
        let run = &self.runs[&lease.run];
        let row = run.stages.get(&lease.task).ok_or(NotTaken)?;
        let is_mine = match self.bug {
            Some(Bug::LeaseNotChecked) => true,
            Some(Bug::EndedRunGoesOn) if run.is_finished() => true,
            Some(Bug::EpochIgnored) => row.state == RowState::Running && row.owner == Some(process),
            _ => row.state == RowState::Running && row.owner == Some(process) && row.epoch == lease.epoch,
        };
        is_mine.then_some(()).ok_or(NotTaken)
    }

    fn next_ready(&self, run: &RunId, now: Timestamp) -> Option<TaskId> {
        let row = &self.runs[run];
        let ready = row.state.tasks().find(|task| matches!(task.status, TaskStatus::Ready { at } if at <= now))?;
        engine::held(self.bug, &row.spec, &row.state, &ready.id, now).is_none().then(|| ready.id.clone())
    }
}
