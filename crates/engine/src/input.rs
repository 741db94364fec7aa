//! What may happen to a run, and what a run may ask for.

use forgeline_model::task::{ProposedEvent, TaskFailure};
use serde::{Deserialize, Serialize};

use crate::fact::{Outcome, TaskId, TaskOutput};

/// Something that happens to a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// It begins.
    Start,
    /// A worker takes a ready task.
    Claim {
        /// Which task.
        task: TaskId,
    },
    /// The worker is done; its result is stored.
    Done {
        /// Which task.
        task: TaskId,
        /// What it gave.
        output: TaskOutput,
        /// What it asked to be told; contracts checked.
        events: Vec<ProposedEvent>,
    },
    /// The worker failed.
    Failed {
        /// Which task.
        task: TaskId,
        /// Why.
        failure: TaskFailure,
    },
    /// The worker is gone.
    Lost {
        /// Which task.
        task: TaskId,
    },
    /// Somebody asks to stop.
    Cancel {
        /// Who.
        by: String,
    },
    /// The publisher has ended.
    Settled {
        /// How.
        outcome: Outcome,
    },
    /// Time has passed.
    Tick,
}

/// What the world is asked to do. Each may be performed twice with the same result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Judge all proposals, commit them, propose the commit.
    Publish,
    /// Tell the people on the work item and the pull request.
    Report,
    /// Bring the knowledge index up to the run's branch.
    Index,
}

impl Effect {
    /// Its word in the outbox key: one effect of each kind a run.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Report => "report",
            Self::Index => "index",
        }
    }
}
