//! Labels of repositories and of items.

use serde::Deserialize;
use serde_json::Value;

use super::ITEMS;
use super::issues::set_labels;
use crate::github::call::Call;
use crate::github::operation::{Operation, within};
use crate::github::reply::{Refusal, Reply};
use crate::model::access::Level::{Read, Triage, Write};
use crate::model::app::Access;

pub(super) const TABLE: &[Operation] = &[
    within("GET", "/repos/{owner}/{repo}/labels", ITEMS, Access::Read, Read, list),
    within("POST", "/repos/{owner}/{repo}/labels", ITEMS, Access::Write, Write, create),
    within("GET", "/repos/{owner}/{repo}/labels/{name}", ITEMS, Access::Read, Read, get),
    within("GET", "/repos/{owner}/{repo}/issues/{issue_number}/labels", ITEMS, Access::Read, Read, of_item),
    within("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels", ITEMS, Access::Write, Triage, add),
    within("PUT", "/repos/{owner}/{repo}/issues/{issue_number}/labels", ITEMS, Access::Write, Triage, set),
    within("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", ITEMS, Access::Write, Triage, remove),
];

fn list(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let repository = call.world().repositories.get(&call.repository).ok_or_else(Refusal::not_found)?;
    call.list(repository.labels.values().collect(), |label| call.show().label(call.repository, label))
}

fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let label = call.world().label_named(call.repository, call.param("name")).ok_or_else(Refusal::not_found)?;
    Ok(Reply::ok(call.show().label(call.repository, label)))
}

#[derive(Deserialize)]
struct Create {
    name: String,
    color: Option<String>,
    description: Option<String>,
}

fn create(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let asked: Create = call.read()?;
    let repository = call.repository;
    if call.world().label_named(repository, &asked.name).is_some() {
        return Err(Refusal::field("Label", "name", "already_exists"));
    }
    let color = asked.color.unwrap_or_else(|| "ededed".to_owned());
    if color.len() != 6 || !color.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Refusal::field("Label", "color", "invalid"));
    }
    call.world_mut().ensure_label(repository, &asked.name, &color, asked.description);
    let label = call.world().label_named(repository, &asked.name).ok_or_else(Refusal::not_found)?;
    Ok(Reply::created(call.show().label(repository, label)))
}

fn of_item(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let labels = call.world().labels_of(call.item()?);
    call.list(labels, |label| call.show().label(call.repository, label))
}

/// Names come in an object, as a bare list, or as a list of objects.
fn names(body: &Value) -> Vec<String> {
    let list = body.get("labels").unwrap_or(body);
    let name = |label: &Value| label.as_str().or_else(|| label["name"].as_str()).map(str::to_owned);
    list.as_array().into_iter().flatten().filter_map(name).collect()
}

fn all_of_item(call: &Call<'_>) -> Result<Reply, Refusal> {
    let labels = call.world().labels_of(call.item()?);
    Ok(Reply::ok(labels.into_iter().map(|label| call.show().label(call.repository, label)).collect()))
}

fn add(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (actor, item, names) = (call.actor()?, call.item()?.id, names(&call.body));
    for name in &names {
        call.world_mut().label(actor, item, name);
    }
    all_of_item(call)
}

fn set(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (actor, item, names) = (call.actor()?, call.item()?.id, names(&call.body));
    set_labels(call, actor, item, &names);
    all_of_item(call)
}

fn remove(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (actor, item, name) = (call.actor()?, call.item()?.id, call.param("name").to_owned());
    if !call.world_mut().unlabel(actor, item, &name) {
        return Err(Refusal::new(404, "Label does not exist"));
    }
    all_of_item(call)
}
