//! What happened on a forge.

use forgeline_model::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{Login, RepoId};

words! {
    /// Kinds of happenings.
    Feed, "feed kind" {
        /// A repository was made.
        RepositoryCreated = "repository_created",
        /// Somebody opened an issue.
        IssueOpened = "issue_opened",
        /// Its title or text changed.
        IssueEdited = "issue_edited",
        /// It got a label: `label`.
        IssueLabeled = "issue_labeled",
        /// It lost a label: `label`.
        IssueUnlabeled = "issue_unlabeled",
        /// It was closed.
        IssueClosed = "issue_closed",
        /// It was opened again.
        IssueReopened = "issue_reopened",
        /// Somebody commented on an issue or pull request: `comment_id`, `body`, `on`, and `there`, the comment's number on the
        /// forge that keeps it, if that is another one. In a thread on lines, `thread` is the thread's number.
        CommentCreated = "comment_created",
        /// A comment's text was replaced: `comment_id`.
        CommentEdited = "comment_edited",
        /// A pull request was opened: `head`, `base`, `commit`.
        PullRequestOpened = "pr_opened",
        /// Its title, text or base changed.
        PullRequestEdited = "pr_edited",
        /// One from a fork has other commits: `commit`. In the repository itself that is a push.
        PullRequestPushed = "pr_pushed",
        /// It is no draft any more.
        PullRequestReady = "pr_ready",
        /// It got a label: `label`.
        PullRequestLabeled = "pr_labeled",
        /// It lost a label: `label`.
        PullRequestUnlabeled = "pr_unlabeled",
        /// It was closed without a merge.
        PullRequestClosed = "pr_closed",
        /// It was opened again.
        PullRequestReopened = "pr_reopened",
        /// It was merged: `head`, `base`, `commit`, `method`.
        PullRequestMerged = "pr_merged",
        /// A branch moved: `before` and `after`, either may be null.
        Push = "push",
        /// A tag was made, moved or removed: `before` and `after`, the commits that it named, either may be null.
        Tag = "tag",
    }
}

/// One happening, with its place in the order in which things happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedEvent {
    /// Its place; a reader goes on after the last one it has handled.
    pub seq: u64,
    /// Where.
    pub repo: RepoId,
    /// What.
    pub kind: Feed,
    /// To what: a number, or the name of a branch or tag.
    pub subject: String,
    /// Who did it.
    pub actor: Login,
    /// Details, as the kind says.
    pub payload: Value,
    /// When.
    pub at: Timestamp,
}

impl FeedEvent {
    /// The number of the issue or pull request, if it is about one.
    pub fn number(&self) -> Option<u64> {
        if matches!(self.kind, Feed::Push | Feed::Tag) { None } else { self.subject.parse().ok() }
    }
}
