//! Checks on commits.

use forgeline_model::{Annotation, Timestamp};
use forgeline_repo::CommitId;
use serde::Serialize;

words! {
    /// How far a check is.
    CheckStatus, "check status" {
        /// It waits.
        Queued = "queued",
        /// It runs.
        InProgress = "in_progress",
        /// It ended.
        Completed = "completed",
    }
}

words! {
    /// How a check ended.
    Conclusion, "check conclusion" {
        /// Well.
        Success = "success",
        /// Badly.
        Failure = "failure",
        /// Without a verdict.
        Neutral = "neutral",
        /// It was stopped.
        Cancelled = "cancelled",
        /// It took too long.
        TimedOut = "timed_out",
        /// It waits for a person.
        ActionRequired = "action_required",
        /// It did not apply.
        Skipped = "skipped",
    }
}

/// A check on a commit; the one with the same external id on the same commit is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was checked.
    pub commit: CommitId,
    /// Key given by who made it.
    pub external_id: String,
    /// For people.
    pub name: String,
    /// How far it is.
    pub status: CheckStatus,
    /// How it ended; present when completed.
    pub conclusion: Option<Conclusion>,
    /// Markdown.
    pub summary: String,
    /// Marks on lines.
    pub annotations: Vec<Annotation>,
    /// When it last changed.
    pub updated_at: Timestamp,
}
