//! Facts: what the journal holds. Append only; the fold of a run's facts is its state.

use std::{collections::BTreeMap, fmt};

use forgeline_model::{
    Digest, RunId, StageId, Timestamp,
    task::{TaskFailure, Usage, ValidationNote},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One task of a run: a stage, or one element of its matrix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId {
    /// The stage.
    pub stage: StageId,
    /// The matrix element's name; none for a stage without a matrix.
    pub item: Option<String>,
}

impl fmt::Display for TaskId {
    /// `code` or `code[orders]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.item {
            None => write!(f, "{}", self.stage),
            Some(item) => write!(f, "{}[{item}]", self.stage),
        }
    }
}

/// One element of a stage's matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatrixItem {
    /// Unique within the stage.
    pub name: String,
    /// The element.
    pub value: Value,
}

/// What a task gave, without the bytes: those lie under `proposal` in the blob store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskOutput {
    /// Digest of everything the result depends on; results are looked up by it before work is done.
    pub key: Digest,
    /// Digests of the parts of that, by name; they say why a result was not taken over.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, Digest>,
    /// Digest of the whole proposal.
    pub proposal: Digest,
    /// The files it proposes.
    pub artifacts: Vec<ArtifactRef>,
    /// Values for later stages.
    pub outputs: Map<String, Value>,
    /// What was checked and corrected; passed checks are counted, not listed.
    pub findings: Vec<ValidationNote>,
    /// How many checks passed.
    pub checks_passed: u32,
    /// Skill that did it.
    pub skill: String,
    /// Whether the result was there already.
    pub reused: bool,
    /// What it cost; nothing when it was there already.
    #[serde(default, skip_serializing_if = "Usage::is_nothing")]
    pub usage: Usage,
    /// Time the attempt took.
    pub millis: u64,
}

/// A proposed file, by digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactRef {
    /// Path in the target repository.
    pub path: String,
    /// Artifact type.
    #[serde(rename = "type")]
    pub artifact_type: String,
    /// Digest of the content.
    pub digest: Digest,
}

/// Somebody's word that a stage may go on, bound to exactly what they saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Account id of the forge.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// The role that they had then.
    pub role: String,
    /// What they agreed to, as [`Fact::ApprovalRequested`] named it.
    pub subject: Digest,
    /// Whether they also asked for the run, which an operator may allow.
    pub self_approved: bool,
}

/// Why a stage will not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipCause {
    /// It is not wanted; what needs it goes on.
    #[default]
    Condition,
    /// Something before it ended badly; what needs it does not go on.
    Unreached,
}

impl SkipCause {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Something that has happened in a run. Variants and fields are only added: journals of earlier versions fold as ever.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// It waits for another run of its concurrency group.
    Queued {
        /// The run that was under way.
        behind: RunId,
    },
    /// The run began.
    Started,
    /// All that a stage needs is there; its tasks are known.
    StageOpened {
        /// Which stage.
        stage: StageId,
        /// Its matrix; none for a stage of one task.
        items: Option<Vec<MatrixItem>>,
    },
    /// A stage will not run.
    StageSkipped {
        /// Which stage.
        stage: StageId,
        /// Why, for people.
        reason: String,
        /// Why, for what comes after.
        #[serde(default, skip_serializing_if = "SkipCause::is_default")]
        cause: SkipCause,
    },
    /// An open stage asks people.
    ApprovalRequested {
        /// Which stage.
        stage: StageId,
        /// What they are to agree to: the plan, the head and all that was made so far.
        subject: Digest,
        /// How many must agree.
        min: u32,
        /// When the question lapses.
        expires_at: Option<Timestamp>,
    },
    /// Somebody agreed.
    Approved {
        /// Which stage.
        stage: StageId,
        /// Who, and to what.
        approval: Approval,
    },
    /// A task may be claimed from `at` on.
    TaskReady {
        /// Which task.
        task: TaskId,
        /// Not before this time.
        at: Timestamp,
    },
    /// A worker claimed it.
    TaskStarted {
        /// Which task.
        task: TaskId,
        /// From 1; a lost worker does not count up.
        attempt: u32,
    },
    /// Its result is stored.
    TaskDone {
        /// Which task.
        task: TaskId,
        /// The attempt that succeeded.
        attempt: u32,
        /// What it gave.
        output: TaskOutput,
    },
    /// An attempt failed; if another follows, a `TaskReady` says when.
    TaskFailed {
        /// Which task.
        task: TaskId,
        /// The attempt that failed.
        attempt: u32,
        /// Why.
        failure: TaskFailure,
        /// Whether this was the last one.
        last: bool,
    },
    /// A provider took nothing more; the attempt does not count. The `TaskReady` that follows says when.
    TaskParked {
        /// Which task.
        task: TaskId,
        /// Which provider, and what it said.
        reason: String,
    },
    /// Its worker is gone; the attempt does not count.
    TaskLost {
        /// Which task.
        task: TaskId,
    },
    /// It will not be done.
    TaskDropped {
        /// Which task.
        task: TaskId,
        /// Why, for people.
        reason: String,
    },
    /// Time or money have run out.
    RanOut {
        /// `timeout` or `budget`.
        kind: String,
        /// What was used up, for people.
        message: String,
    },
    /// Somebody asked to stop.
    CancelRequested {
        /// Who.
        by: String,
    },
    /// Nothing more is started.
    Paused {
        /// Who asked.
        by: String,
    },
    /// It goes on.
    Resumed {
        /// Who asked.
        by: String,
    },
    /// All stages ended well; the result is on its way into Git.
    Publishing,
    /// The run ended.
    Finished {
        /// How.
        outcome: Outcome,
    },
}

/// How a run ended. Exactly one for each run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// One commit on the run's branch.
    Published(Publication),
    /// The result equals what is there already.
    NoChange {
        /// What was compared, for people.
        reason: String,
    },
    /// The write gate or a person said no; nothing was written.
    Refused {
        /// Who and why, for people.
        reason: String,
        /// The gate's verdict, if it was the gate.
        gate: Option<Value>,
    },
    /// A stage or the publishing failed for good.
    Failed {
        /// Which task; none when publishing failed.
        task: Option<TaskId>,
        /// Stable kind.
        kind: String,
        /// Why and what to do.
        message: String,
    },
    /// Stopped on request.
    Cancelled {
        /// By whom.
        by: String,
    },
}

/// What stands in Git after a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// The commit, 40 hex digits.
    pub commit: String,
    /// Its tree, 40 hex digits.
    pub tree: String,
    /// The pull request, on a forge that has them.
    pub pull_request: Option<PullRequestRef>,
    /// The gate's verdict.
    pub gate: Value,
    /// Where what could not be merged is shown; none when all fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Conflict>,
}

/// Files that a person and a run both changed in the same place: the person's version stands, and a branch of its own
/// holds the run's on top of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The files, in path order.
    pub paths: Vec<String>,
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// The pull request that shows both sides, on a forge that has them.
    pub pull_request: Option<u64>,
}

/// The pull request that proposes a run's commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequestRef {
    /// Its number.
    pub number: u64,
    /// Whether this run opened it, or brought an open one up to date.
    pub opened: bool,
}

impl Outcome {
    /// One word for a status column.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Published(_) => "published",
            Self::NoChange { .. } => "no-change",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}
