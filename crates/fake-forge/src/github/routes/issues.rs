//! Issues; pull requests are issues too.

use serde::Deserialize;
use serde_json::Value;

use super::ITEMS;
use crate::github::auth::Caller;
use crate::github::call::Call;
use crate::github::operation::{Operation, within};
use crate::github::reply::{Refusal, Reply};
use crate::model::access::Level::{self, Read, Triage};
use crate::model::app::Access;
use crate::model::item::Item;
use crate::model::{Actor, Id};

pub(super) const TABLE: &[Operation] = &[
    within("GET", "/repos/{owner}/{repo}/issues", ITEMS, Access::Read, Read, list),
    within("POST", "/repos/{owner}/{repo}/issues", ITEMS, Access::Write, Read, create),
    within("GET", "/repos/{owner}/{repo}/issues/{issue_number}", ITEMS, Access::Read, Read, get),
    within("PATCH", "/repos/{owner}/{repo}/issues/{issue_number}", ITEMS, Access::Write, Read, update),
    within("POST", "/repos/{owner}/{repo}/issues/{issue_number}/assignees", ITEMS, Access::Write, Triage, assign),
    within("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/assignees", ITEMS, Access::Write, Triage, unassign),
];

/// What people may do to their own items others may do with some right only.
pub(super) fn own_or(call: &Call<'_>, author: Id, level: Level) -> Result<(), Refusal> {
    match &call.caller {
        Caller::Person(user) if *user != author && call.world().level(*user, call.repository) < level => {
            Err(Refusal::forbidden("Must have admin rights to Repository."))
        }
        _ => Ok(()),
    }
}

fn list(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (world, since) = (call.world(), call.since()?);
    let state = call.query("state").unwrap_or("open");
    let labels: Vec<&str> = call.query("labels").map(|labels| labels.split(',').collect()).unwrap_or_default();
    let creator = call.query("creator");
    let fits = |item: &&Item| {
        let its: Vec<&str> = world.labels_of(item).iter().map(|label| label.name.as_str()).collect();
        let author = world.users.get(&item.author).map(|user| user.login.as_str());
        item.repository == call.repository
            && world.lag.sees(item.id)
            && (state == "all" || (state == "closed") == item.closed.is_some())
            && since.is_none_or(|since| whole_seconds(item.updated) >= since)
            && labels.iter().all(|label| its.iter().any(|has| has.eq_ignore_ascii_case(label)))
            && creator.is_none_or(|creator| author == Some(creator))
    };
    let mut items: Vec<&Item> = world.items.values().filter(fits).collect();
    sort(call, &mut items);
    call.list(items, |item| call.show().issue(item))
}

/// Times in answers have whole seconds, so filters compare those.
pub(super) fn whole_seconds(at: i64) -> i64 {
    at.div_euclid(1000) * 1000
}

/// By `sort` and `direction`; newest first if nothing is said.
pub(super) fn sort(call: &Call<'_>, items: &mut [&Item]) {
    match call.query("sort") {
        Some("updated") => items.sort_by_key(|item| (whole_seconds(item.updated), item.id)),
        _ => items.sort_by_key(|item| (item.created, item.id)),
    }
    if call.query("direction") != Some("asc") {
        items.reverse();
    }
}

/// Names of labels come as texts or as objects.
fn label_names(labels: &[Value]) -> Vec<String> {
    let name = |label: &Value| label.as_str().or_else(|| label["name"].as_str()).map(str::to_owned);
    labels.iter().filter_map(name).collect()
}

fn title_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[derive(Deserialize)]
struct Create {
    title: Value,
    body: Option<String>,
    labels: Option<Vec<Value>>,
    assignees: Option<Vec<String>>,
}

