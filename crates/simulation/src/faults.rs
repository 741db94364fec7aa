//! The first part of a world's life: everything happens, in any order, and much of it fails.

use crate::{
    invariants::Broken,
    process::{Job, Pass, Perform, Serve, Work},
    world::World,
};

/// Most jobs that a process is at.
const JOBS: usize = 4;
/// Most processes at once.
const PROCESSES: usize = 4;

impl World {
    /// Lives through faults for a while.
    pub(crate) fn suffer(&mut self) -> Result<(), Broken> {
        self.make(Self::start_process)?;
        self.make(Self::start_process)?;
        for _ in 0..self.dice.between(150, 450) {
            self.make(Self::suffer_once)?;
        }
        Ok(())
    }

    fn suffer_once(&mut self) {
        let Some(process) = self.dice.index(self.processes.len()) else { return self.start_process() };
        let is_free = self.processes[process].jobs.len() < JOBS;
        match self.dice.between(0, 99) {
            0..42 => {
                if let Some(job) = self.dice.index(self.processes[process].jobs.len()) {
                    self.advance(process, job);
                }
            }
            42..52 if is_free => {
                self.claim(process);
            }
            52..58 if is_free => {
                self.take_effect(process);
            }
            58..64 if is_free => self.begin_pass(process),
            64..71 if is_free => {
                self.deliver(process);
            }
            71..74 => self.renew(process),
            74..78 => self.pass_time(),
            78..80 => {
                self.crash(process);
            }
            80..82 => {
                if self.processes.len() < PROCESSES {
                    self.start_process();
                }
            }
            82..84 => self.offer_nonsense(),
            _ => self.people_act(),
        }
    }

    /// A process claims any task that may be claimed; false when there is none that could be started.
    pub(crate) fn claim(&mut self, process: usize) -> bool {
        let id = self.processes[process].id;
        let now = self.clock_of(id);
        let mut candidates = self.store.claimable(&self.alive(), now);
        while let Some(at) = self.dice.index(candidates.len()) {
            let what = candidates.swap_remove(at);
            if let Some(lease) = self.store.claim(&what, id, now) {
                self.note("task claimed", || format!("process {id} claims {} of {}", what.task, what.run));
                self.take_on(process, Job::Work(Work::of(lease)));
                return true;
            }
        }
        false
    }

    /// A process takes an effect that is due. Now and then one that somebody else is at, too: no lock is part of the
    /// publisher's safety.
    pub(crate) fn take_effect(&mut self, process: usize) -> bool {
        let id = self.processes[process].id;
        let is_deceived = !self.is_calm && self.dice.chance(10);
        let alive = if is_deceived { Vec::new() } else { self.alive() };
        let due = self.store.due_effects(&alive, self.clock_of(id));
        let Some(row) = self.dice.pick(&due).copied() else { return false };
        self.note("effect taken", || format!("process {id} takes effect {row}"));
        let job = Perform::take(self, row, id);
        self.take_on(process, Job::Perform(job));
        true
    }

    pub(crate) fn begin_pass(&mut self, process: usize) {
        let id = self.processes[process].id;
        if let Some(pass) = Pass::take_turn(self, id) {
            self.take_on(process, Job::Pass(pass));
        }
    }

    /// A delivery arrives, out of order; or is lost, or arrives and is sent once more.
    pub(crate) fn deliver(&mut self, process: usize) -> bool {
        let Some(at) = self.dice.index(self.forge.hooks.len()) else { return false };
        let fate = if self.is_calm { 99 } else { self.dice.between(0, 99) };
        let hook = if fate < 15 { self.forge.hooks[at].clone() } else { self.forge.hooks.remove(at) };
        if (15..30).contains(&fate) {
            self.note("delivery dropped", || hook.key.clone());
        } else {
            self.take_on(process, Job::Serve(Serve::of(hook)));
        }
        true
    }

    /// A worker keeps its lease alive; one that has lost it stops.
    fn renew(&mut self, process: usize) {
        let id = self.processes[process].id;
        let now = self.clock_of(id);
        let jobs = &self.processes[process].jobs;
        let Some(at) = self.dice.index(jobs.len()) else { return };
        let Job::Work(work) = &jobs[at] else { return };
        if self.store.renew(&work.lease, id, now).is_err() {
            let job = self.processes[process].jobs.remove(at);
            self.model.lose(job.paid_call());
            self.note("lease lost", || format!("process {id} stops a task that it no longer holds"));
        }
    }

    /// The clock goes on, jumps ahead, or back.
    fn pass_time(&mut self) {
        let millis: i64 = match self.dice.between(0, 9) {
            0..5 => self.dice.between(100, 20_000).cast_signed(),
            5..8 => self.dice.between(20_000, 600_000).cast_signed(),
            8 => self.dice.between(600_000, 7_200_000).cast_signed(),
            _ => -self.dice.between(1_000, 600_000).cast_signed(),
        };
        self.now = forgeline_model::Timestamp::from_millis(self.now.millis() + millis);
        self.note("time passed", || format!("{millis} ms"));
    }
}
