//! What happened, as far as triggers look at it.

use forgeline_blueprints::blueprint::PullRequestAction;
use forgeline_model::{Event, ItemId};

use super::Skip;

/// How many runs may follow from one another by events. The run that a person starts is the first.
pub const MAX_CHAIN_DEPTH: u32 = 2;

/// Something that may start blueprints.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// What happened.
    pub what: Happening,
    /// The item that it happened to, if it happened to one.
    pub item: Option<ItemFacts>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// The item got this label.
    LabelAdded {
        /// The label.
        label: String,
    },
    /// A person gave a command that starts a blueprint.
    Command {
        /// Its verb, `run`.
        verb: String,
        /// The blueprint that it names.
        blueprint: String,
    },
    /// The item was opened, or its state or type changed.
    ItemChanged,
    /// A branch or tag of people's moved.
    Push(Pushed),
    /// Something happened to a pull request.
    PullRequest(Proposed),
    /// A contract event, validated. A merged pull request arrives as one `ArtifactMerged` for each artifact.
    Event {
        /// The event.
        event: Box<Event>,
        /// Blueprint of the run that told it or whose artifact it speaks of, if one did.
        of_blueprint: Option<String>,
        /// How many runs led to it; zero when none did.
        chain_depth: u32,
    },
}

/// A change of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The branch pushed to, or the base of the pull request.
    pub branch: String,
    /// Whether that is the default branch.
    pub is_default: bool,
    /// Files that differ; of a renamed one both paths.
    pub paths: Vec<String>,
    /// How many files differ.
    pub files: u64,
    /// How many lines were added and removed.
    pub lines: u64,
    /// Who pushed, or opened the pull request.
    pub author: String,
    /// That it is not to start anything, if people said so and no command says otherwise.
    pub skip: Option<Skip>,
}

/// What was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// Commits on a branch.
    Branch(Change),
    /// A tag, new or moved. What it names was pushed before, so it changes no files.
    Tag {
        /// Its name.
        tag: String,
        /// Who pushed it.
        author: String,
        /// As of a change.
        skip: Option<Skip>,
    },
}

/// A pull request to which something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// What.
    pub action: PullRequestAction,
    /// What it would change.
    pub change: Change,
    /// Whether it is a draft.
    pub is_draft: bool,
    /// Its labels now.
    pub labels: Vec<String>,
}

impl Happening {
    /// The trigger kind that it can meet.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::LabelAdded { .. } => "label",
            Self::Command { .. } => "command",
            Self::ItemChanged => "work_item",
            Self::Push(_) => "push",
            Self::PullRequest(_) => "pull_request",
            Self::Event { .. } => "event",
        }
    }
}

/// The item as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFacts {
    /// Its number.
    pub id: ItemId,
    /// `issue`, or the type on forges that have types.
    pub kind: String,
    /// State; `open` or `closed` on forges without their own.
    pub state: String,
    /// Whether it is closed, whatever its state is called.
    pub is_closed: bool,
    /// Whether `/forgeline hold` is in force.
    pub is_held: bool,
    /// Its labels now.
    pub labels: Vec<String>,
    /// Who opened it.
    pub author: String,
}