fn create(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let asked: Create = call.read()?;
    let (actor, repository) = (call.actor()?, call.repository);
    let title = title_of(&asked.title);
    if title.trim().is_empty() {
        return Err(Refusal::field("Issue", "title", "missing_field"));
    }
    // Labels and assignees of people without the right to set them are dropped silently.
    let may = own_or(call, 0, Triage).is_ok();
    let assignees = may_be_assigned(call, asked.assignees.as_deref().unwrap_or_default());
    let world = call.world_mut();
    let item = world.open_item(actor, repository, &title, asked.body.as_deref().unwrap_or_default());
    if may {
        for name in label_names(asked.labels.as_deref().unwrap_or_default()) {
            world.label(actor, item, &name);
        }
        for user in assignees {
            world.assign(actor, item, user);
        }
    }
    call.made(item);
    show(call, item).map(Reply::created)
}

fn show(call: &Call<'_>, item: Id) -> Result<Value, Refusal> {
    let item = call.world().items.get(&item).ok_or_else(Refusal::not_found)?;
    Ok(call.show().issue(item))
}

fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let item = call.item()?.id;
    show(call, item).map(Reply::ok)
}

#[derive(Deserialize)]
struct Update {
    title: Option<Value>,
    body: Option<String>,
    state: Option<String>,
    state_reason: Option<String>,
    labels: Option<Vec<Value>>,
    assignees: Option<Vec<String>>,
}

fn update(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let asked: Update = call.read()?;
    let (actor, item) = (call.actor()?, call.item()?);
    let id = item.id;
    own_or(call, item.author, Triage)?;
    let assignees = asked.assignees.as_deref().map(|names| may_be_assigned(call, names));
    let world = call.world_mut();
    world.edit_item(actor, id, asked.title.as_ref().map(title_of).as_deref(), asked.body.as_deref());
    if let Some(labels) = asked.labels {
        set_labels(call, actor, id, &label_names(&labels));
    }
    if let Some(assignees) = assignees {
        let had = call.world().items.get(&id).map(|item| item.assignees.clone()).unwrap_or_default();
        had.iter()
            .filter(|user| !assignees.contains(user))
            .for_each(|user| call.world_mut().unassign(actor, id, *user));
        assignees.iter().for_each(|user| call.world_mut().assign(actor, id, *user));
    }
    match asked.state.as_deref() {
        Some("closed") => call.world_mut().close(actor, id, asked.state_reason.as_deref() != Some("not_planned"), None),
        Some("open") => call.world_mut().reopen(actor, id)?,
        _ => {}
    }
    show(call, id).map(Reply::ok)
}

/// Makes the labels of an item exactly these.
pub(super) fn set_labels(call: &mut Call<'_>, actor: Actor, item: Id, names: &[String]) {
    let world = call.world_mut();
    let had: Vec<String> = match world.items.get(&item) {
        Some(item) => world.labels_of(item).iter().map(|label| label.name.clone()).collect(),
        None => return,
    };
    let keeps = |name: &String| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
    for name in had.iter().filter(|name| !keeps(name)) {
        world.unlabel(actor, item, name);
    }
    for name in names {
        world.label(actor, item, name);
    }
}

/// Those who have some right in the repository; the others are dropped silently.
fn may_be_assigned(call: &Call<'_>, names: &[String]) -> Vec<Id> {
    let users = names.iter().filter_map(|name| call.world().user_named(name));
    users.map(|user| user.id).filter(|id| call.world().granted(*id, call.repository) >= Read).collect()
}

#[derive(Deserialize)]
struct Assignees {
    #[serde(default)]
    assignees: Vec<String>,
}

fn assign(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let asked: Assignees = call.read()?;
    let (actor, item) = (call.actor()?, call.item()?.id);
    for user in may_be_assigned(call, &asked.assignees) {
        call.world_mut().assign(actor, item, user);
    }
    show(call, item).map(Reply::created)
}

fn unassign(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let asked: Assignees = call.read()?;
    let (actor, item) = (call.actor()?, call.item()?.id);
    for user in may_be_assigned(call, &asked.assignees) {
        call.world_mut().unassign(actor, item, user);
    }
    show(call, item).map(Reply::ok)
}
