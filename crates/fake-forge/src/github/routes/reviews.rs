//! Reviews of pull requests.

use serde::Deserialize;

use super::PULLS;
use crate::github::call::Call;
use crate::github::operation::{Operation, within};
use crate::github::reply::{Refusal, Reply};
use crate::model::access::Level::Read;
use crate::model::app::Access;
use crate::model::review::{Remark, Verdict};

pub(super) const TABLE: &[Operation] = &[
    within("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", PULLS, Access::Read, Read, list),
    within("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", PULLS, Access::Write, Read, create),
    within(
        "GET",
        "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments",
        PULLS,
        Access::Read,
        Read,
        comments,
    ),
];

fn list(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let item = call.item()?.id;
    let reviews = call.world().reviews.values().filter(|review| review.item == item).collect();
    call.list(reviews, |review| call.show().review(review))
}

#[derive(Deserialize)]
struct Create {
    body: Option<String>,
    event: Option<String>,
    #[serde(default)]
    comments: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    path: String,
    body: String,
    line: Option<u64>,
    start_line: Option<u64>,
}

fn create(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let asked: Create = call.read()?;
    let (actor, item) = (call.actor()?, call.item()?);
    let (id, author) = (item.id, item.author);
    let verdict = match asked.event.as_deref() {
        Some("APPROVE") => Verdict::Approved,
        Some("REQUEST_CHANGES") => Verdict::ChangesRequested,
        Some("COMMENT") => Verdict::Commented,
        _ => return Err(Refusal::invalid("The fake forge has no pending reviews; send an event.")),
    };
    if author == actor.user && verdict != Verdict::Commented {
        return Err(Refusal::invalid("Review Can not approve or request changes on your own pull request"));
    }
    let body = asked.body.unwrap_or_default();
    if verdict != Verdict::Approved && body.trim().is_empty() && asked.comments.is_empty() {
        return Err(Refusal::field("PullRequestReview", "body", "missing_field"));
    }
    let remarks: Vec<Remark> = asked
        .comments
        .into_iter()
        .map(|line| Remark {
            path: line.path,
            line: line.line,
            start_line: line.start_line,
            body: line.body,
            answers: None,
        })
        .collect();
    let review = call.world_mut().review(actor, id, verdict, &body, &remarks);
    let review = call.world().reviews.get(&review).ok_or_else(Refusal::not_found)?;
    Ok(Reply::ok(call.show().review(review)))
}

fn comments(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (item, review) = (call.item()?.id, call.id("review_id")?);
    call.world().reviews.get(&review).filter(|found| found.item == item).ok_or_else(Refusal::not_found)?;
    let all = call.world().review_comments.values().filter(|comment| comment.review == review).collect();
    call.list(all, |comment| {
        // The position in the diff is all that this older form knows of the line.
        let mut value = call.show().review_comment(comment);
        value["position"] = comment.line.unwrap_or(1).into();
        value["original_position"] = comment.line.unwrap_or(1).into();
        value
    })
}
