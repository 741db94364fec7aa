//! All there is in a world, and how one step is made.

use forgeline_engine::Input;
use forgeline_model::{RunId, Timestamp};
use serde_json::json;

use crate::{
    Switches,
    dice::Dice,
    forge::{Forge, Luck},
    git::Git,
    invariants::{self, Broken},
    model::Model,
    plans::{self, Blueprint},
    process::{Job, Process},
    seen::Noted,
    store::{ProcessId, Store},
    story::Story,
};

/// When a world begins, milliseconds since the Unix epoch.
const DAWN: i64 = 1_700_000_000_000;

pub(crate) struct World {
    pub(crate) dice: Dice,
    pub(crate) now: Timestamp,
    /// Number of the step that is being made.
    pub(crate) step: u64,
    /// Nothing fails any more.
    pub(crate) is_calm: bool,
    pub(crate) blueprints: Vec<Blueprint>,
    pub(crate) store: Store,
    pub(crate) forge: Forge,
    pub(crate) git: Git,
    pub(crate) model: Model,
    pub(crate) processes: Vec<Process>,
    last_process: ProcessId,
    pub(crate) story: Story,
}

impl World {
    pub(crate) fn new(seed: u64, switches: Switches, story: Story) -> Self {
        let mut dice = Dice::of(seed);
        let blueprints = plans::blueprints(&mut dice);
        Self {
            dice,
            now: Timestamp::from_millis(DAWN),
            step: 0,
            is_calm: false,
            blueprints,
            store: Store { bug: switches.bug, ..Store::default() },
            forge: Forge::default(),
            git: Git::new(),
            model: Model::default(),
            processes: Vec::new(),
            last_process: 0,
            story,
        }
    }

    /// From the first fault to the last rest.
    pub(crate) fn live(&mut self) -> Result<(), Broken> {
        self.suffer()?;
        self.come_to_rest()
    }

    /// Makes one step and holds every invariant against what there is then.
    pub(crate) fn make<T>(&mut self, step: impl FnOnce(&mut Self) -> T) -> Result<T, Broken> {
        self.step += 1;
        self.store.seen.noted.clear();
        let done = step(self);
        for noted in &self.store.seen.noted {
            if let Noted::Told { run, fact } = noted {
                self.story.tell(|| format!("{:>5}  fact of {run}: {}", self.step, json!(fact)));
            }
        }
        invariants::check(self)?;
        Ok(done)
    }

    /// Counts something that happened, and tells of it if anybody listens.
    pub(crate) fn note(&mut self, what: &'static str, line: impl FnOnce() -> String) {
        self.store.seen.count(what);
        let step = self.step;
        self.story.tell(|| format!("{step:>5}  {what}: {}", line()));
    }

    /// The time as a process sees it.
    pub(crate) fn clock_of(&self, process: ProcessId) -> Timestamp {
        let skew = self.processes.iter().find(|it| it.id == process).map_or(0, |it| it.skew);
        Timestamp::from_millis(self.now.millis() + skew)
    }

    pub(crate) fn alive(&self) -> Vec<ProcessId> {
        self.processes.iter().map(|process| process.id).collect()
    }

    /// How the next call of a forge ends.
    pub(crate) fn luck(&mut self) -> Luck {
        if self.is_calm {
            return Luck::Good;
        }
        match self.dice.between(0, 99) {
            0..7 => Luck::FailsBefore,
            7..14 => Luck::FailsAfter,
            _ => Luck::Good,
        }
    }

    /// Whether the write gate says no to what a blueprint makes.
    pub(crate) fn is_refused(&self, blueprint: usize) -> bool {
        self.blueprints[blueprint].is_refused
    }

    /// A process starts; its clock is off a little.
    pub(crate) fn start_process(&mut self) {
        self.last_process += 1;
        let id = self.last_process;
        let skew = if self.is_calm { 0 } else { self.dice.between(0, 4_000).cast_signed() - 2_000 };
        self.processes.push(Process { id, skew, jobs: Vec::new() });
        self.note("process started", || format!("process {id}"));
    }

    /// A process dies with all that it was at.
    pub(crate) fn crash(&mut self, at: usize) {
        let process = self.processes.remove(at);
        for job in &process.jobs {
            self.model.lose(job.paid_call());
        }
        self.note("process crashed", || format!("process {} with {} jobs", process.id, process.jobs.len()));
    }

    /// One job of a process makes one step.
    pub(crate) fn advance(&mut self, process: usize, job: usize) {
        let id = self.processes[process].id;
        let job = self.processes[process].jobs.remove(job);
        if let Some(job) = job.advance(self, id) {
            self.processes[process].jobs.push(job);
        }
    }

    /// A process takes on a job.
    pub(crate) fn take_on(&mut self, process: usize, job: Job) {
        self.processes[process].jobs.push(job);
    }

    /// Looks at a run because time has passed.
    pub(crate) fn tick(&mut self, run: &RunId, now: Timestamp) {
        if self.store.input(run, &Input::Tick, now).is_ok_and(|step| !step.facts.is_empty()) {
            self.note("tick mattered", || run.to_string());
        }
    }
}
