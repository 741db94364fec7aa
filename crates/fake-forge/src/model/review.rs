//! Reviews and the comments on lines that belong to them.

use super::{Id, Millis};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Commented,
    Approved,
    ChangesRequested,
}

#[derive(Debug)]
pub(crate) struct Review {
    pub(crate) id: Id,
    pub(crate) repository: Id,
    pub(crate) item: Id,
    pub(crate) author: Id,
    pub(crate) body: String,
    pub(crate) verdict: Verdict,
    pub(crate) commit: String,
    pub(crate) submitted: Millis,
}

#[derive(Debug, Clone)]
pub(crate) struct ReviewComment {
    pub(crate) id: Id,
    pub(crate) repository: Id,
    pub(crate) item: Id,
    pub(crate) review: Id,
    pub(crate) author: Id,
    pub(crate) body: String,
    pub(crate) path: String,
    pub(crate) line: Option<u64>,
    pub(crate) start_line: Option<u64>,
    pub(crate) commit: String,
    pub(crate) answers: Option<Id>,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
}

/// A comment on a line, not yet part of a review.
#[derive(Debug, Clone)]
pub(crate) struct Remark {
    pub(crate) path: String,
    pub(crate) line: Option<u64>,
    pub(crate) start_line: Option<u64>,
    pub(crate) body: String,
    pub(crate) answers: Option<Id>,
}
