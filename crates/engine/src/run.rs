//! A run's state: the fold of its facts.

use std::{collections::BTreeMap, sync::Arc};

use forgeline_model::{
    Digest, RunId, StageId, Timestamp,
    task::{TaskFailure, Usage},
};
use serde::Serialize;

use crate::fact::{Approval, Fact, MatrixItem, Outcome, SkipCause, TaskId, TaskOutput};

/// What has happened so far.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct RunState {
    /// Where the run stands.
    pub phase: Phase,
    /// Stages that are open or skipped; one that is absent still waits.
    pub stages: BTreeMap<StageId, StageState>,
    /// Who asked to stop, if somebody did.
    pub cancelled_by: Option<String>,
    /// Who asked that nothing more be started, while that holds.
    pub paused_by: Option<String>,
    /// Kind and message, once time or money have run out.
    pub ran_out: Option<(String, String)>,
    /// Attempts that were started.
    pub attempts: u32,
    /// What finished tasks cost.
    pub spent: Usage,
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
    /// Waits for another run of its group.
    Queued {
        /// The run that was under way when this one was decided.
        behind: RunId,
    },
    /// Stages are at work.
    Working,
    /// The result is on its way into Git.
    Publishing,
    /// It ended.
    Finished(Box<Outcome>),
}

impl Phase {
    /// One word for a status column.
    pub fn word(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Queued { .. } => "queued",
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
        tasks: Arc<Vec<Task>>,
        /// Whether the stage has a matrix.
        matrix: bool,
        /// Since when.
        since: Timestamp,
    },
    /// It will not run.
    Skipped {
        /// Why, for people.
        reason: String,
        /// Why, for what comes after.
        cause: SkipCause,
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
    /// Times that a provider took nothing more.
    pub parkings: u32,
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
    /// People are asked.
    Waiting(Question),
    /// They agreed.
    Approved(Question),
    /// Ended well.
    Done(Arc<TaskOutput>),
    /// Ended badly, for good.
    Failed(TaskFailure),
    /// Not done, because something else ended badly or somebody asked to stop.
    Dropped {
        /// Why, for people.
        reason: String,
    },
}

/// What people are asked, and what they said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// What they are to agree to.
    pub subject: Digest,
    /// How many must agree.
    pub min: u32,
    /// When it lapses.
    pub expires_at: Option<Timestamp>,
    /// Who agreed so far.
    pub given: Vec<Approval>,
}

