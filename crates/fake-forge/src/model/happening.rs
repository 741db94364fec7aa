//! What happened, in words that every dialect can make its own webhooks of.

use super::item::Comment;
use super::repository::Label;
use super::review::ReviewComment;
use super::{Actor, Id};

/// One thing that happened.
#[derive(Debug, Clone)]
pub(crate) enum Happening {
    Installed {
        installation: Id,
    },
    Repository {
        repository: Id,
        actor: Actor,
        action: RepositoryAction,
    },
    Pushed {
        repository: Id,
        actor: Actor,
        branch: String,
        before: Option<String>,
        after: Option<String>,
        forced: bool,
    },
    Item {
        item: Id,
        actor: Actor,
        action: ItemAction,
    },
    /// A comment as it was then: it may be gone by now.
    Comment {
        comment: Box<Comment>,
        actor: Actor,
        action: CommentAction,
    },
    Review {
        review: Id,
        actor: Actor,
    },
    ReviewComment {
        comment: Box<ReviewComment>,
        actor: Actor,
        action: CommentAction,
    },
    Check {
        check: Id,
        actor: Actor,
        action: CheckAction,
    },
    Status {
        status: Id,
        actor: Actor,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum RepositoryAction {
    Renamed { from: String },
    Archived,
    Unarchived,
}

#[derive(Debug, Clone)]
pub(crate) enum ItemAction {
    Opened,
    Edited { title: Option<String>, body: Option<String> },
    Closed,
    Reopened,
    Labeled(Label),
    Unlabeled(Label),
    Assigned(Id),
    Unassigned(Id),
    Synchronized { before: String, after: String },
    ReadyForReview,
    ConvertedToDraft,
    ReviewRequested(Id),
    ReviewRequestRemoved(Id),
}

#[derive(Debug, Clone)]
pub(crate) enum CommentAction {
    Created,
    Edited { from: String },
    Deleted,
}

#[derive(Debug, Clone)]
pub(crate) enum CheckAction {
    Created,
    Completed,
    Rerequested,
    /// Somebody pressed the button of that identifier.
    Requested(String),
}
