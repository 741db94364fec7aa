//! Reviews and their comments on lines.

use serde_json::{Value, json};

use super::{Show, node};
use crate::model::clock::iso;
use crate::model::item::Subject;
use crate::model::review::{Review, ReviewComment, Verdict};

impl Show<'_> {
    pub(crate) fn review(&self, review: &Review) -> Value {
        let Some(item) = self.world.items.get(&review.item) else { return Value::Null };
        let pull = format!("{}/pulls/{}", self.repo_api(review.repository), item.number);
        let web = format!("{}#pullrequestreview-{}", self.item_web(item), review.id);
        json!({
            "id": review.id,
            "node_id": node("PRR", review.id),
            "user": self.user(review.author),
            "body": review.body,
            "state": verdict(review.verdict),
            "html_url": web,
            "pull_request_url": pull,
            "_links": { "html": { "href": web }, "pull_request": { "href": pull } },
            "submitted_at": iso(review.submitted),
            "commit_id": review.commit,
            "author_association": self.association(review.author, review.repository),
        })
    }

    pub(crate) fn review_comment(&self, comment: &ReviewComment) -> Value {
        let Some(item) = self.world.items.get(&comment.item) else { return Value::Null };
        let api = self.repo_api(comment.repository);
        let url = format!("{api}/pulls/comments/{}", comment.id);
        let pull = format!("{api}/pulls/{}", item.number);
        let web = format!("{}#discussion_r{}", self.item_web(item), comment.id);
        let mut value = json!({
            "id": comment.id,
            "node_id": node("PRRC", comment.id),
            "url": url,
            "pull_request_review_id": comment.review,
            "diff_hunk": "@@",
            "path": comment.path,
            "commit_id": comment.commit,
            "original_commit_id": comment.commit,
            "user": self.user(comment.author),
            "body": comment.body,
            "created_at": iso(comment.created),
            "updated_at": iso(comment.updated),
            "html_url": web,
            "pull_request_url": pull,
            "author_association": self.association(comment.author, comment.repository),
            "_links": { "self": { "href": url }, "html": { "href": web }, "pull_request": { "href": pull } },
            "side": "RIGHT",
            "subject_type": if comment.line.is_some() { "line" } else { "file" },
            "reactions": self.rollup(Subject::ReviewComment(comment.id), &url),
        });
        if let Some(line) = comment.line {
            value["line"] = line.into();
            value["original_line"] = line.into();
        }
        if let Some(line) = comment.start_line {
            value["start_line"] = line.into();
            value["original_start_line"] = line.into();
            value["start_side"] = "RIGHT".into();
        }
        if let Some(answers) = comment.answers {
            value["in_reply_to_id"] = answers.into();
        }
        value
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Commented => "COMMENTED",
        Verdict::Approved => "APPROVED",
        Verdict::ChangesRequested => "CHANGES_REQUESTED",
    }
}
