//! Reactions on items and comments.

use serde::Deserialize;

use super::issues::own_or;
use super::{ITEMS, PULLS, issue_comments, review_comments};
use crate::github::call::Call;
use crate::github::operation::{Operation, within};
use crate::github::reply::{Refusal, Reply};
use crate::model::access::Level::{Admin, Read};
use crate::model::app::Access;
use crate::model::item::{Reaction, Subject};

pub(super) const TABLE: &[Operation] = &[
    within(
        "GET",
        "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
        ITEMS,
        Access::Read,
        Read,
        list_comment,
    ),
    within(
        "POST",
        "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
        ITEMS,
        Access::Write,
        Read,
        on_comment,
    ),
    within(
        "DELETE",
        "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}",
        ITEMS,
        Access::Write,
        Read,
        delete,
    ),
    within("GET", "/repos/{owner}/{repo}/issues/{issue_number}/reactions", ITEMS, Access::Read, Read, list_item),
    within("POST", "/repos/{owner}/{repo}/issues/{issue_number}/reactions", ITEMS, Access::Write, Read, on_item),
    within(
        "POST",
        "/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions",
        PULLS,
        Access::Write,
        Read,
        on_remark,
    ),
];

fn list(call: &Call<'_>, on: Subject) -> Result<Reply, Refusal> {
    let content = call.query("content");
    let fits = |found: &&Reaction| found.on == on && content.is_none_or(|content| found.content == content);
    let all = call.world().reactions.values().filter(fits).collect();
    call.list(all, |reaction| call.show().reaction(reaction))
}

#[derive(Deserialize)]
struct Create {
    content: String,
}

/// 201 for a new one, 200 for one that was there.
fn create(call: &mut Call<'_>, on: Subject) -> Result<Reply, Refusal> {
    let Create { content } = call.read()?;
    let user = call.actor()?.user;
    let (id, new) = call.world_mut().react(user, on, &content);
    let reaction = call.world().reactions.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(Reply::status(if new { 201 } else { 200 }).with(call.show().reaction(reaction)))
}

fn list_comment(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    list(call, Subject::Comment(issue_comments::named(call)?.id))
}

fn on_comment(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let on = Subject::Comment(issue_comments::named(call)?.id);
    create(call, on)
}

fn list_item(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    list(call, Subject::Item(call.item()?.id))
}

fn on_item(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let on = Subject::Item(call.item()?.id);
    create(call, on)
}

fn on_remark(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let on = Subject::ReviewComment(review_comments::named(call)?.id);
    create(call, on)
}

fn delete(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (on, id) = (Subject::Comment(issue_comments::named(call)?.id), call.id("reaction_id")?);
    let found = call.world().reactions.get(&id).filter(|found| found.on == on).ok_or_else(Refusal::not_found)?;
    own_or(call, found.user, Admin)?;
    call.world_mut().reactions.remove(&id);
    Ok(Reply::no_content())
}
