//! Comments on issues and pull requests.

use serde::Deserialize;

use super::ITEMS;
use super::issues::{own_or, whole_seconds};
use crate::github::call::Call;
use crate::github::operation::{Operation, within};
use crate::github::reply::{Refusal, Reply};
use crate::model::access::Level::{Read, Write};
use crate::model::app::Access;
use crate::model::item::Comment;

pub(super) const TABLE: &[Operation] = &[
    within("GET", "/repos/{owner}/{repo}/issues/comments", ITEMS, Access::Read, Read, of_repository),
    within("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}", ITEMS, Access::Read, Read, get),
    within("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", ITEMS, Access::Write, Read, update),
    within("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}", ITEMS, Access::Write, Read, delete),
    within("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", ITEMS, Access::Read, Read, of_item),
    within("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", ITEMS, Access::Write, Read, create),
];

/// The longest text that GitHub takes, in characters.
pub(super) const LONGEST: usize = 65_536;

fn of_repository(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (world, since) = (call.world(), call.since()?);
    let comments = world.comments.values().filter(|comment| comment.repository == call.repository);
    let mut all: Vec<&Comment> = comments
        .filter(|comment| world.lag.sees(comment.id))
        .filter(|comment| since.is_none_or(|since| whole_seconds(comment.updated) >= since))
        .collect();
    match call.query("sort") {
        Some("updated") => all.sort_by_key(|comment| (whole_seconds(comment.updated), comment.id)),
        _ => all.sort_by_key(|comment| comment.id),
    }
    // Without `sort` the direction is ignored.
    if call.query("sort").is_some() && call.query("direction") != Some("asc") {
        all.reverse();
    }
    call.list(all, |comment| call.show().comment(comment))
}

fn of_item(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (item, since, world) = (call.item()?.id, call.since()?, call.world());
    let comments = world.comments.values().filter(|comment| comment.item == item && world.lag.sees(comment.id));
    let all = comments.filter(|comment| since.is_none_or(|since| whole_seconds(comment.updated) >= since)).collect();
    call.list(all, |comment: &Comment| call.show().comment(comment))
}

/// The comment that the path names.
pub(super) fn named<'a>(call: &'a Call<'_>) -> Result<&'a Comment, Refusal> {
    let found = call.world().comments.get(&call.id("comment_id")?);
    let found = found.filter(|comment| comment.repository == call.repository && call.world().lag.sees(comment.id));
    found.ok_or_else(Refusal::not_found)
}

fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::ok(call.show().comment(named(call)?)))
}

#[derive(Deserialize)]
pub(super) struct Text {
    pub(super) body: String,
}

/// A text that is there and not too long.
pub(super) fn text(call: &Call<'_>, resource: &str) -> Result<String, Refusal> {
    let Text { body } = call.read()?;
    if body.trim().is_empty() {
        return Err(Refusal::field(resource, "body", "missing_field"));
    }
    if body.chars().count() > LONGEST {
        return Err(Refusal::invalid(format!("Body is too long (maximum is {LONGEST} characters)")));
    }
    Ok(body)
}

fn create(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let body = text(call, "IssueComment")?;
    let (actor, item) = (call.actor()?, call.item()?.id);
    let id = call.world_mut().comment(actor, item, &body);
    call.made(id);
    let comment = call.world().comments.get(&id).ok_or_else(Refusal::not_found)?;
    let value = call.show().comment(comment);
    let url = value["url"].as_str().unwrap_or_default().to_owned();
    Ok(Reply::created(value).with_header("location", url))
}

fn update(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let body = text(call, "IssueComment")?;
    let (actor, comment) = (call.actor()?, named(call)?);
    let id = comment.id;
    own_or(call, comment.author, Write)?;
    call.world_mut().edit_comment(actor, id, &body);
    get(call)
}

fn delete(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (actor, comment) = (call.actor()?, named(call)?);
    let id = comment.id;
    own_or(call, comment.author, Write)?;
    call.world_mut().delete_comment(actor, id);
    Ok(Reply::no_content())
}
