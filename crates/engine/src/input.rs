//! What may happen to a run, and what a run may ask for.

use forgeline_model::{
    RunId, StageId, Timestamp,
    task::{ProposedEvent, TaskFailure},
};
use serde::{Deserialize, Serialize};

use crate::fact::{Approval, Outcome, TaskId, TaskOutput};

/// Something that happens to a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// It must wait for another run of its concurrency group.
    Queue {
        /// The run that is under way.
        behind: RunId,
    },
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
    /// A provider takes nothing more for now.
    Parked {
        /// Which task.
        task: TaskId,
        /// When it takes more.
        until: Timestamp,
        /// Which provider, and what it said.
        reason: String,
    },
    /// The worker is gone.
    Lost {
        /// Which task.
        task: TaskId,
    },
    /// Somebody agrees to a waiting stage.
    Approve {
        /// Which stage.
        stage: StageId,
        /// Who, and to what.
        approval: Approval,
    },
    /// Somebody does not.
    Reject {
        /// Which stage.
        stage: StageId,
        /// Who.
        by: String,
        /// In their own words.
        reason: String,
    },
    /// Somebody asks to stop: nothing more is started but what cleans up.
    Cancel {
        /// Who.
        by: String,
    },
    /// Somebody asks to stop at once, without cleaning up.
    Terminate {
        /// Who.
        by: String,
    },
    /// Nothing more is started until it is resumed.
    Pause {
        /// Who.
        by: String,
    },
    /// It goes on.
    Resume {
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
    /// Its word in the outbox key.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Report => "report",
            Self::Index => "index",
        }
    }
}

/// What a decision asks of a forge on behalf of no run. Each may be performed twice with the same result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum BotEffect {
    /// Make sure that the bot's comment with this key is there and says this.
    Say {
        /// `owner/name`.
        repository: String,
        /// Issue or pull request.
        number: u64,
        /// The thread on lines of the pull request that it belongs in; none for the conversation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thread: Option<u64>,
        /// By which the comment is found again and edited in place.
        key: String,
        /// Markdown.
        text: String,
    },
    /// Make sure that an item has a label, or has it not.
    Label {
        /// `owner/name`.
        repository: String,
        /// Issue or pull request.
        number: u64,
        /// The label.
        label: String,
        /// Whether the item is to have it.
        present: bool,
    },
    /// Show that a comment was seen, before its answer is there.
    React {
        /// `owner/name`.
        repository: String,
        /// Issue or pull request.
        number: u64,
        /// The comment.
        comment: u64,
        /// Whether it asks for something that is done; otherwise it was refused.
        accepted: bool,
    },
    /// Make sure that a commit has the check of a blueprint, and that it says this.
    Check {
        /// `owner/name`.
        repository: String,
        /// The commit, 40 hex digits.
        commit: String,
        /// Name of the blueprint.
        blueprint: String,
        /// How it ended, in the word that forges use; none while it goes on.
        conclusion: Option<String>,
        /// Markdown.
        text: String,
    },
}

impl BotEffect {
    /// What it is about: one that is decided later takes the place of an earlier one about the same.
    pub fn subject(&self) -> String {
        match self {
            Self::Say { repository, number, key, .. } => format!("say {repository}#{number} {key}"),
            Self::Label { repository, number, label, .. } => format!("label {repository}#{number} {label}"),
            Self::React { repository, number, comment, .. } => format!("react {repository}#{number} {comment}"),
            Self::Check { repository, commit, blueprint, .. } => format!("check {repository} {commit} {blueprint}"),
        }
    }
}
