//! Issues, pull requests and comments.

use forgeline_model::{Timestamp, WorkItem};
use forgeline_repo::{BranchName, CommitId};
use serde::Serialize;

use super::Login;

words! {
    /// Whether work on an issue is done.
    IssueState, "issue state" {
        /// To do.
        Open = "open",
        /// Done, or not wanted.
        Closed = "closed",
    }
}

words! {
    /// What became of a pull request.
    PullRequestState, "pull request state" {
        /// Not decided.
        Open = "open",
        /// Turned down.
        Closed = "closed",
        /// Merged.
        Merged = "merged",
    }
}

/// An issue or work item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// Number in its repository.
    pub number: u64,
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// Open or not.
    pub state: IssueState,
    /// Who opened it.
    pub author: Login,
    /// In name order.
    pub labels: Vec<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Issue {
    /// What a blueprint sees of it.
    pub fn work_item(&self) -> WorkItem {
        WorkItem {
            id: self.number.to_string().parse().expect("a number is an item id"),
            title: self.title.clone(),
            body: self.body.clone(),
            kind: "issue".to_owned(),
            labels: self.labels.clone(),
            author: self.author.to_string(),
        }
    }
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PullRequest {
    /// Number in its repository, shared with issues.
    pub number: u64,
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// What became of it.
    pub state: PullRequestState,
    /// Whether it may not be merged yet.
    pub draft: bool,
    /// Who opened it.
    pub author: Login,
    /// In name order.
    pub labels: Vec<String>,
    /// Branch to merge.
    pub head: BranchName,
    /// Branch to merge into.
    pub base: BranchName,
    /// Tip of the head branch: now while it is open, else when it was closed.
    pub head_commit: CommitId,
    /// Common commit of both branches: the difference to show begins here.
    pub base_commit: Option<CommitId>,
    /// What the merge put on the base branch.
    pub merged_commit: Option<CommitId>,
    /// Who closed or merged it.
    pub closed_by: Option<Login>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A comment on an issue or pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comment {
    /// Number over all repositories.
    pub id: u64,
    /// Issue or pull request.
    pub number: u64,
    /// Who wrote it.
    pub author: Login,
    /// Markdown, the hidden marker included.
    pub body: String,
    /// Key of the hidden marker; only in the bot's own comments.
    pub marker: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
}

/// What came of making sure that something is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "value", rename_all = "snake_case")]
pub enum Upsert<T> {
    /// It was not there.
    Created(T),
    /// It was there and differed.
    Updated(T),
    /// It was there just so.
    Unchanged(T),
}

impl<T> Upsert<T> {
    /// The thing itself.
    pub fn into_inner(self) -> T {
        match self {
            Self::Created(it) | Self::Updated(it) | Self::Unchanged(it) => it,
        }
    }
}