impl TaskStatus {
    /// One word for a status column.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Ready { .. } => "ready",
            Self::Running { .. } => "running",
            Self::Waiting(_) => "waiting",
            Self::Approved(_) => "approved",
            Self::Done(_) => "done",
            Self::Failed(_) => "failed",
            Self::Dropped { .. } => "dropped",
        }
    }

    /// Whether nothing more will happen to it.
    pub fn is_ended(&self) -> bool {
        match self {
            Self::Queued | Self::Ready { .. } | Self::Running { .. } | Self::Waiting(_) => false,
            Self::Approved(_) | Self::Done(_) | Self::Failed(_) | Self::Dropped { .. } => true,
        }
    }

    /// Whether it ended well.
    pub fn is_well(&self) -> bool {
        matches!(self, Self::Approved(_) | Self::Done(_))
    }
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
            Self::Open { tasks, .. } => tasks.iter().all(|task| task.status.is_ended()),
        }
    }

    /// Whether it ended well, or was skipped by its own condition.
    pub fn is_satisfied(&self) -> bool {
        match self {
            Self::Skipped { cause, .. } => *cause == SkipCause::Condition,
            Self::Open { tasks, .. } => tasks.iter().all(|task| task.status.is_well()),
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
            Fact::Queued { behind } => self.phase = Phase::Queued { behind: behind.clone() },
            Fact::Started => {
                self.phase = Phase::Working;
                self.started_at = Some(at);
            }
            Fact::StageOpened { stage, items } => {
                self.stages.insert(stage.clone(), open(stage, items.as_deref(), at));
            }
            Fact::StageSkipped { stage, reason, cause } => {
                self.stages.insert(stage.clone(), StageState::Skipped { reason: reason.clone(), cause: *cause });
            }
            Fact::ApprovalRequested { stage, subject, min, expires_at } => {
                let asked = Question { subject: *subject, min: *min, expires_at: *expires_at, given: Vec::new() };
                self.set(&of_stage(stage), |task| task.status = TaskStatus::Waiting(asked));
            }
            Fact::Approved { stage, approval } => self.set(&of_stage(stage), |task| agree(task, approval)),
            Fact::TaskReady { task, at } => self.set(task, |task| task.status = TaskStatus::Ready { at: *at }),
            Fact::TaskStarted { task, .. } => {
                self.attempts += 1;
                self.set(task, |task| task.status = TaskStatus::Running { since: at });
            }
            Fact::TaskDone { task, output, .. } => {
                self.spent = self.spent.plus(output.usage);
                self.set(task, |task| task.status = TaskStatus::Done(Arc::new(output.clone())));
            }
            Fact::TaskFailed { task, failure, last, .. } => self.set(task, |task| {
                task.failures += 1;
                task.crashes += u32::from(failure.kind == crate::step::CRASH);
                task.status = if *last { TaskStatus::Failed(failure.clone()) } else { TaskStatus::Queued };
            }),
            Fact::TaskParked { task, .. } => self.set(task, |task| {
                task.parkings += 1;
                task.status = TaskStatus::Queued;
            }),
            Fact::TaskLost { task } => self.set(task, |task| {
                task.losses += 1;
                task.status = TaskStatus::Queued;
            }),
            Fact::TaskDropped { task, reason } => {
                self.set(task, |task| task.status = TaskStatus::Dropped { reason: reason.clone() });
            }
            Fact::RanOut { kind, message } => self.ran_out = Some((kind.clone(), message.clone())),
            Fact::CancelRequested { by } => self.cancelled_by = Some(by.clone()),
            Fact::Paused { by } => self.paused_by = Some(by.clone()),
            Fact::Resumed { .. } => self.paused_by = None,
            Fact::Publishing => self.phase = Phase::Publishing,
            Fact::Finished { outcome } => self.phase = Phase::Finished(Box::new(outcome.clone())),
        }
    }

    /// One word for a status column: where the run stands, and what it waits for.
    pub fn word(&self) -> &'static str {
        let busy = |task: &Task| matches!(task.status, TaskStatus::Ready { .. } | TaskStatus::Running { .. });
        match self.phase {
            Phase::Working if self.paused_by.is_some() => "paused",
            Phase::Working if self.questions().next().is_some() && !self.tasks().any(busy) => "waiting",
            Phase::New | Phase::Queued { .. } | Phase::Working | Phase::Publishing | Phase::Finished(_) => {
                self.phase.word()
            }
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

    /// The stages that wait for people, with what these are asked.
    pub fn questions(&self) -> impl Iterator<Item = (&StageId, &Question)> {
        self.tasks().filter_map(|task| match &task.status {
            TaskStatus::Waiting(question) => Some((&task.id.stage, question)),
            _ => None,
        })
    }

    /// How it ended, if it has.
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.phase {
            Phase::Finished(outcome) => Some(outcome),
            Phase::New | Phase::Queued { .. } | Phase::Working | Phase::Publishing => None,
        }
    }

    fn set(&mut self, id: &TaskId, change: impl FnOnce(&mut Task)) {
        if let Some(StageState::Open { tasks, .. }) = self.stages.get_mut(&id.stage)
            && let Some(task) = Arc::make_mut(tasks).iter_mut().find(|task| &task.id == id)
        {
            change(task);
        }
    }
}

/// The one task of a stage without a matrix.
pub(crate) fn of_stage(stage: &StageId) -> TaskId {
    TaskId { stage: stage.clone(), item: None }
}

fn open(stage: &StageId, items: Option<&[MatrixItem]>, since: Timestamp) -> StageState {
    let task = |item: Option<&MatrixItem>| Task {
        id: TaskId { stage: stage.clone(), item: item.map(|item| item.name.clone()) },
        item: item.cloned(),
        status: TaskStatus::Queued,
        failures: 0,
        crashes: 0,
        losses: 0,
        parkings: 0,
    };
    let tasks = match items {
        None => vec![task(None)],
        Some(items) => items.iter().map(|item| task(Some(item))).collect(),
    };
    StageState::Open { tasks: Arc::new(tasks), matrix: items.is_some(), since }
}

/// One more word; the last one that is needed ends the wait.
fn agree(task: &mut Task, approval: &Approval) {
    let TaskStatus::Waiting(question) = &mut task.status else { return };
    question.given.push(approval.clone());
    if question.given.len() >= question.min as usize {
        task.status = TaskStatus::Approved(question.clone());
    }
}
