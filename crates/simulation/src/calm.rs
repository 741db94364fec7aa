//! The second part of a world's life: faults have stopped, and everything must come to rest.

use forgeline_engine::{Input, run::TaskStatus};
use forgeline_model::{RunId, Timestamp};

use crate::{
    invariants::{self, Broken},
    process::Job,
    store::{EffectState, InboxState, RowState},
    world::World,
};

/// Steps within which everything comes to rest.
const MOST_STEPS: u64 = 8_000;

impl World {
    /// Goes on without faults until nothing is left to do; people come back in half of the worlds.
    pub(crate) fn come_to_rest(&mut self) -> Result<(), Broken> {
        self.is_calm = true;
        // Clocks are set right, too: what is due for one is due for all.
        self.processes.iter_mut().for_each(|process| process.skew = 0);
        self.note("faults stopped", String::new);
        while self.processes.len() < 2 {
            self.make(Self::start_process)?;
        }
        if self.dice.chance(60) {
            self.make(Self::let_all_go)?;
            for _ in 0..3 {
                self.work_until_nothing_is_due()?;
                self.make(Self::answer_all)?;
            }
        }
        self.work_until_nothing_is_due()?;
        self.make(|_| ())?;
        invariants::check_at_rest(self)
    }

    fn let_all_go(&mut self) {
        self.store.is_held = false;
        let paused: Vec<RunId> =
            self.store.runs.iter().filter(|(_, row)| row.state.paused_by.is_some()).map(|(id, _)| id.clone()).collect();
        for run in paused {
            // A run that has ended while it was paused stays as it is.
            let _: Result<_, _> = self.store.input(&run, &Input::Resume { by: "ana".into() }, self.now);
        }
    }

    fn work_until_nothing_is_due(&mut self) -> Result<(), Broken> {
        let last = self.step + MOST_STEPS;
        loop {
            while self.work_round(last)? {}
            let Some(next) = self.next_due() else { return Ok(()) };
            self.now = next;
        }
    }

    /// Everybody does what there is to do, once. False: there was nothing.
    fn work_round(&mut self, last: u64) -> Result<bool, Broken> {
        if self.step > last {
            return Err(invariants::restless(MOST_STEPS));
        }
        let before = self.fingerprint();
        let mut is_busy = false;
        for process in 0..self.processes.len() {
            for _ in 0..self.processes[process].jobs.len() {
                is_busy = true;
                self.make(|world| world.advance(process, 0))?;
            }
            is_busy |= self.make(|world| world.deliver(process))?;
            is_busy |= self.make(|world| world.claim(process))?;
            is_busy |= self.make(|world| world.take_effect(process))?;
        }
        if !is_busy {
            self.make(|world| world.begin_pass(0))?;
            while let Some(at) = self.processes[0].jobs.iter().position(|job| matches!(job, Job::Pass(_))) {
                self.make(|world| world.advance(0, at))?;
                if self.step > last {
                    return Err(invariants::restless(MOST_STEPS));
                }
            }
            is_busy = self.fingerprint() != before;
        }
        Ok(is_busy)
    }

    /// Changes whenever a pass has done something.
    fn fingerprint(&self) -> (usize, usize, usize, usize) {
        let facts = self.store.runs.values().map(|row| row.journal.len()).sum();
        let decided = self.store.inbox.iter().filter(|row| row.state != InboxState::New).count();
        (self.store.inbox.len(), decided, facts, self.store.outbox.len())
    }

    /// The next time at which something becomes due.
    fn next_due(&self) -> Option<Timestamp> {
        let open = || self.store.runs.values().filter(|row| !row.is_finished());
        let rows = open().flat_map(|row| row.stages.values()).filter_map(|row| match row.state {
            RowState::Ready => Some(row.run_at),
            RowState::Running => Some(row.until.plus_millis(1)),
            RowState::Queued | RowState::Done | RowState::Failed | RowState::Dropped => None,
        });
        let effects = self.store.outbox.iter().filter(|row| row.state != EffectState::Confirmed).map(|row| row.next_at);
        let inbox = self.store.inbox.iter().filter(|row| row.state == InboxState::New).map(|row| row.next_at);
        let wakes = open().filter_map(|row| row.wake_at);
        rows.chain(effects).chain(inbox).chain(wakes).filter(|at| *at > self.now).min()
    }

    /// Whether a run waits for people and nothing else.
    pub(crate) fn waits_for_people(&self, run: &RunId) -> bool {
        let row = &self.store.runs[run];
        let is_held = self.store.is_held;
        let is_paused = row.state.paused_by.is_some();
        let is_asking = row.state.tasks().any(|task| matches!(task.status, TaskStatus::Waiting(_)));
        let is_behind =
            row.state.word() == "queued"
                && self.store.order.iter().any(|other| {
                    other != run && self.store.runs[other].group() == row.group() && self.waits_first(other)
                });
        is_held || is_paused || is_asking || is_behind
    }

    /// Whether a run is at work in its group and waits for people.
    fn waits_first(&self, run: &RunId) -> bool {
        let row = &self.store.runs[run];
        !row.is_finished() && row.state.word() != "queued" && self.waits_for_people(run)
    }
}
