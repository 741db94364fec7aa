//! What a child answers.

use forgeline_model::task::{TaskFailure, TaskOutcome};
use serde::{Deserialize, Serialize};

/// One answer to one [`ToAgent`](forgeline_model::task::ToAgent).
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "message", content = "body", rename_all = "snake_case")]
pub(crate) enum FromAgent {
    /// The agent is ready.
    Loaded,
    /// Its files cannot be used.
    Refused(TaskFailure),
    /// How the task ended.
    Ended(Box<TaskOutcome>),
}
