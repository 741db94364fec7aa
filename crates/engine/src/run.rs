//! A run's state: the fold of its facts.

use std::collections::BTreeMap;

use forgeline_model::{StageId, Timestamp, task::TaskFailure};
use serde::Serialize;

use crate::fact::{Fact, MatrixItem, Outcome, TaskId, TaskOutput};

/// What has happened so far.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct RunState {
    /// Where the run stands.
    pub phase: Phase,
    /// Stages that are open or skipped; one that is absent still waits.
    pub stages: BTreeMap<StageId, StageState>,
    /// Who asked to stop, if somebody did.
    pub cancelled_by: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// Time of the last fact.
    pub updated_at: Option<Timestamp>,
    /// Number of facts folded in.
    pub facts: u64,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// Decided, not begun.
    #[default]
    New,
    /// Stages are at work.
    Working,
    /// The result is on its way into Git.
    Publishing,
    /// It ended.
    Finished(Outcome),
}

impl Phase {
    /// One word for a status column.
    pub fn word(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Working => "working",
            Self::Publishing => "publishing",
            Self::Finished(outcome) => outcome.word(),
        }
    }
}

/// Where a stage stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum StageState {
    /// Its tasks are known.
    Open {
        /// In matrix order; one without a name for a stage without a matrix.
        tasks: Vec<Task>,
        /// Whether the stage has a matrix.
        matrix: bool,
    },
    /// It will not run.
    Skipped {
        /// Why.
        reason: String,
    },
}

/// One task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Task {
    /// Which one.
    pub id: TaskId,
    /// Its matrix element.
    pub item: Option<MatrixItem>,
    /// Where it stands.
    pub status: TaskStatus,
    /// Attempts that ended in failure.
    pub failures: u32,
    /// Of those, how many killed the task's own process.
    pub crashes: u32,
    /// Workers lost.
    pub losses: u32,
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum TaskStatus {
    /// More of its matrix are at work than may be at once, or a retry is to be decided.
    Queued,
    /// May be claimed.
    Ready {
        /// Not before this time.
        at: Timestamp,
    },
    /// Claimed.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// Ended well.
    Done(Box<TaskOutput>),
    /// Ended badly, for good.
    Failed(TaskFailure),
}

impl Task {
    /// The number of the attempt that is running or comes next, from 1.
    pub fn attempt(&self) -> u32 {
        self.failures + 1
    }
}

impl StageState {
    /// Whether nothing more will happen in it.
    pub fn is_ended(&self) -> bool {
        match self {
            Self::Skipped { .. } => true,
            Self::Open { tasks, .. } => {
                tasks.iter().all(|task| matches!(task.status, TaskStatus::Done(_) | TaskStatus::Failed(_)))
            }
        }
    }

    /// Whether it ended well, or was skipped by its own condition.
    pub fn is_satisfied(&self) -> bool {
        match self {
            Self::Skipped { .. } => true,
            Self::Open { tasks, .. } => tasks.iter().all(|task| matches!(task.status, TaskStatus::Done(_))),
        }
    }

    /// Its tasks; none when skipped.
    pub fn tasks(&self) -> &[Task] {
        match self {
            Self::Skipped { .. } => &[],
            Self::Open { tasks, .. } => tasks,
        }
    }
}

impl RunState {
    /// The state after these facts.
    pub fn fold<'a>(facts: impl IntoIterator<Item = (&'a Fact, Timestamp)>) -> Self {
        let mut state = Self::default();
        for (fact, at) in facts {
            state.apply(fact, at);
        }
        state
    }

    /// Folds one more fact in.
    pub fn apply(&mut self, fact: &Fact, at: Timestamp) {
        self.facts += 1;
        self.updated_at = Some(at);
        match fact {
            Fact::Started => {
                self.phase = Phase::Working;
                self.started_at = Some(at);
            }
            Fact::StageOpened { stage, items } => {
                self.stages.insert(stage.clone(), open(stage, items.as_deref()));
            }
            Fact::StageSkipped { stage, reason } => {
                self.stages.insert(stage.clone(), StageState::Skipped { reason: reason.clone() });
            }
            Fact::TaskReady { task, at } => self.set(task, |task| task.status = TaskStatus::Ready { at: *at }),
            Fact::TaskStarted { task, .. } => self.set(task, |task| task.status = TaskStatus::Running { since: at }),
            Fact::TaskDone { task, output, .. } => {
                self.set(task, |task| task.status = TaskStatus::Done(Box::new(output.clone())));
            }
            Fact::TaskFailed { task, failure, last, .. } => self.set(task, |task| {
                task.failures += 1;
                task.crashes += u32::from(failure.kind == crate::step::CRASH);
                task.status = if *last { TaskStatus::Failed(failure.clone()) } else { TaskStatus::Queued };
            }),
            Fact::TaskLost { task } => self.set(task, |task| {
                task.losses += 1;
                task.status = TaskStatus::Queued;
            }),
            Fact::CancelRequested { by } => self.cancelled_by = Some(by.clone()),
            Fact::Publishing => self.phase = Phase::Publishing,
            Fact::Finished { outcome } => self.phase = Phase::Finished(outcome.clone()),
        }
    }

    /// A task by id.
    pub fn task(&self, id: &TaskId) -> Option<&Task> {
        self.stages.get(&id.stage)?.tasks().iter().find(|task| &task.id == id)
    }

    /// All tasks of all open stages.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.stages.values().flat_map(StageState::tasks)
    }

    /// How it ended, if it has.
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.phase {
            Phase::Finished(outcome) => Some(outcome),
            Phase::New | Phase::Working | Phase::Publishing => None,
        }
    }

    fn set(&mut self, id: &TaskId, change: impl FnOnce(&mut Task)) {
        if let Some(StageState::Open { tasks, .. }) = self.stages.get_mut(&id.stage)
            && let Some(task) = tasks.iter_mut().find(|task| &task.id == id)
        {
            change(task);
        }
    }
}

fn open(stage: &StageId, items: Option<&[MatrixItem]>) -> StageState {
    let task = |item: Option<&MatrixItem>| Task {
        id: TaskId { stage: stage.clone(), item: item.map(|item| item.name.clone()) },
        item: item.cloned(),
        status: TaskStatus::Queued,
        failures: 0,
        crashes: 0,
        losses: 0,
    };
    let tasks = match items {
        None => vec![task(None)],
        Some(items) => items.iter().map(|item| task(Some(item))).collect(),
    };
    StageState::Open { tasks, matrix: items.is_some() }
}
