//! Comments on lines of a pull request.

use serde::Deserialize;

use super::PULLS;
use super::issue_comments::text;
use super::issues::{own_or, whole_seconds};
use crate::github::call::Call;
use crate::github::operation::{Operation, within};
use crate::github::reply::{Refusal, Reply};
use crate::model::Id;
use crate::model::access::Level::{Read, Write};
use crate::model::app::Access;
use crate::model::review::{Remark, ReviewComment, Verdict};

pub(super) const TABLE: &[Operation] = &[
    within("GET", "/repos/{owner}/{repo}/pulls/comments", PULLS, Access::Read, Read, of_repository),
    within("GET", "/repos/{owner}/{repo}/pulls/comments/{comment_id}", PULLS, Access::Read, Read, get),
    within("PATCH", "/repos/{owner}/{repo}/pulls/comments/{comment_id}", PULLS, Access::Write, Read, update),
    within("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/comments", PULLS, Access::Read, Read, of_item),
    within("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/comments", PULLS, Access::Write, Read, create),
    within(
        "POST",
        "/repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies",
        PULLS,
        Access::Write,
        Read,
        reply,
    ),
];

fn listed(call: &Call<'_>, fits: impl Fn(&ReviewComment) -> bool) -> Result<Reply, Refusal> {
    let since = call.since()?;
    let mut all: Vec<&ReviewComment> = call
        .world()
        .review_comments
        .values()
        .filter(|comment| fits(comment) && since.is_none_or(|since| whole_seconds(comment.updated) >= since))
        .collect();
    if call.query("sort") == Some("updated") {
        all.sort_by_key(|comment| (whole_seconds(comment.updated), comment.id));
    }
    if call.query("direction") == Some("desc") {
        all.reverse();
    }
    call.list(all, |comment| call.show().review_comment(comment))
}

fn of_repository(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    listed(call, |comment| comment.repository == call.repository)
}

fn of_item(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let item = call.item()?.id;
    listed(call, |comment| comment.item == item)
}

/// The comment that the path names.
pub(super) fn named<'a>(call: &'a Call<'_>) -> Result<&'a ReviewComment, Refusal> {
    let found = call.world().review_comments.get(&call.id("comment_id")?);
    found.filter(|comment| comment.repository == call.repository).ok_or_else(Refusal::not_found)
}

fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::ok(call.show().review_comment(named(call)?)))
}

fn update(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let body = text(call, "PullRequestReviewComment")?;
    let (actor, comment) = (call.actor()?, named(call)?);
    let id = comment.id;
    own_or(call, comment.author, Write)?;
    call.world_mut().edit_review_comment(actor, id, &body);
    get(call)
}

#[derive(Deserialize)]
struct Create {
    body: String,
    path: String,
    line: Option<u64>,
    start_line: Option<u64>,
    in_reply_to: Option<Id>,
}

fn create(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let asked: Create = call.read()?;
    let Create { body, path, line, start_line, in_reply_to } = asked;
    let item = call.item()?.id;
    add(call, item, Remark { path, line, start_line, body, answers: in_reply_to })
}

fn reply(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let body = text(call, "PullRequestReviewComment")?;
    let (item, comment) = (call.item()?.id, named(call)?);
    if comment.item != item {
        return Err(Refusal::not_found());
    }
    let (path, line, start_line) = (comment.path.clone(), comment.line, comment.start_line);
    // All answers of a thread hang on its first comment.
    let answers = Some(comment.answers.unwrap_or(comment.id));
    add(call, item, Remark { path, line, start_line, body, answers })
}

/// A single comment is a review of its own.
fn add(call: &mut Call<'_>, item: Id, remark: Remark) -> Result<Reply, Refusal> {
    let actor = call.actor()?;
    let review = call.world_mut().review(actor, item, Verdict::Commented, "", &[remark]);
    let comment = call.world().review_comments.values().find(|comment| comment.review == review);
    Ok(Reply::created(call.show().review_comment(comment.ok_or_else(Refusal::not_found)?)))
}
