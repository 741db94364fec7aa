//! What a pull request has beyond an issue.

use super::{Id, Millis};

#[derive(Debug, Clone)]
pub(crate) struct Pull {
    pub(crate) id: Id,
    /// The repository of the head, which is another one for a fork.
    pub(crate) head_repository: Id,
    pub(crate) head_branch: String,
    pub(crate) head: String,
    pub(crate) base_branch: String,
    /// The commit of the base branch when the pull request was opened or last followed.
    pub(crate) base: String,
    pub(crate) draft: bool,
    pub(crate) merged: Option<Merged>,
    pub(crate) reviewers: Vec<Id>,
}

#[derive(Debug, Clone)]
pub(crate) struct Merged {
    pub(crate) by: Id,
    pub(crate) at: Millis,
    pub(crate) commit: String,
}

/// How commits reach the base branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// A commit with two parents.
    Merge,
    /// One new commit with all changes.
    Squash,
}
