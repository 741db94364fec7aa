//! What reviewers say on a pull request: threads on lines, and submitted reviews.

use forgeline_model::Timestamp;
use serde::Serialize;

use super::Login;

words! {
    /// Which side of a difference a line is on.
    Side, "side" {
        /// As it was on the base.
        Old = "old",
        /// As the pull request has it.
        New = "new",
    }
}

words! {
    /// What a review says of the whole pull request.
    ReviewVerdict, "review verdict" {
        /// Nothing.
        Commented = "commented",
        /// It may be merged.
        Approved = "approved",
        /// It may not be merged like this.
        ChangesRequested = "changes_requested",
        /// Something that was taken back.
        Dismissed = "dismissed",
    }
}

/// A thread on lines of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReviewThread {
    /// Number that the forge gives to no other thread of the pull request.
    pub id: u64,
    /// The file.
    pub path: String,
    /// The last line that it is about, at `commit` and from 1; none for the whole file.
    pub line: Option<u32>,
    /// The first line, if there are several.
    pub start_line: Option<u32>,
    /// Which side the lines are on.
    pub side: Side,
    /// The head that was looked at, 40 hex digits; empty when the forge does not say.
    pub commit: String,
    /// The lines as they were then; empty when they cannot be read any more.
    pub quote: String,
    /// Whether somebody said that it is settled.
    pub resolved: bool,
    /// Whether the lines have changed since.
    pub outdated: bool,
    /// What was said, oldest first.
    pub comments: Vec<ThreadComment>,
}

/// One comment of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThreadComment {
    /// Its number.
    pub id: u64,
    /// Who wrote it.
    pub author: Login,
    /// Markdown, the hidden marker included.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A review that somebody submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubmittedReview {
    /// Its number.
    pub id: u64,
    /// Who.
    pub author: Login,
    /// What it says of the whole pull request.
    pub verdict: ReviewVerdict,
    /// Markdown; may be empty.
    pub body: String,
    /// When.
    pub submitted_at: Timestamp,
}

/// What all reviewers said so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Feedback {
    /// Threads on lines, oldest first.
    pub threads: Vec<ReviewThread>,
    /// Submitted reviews, oldest first.
    pub reviews: Vec<SubmittedReview>,
}

impl Feedback {
    /// Reviews that ask for changes and that their author has neither replaced nor taken back, oldest first.
    pub fn requested_changes(&self) -> impl Iterator<Item = &SubmittedReview> {
        let is_last = |at: usize, review: &SubmittedReview| {
            let decides =
                |later: &SubmittedReview| later.author == review.author && later.verdict != ReviewVerdict::Commented;
            !self.reviews[at + 1..].iter().any(decides)
        };
        let asks = move |(at, review): &(usize, &SubmittedReview)| {
            review.verdict == ReviewVerdict::ChangesRequested && is_last(*at, review)
        };
        self.reviews.iter().enumerate().filter(asks).map(|(_, review)| review)
    }
}

#[cfg(test)]
mod tests {
    use forgeline_model::Timestamp;

    use super::{
        Feedback,
        ReviewVerdict::{self, Approved, ChangesRequested, Commented, Dismissed},
        SubmittedReview,
    };

    #[test]
    fn a_request_counts_until_its_author_says_otherwise() {
        let review = |id: u64, author: &str, verdict: ReviewVerdict| SubmittedReview {
            id,
            author: author.parse().expect("a login"),
            verdict,
            body: String::new(),
            submitted_at: Timestamp::from_millis(0),
        };
        let reviews = vec![
            review(1, "ana", ChangesRequested),
            review(2, "ben", ChangesRequested),
            review(3, "eve", ChangesRequested),
            review(4, "bo", ChangesRequested),
            review(5, "ana", Approved),
            review(6, "ben", Commented),
            review(7, "eve", ChangesRequested),
            review(8, "bo", Dismissed),
        ];
        let feedback = Feedback { threads: Vec::new(), reviews };
        assert_eq!(feedback.requested_changes().map(|it| it.id).collect::<Vec<_>>(), [2, 7]);
    }
}
