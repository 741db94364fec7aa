//! What every forge has, in words that none of them owns.

mod check;
mod feed;
mod item;
mod names;
mod review;
mod role;

pub use check::{Check, CheckStatus, Conclusion};
pub use feed::{Feed, FeedEvent};
pub use item::{Comment, Issue, IssueState, PullRequest, PullRequestState, Upsert};
pub use names::{Login, NotAName, RepoId};
pub use review::{Feedback, ReviewThread, ReviewVerdict, Side, SubmittedReview, ThreadComment};
pub use role::{Role, User};
