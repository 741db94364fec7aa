//! What happened to items.

use serde_json::Value;

use super::ITEMS;
use crate::github::call::Call;
use crate::github::operation::{Operation, within};
use crate::github::reply::{Refusal, Reply};
use crate::model::access::Level::Read;
use crate::model::app::Access;

pub(super) const TABLE: &[Operation] = &[
    within("GET", "/repos/{owner}/{repo}/issues/events", ITEMS, Access::Read, Read, of_repository),
    within("GET", "/repos/{owner}/{repo}/issues/{issue_number}/events", ITEMS, Access::Read, Read, of_item),
    within("GET", "/repos/{owner}/{repo}/issues/{issue_number}/timeline", ITEMS, Access::Read, Read, timeline),
];

/// Newest first.
fn of_repository(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let events = call.world().events.values().rev().filter(|event| event.repository == call.repository).collect();
    call.list(events, |event| call.show().event_with_issue(event))
}

/// Oldest first.
fn of_item(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let item = call.item()?.id;
    let events = call.world().events.values().filter(|event| event.item == item).collect();
    call.list(events, |event| call.show().event(event))
}

/// Events, comments and reviews, oldest first.
fn timeline(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (item, world, show) = (call.item()?.id, call.world(), call.show());
    let events = world.events.values().filter(|event| event.item == item);
    let comments = world.comments.values().filter(|comment| comment.item == item && world.lag.sees(comment.id));
    let reviews = world.reviews.values().filter(|review| review.item == item);
    let mut all: Vec<(u64, Value)> = events.map(|event| (event.id, show.event(event))).collect();
    all.extend(comments.map(|comment| (comment.id, show.timeline_comment(comment))));
    all.extend(reviews.map(|review| (review.id, show.timeline_review(review))));
    // Ids are given in the order of time.
    all.sort_by_key(|(id, _)| *id);
    call.list(all, |(_, value)| value)
}
