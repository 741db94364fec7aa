//! Pull requests.

use serde_json::{Value, json};

use super::call::Call;
use super::list as wrapped;
use super::reply::{Outcome, Refusal, Reply};
use super::shape::{self, time};
use super::{repositories, work_items};
use crate::model::Id;
use crate::model::access::Level;
use crate::model::item::Item;
use crate::model::refs::Proposal;

/// Longest description.
const LONGEST_BODY: usize = 4000;

pub(super) fn find(call: &mut Call<'_>, repository: Id, id: &str) -> Result<Id, Refusal> {
    let id: Id = id.parse().map_err(|_| Refusal::new(400, "The request is invalid."))?;
    let found = call.look().items.get(&id).filter(|it| it.repository == repository && it.pull.is_some());
    found
        .map(|it| it.id)
        .ok_or_else(|| Refusal::new(404, format!("TF401180: The requested pull request was not found: {id}.")))
}

pub(super) fn list(call: &mut Call<'_>, repository: Id) -> Outcome {
    let status = call.param("searchCriteria.status").unwrap_or_else(|| "active".to_owned());
    let head = call.param("searchCriteria.sourceRefName");
    let since = call.param("searchCriteria.minTime");
    let by = call.param("searchCriteria.queryTimeRangeType");
    let (top, skip) = (call.number("$top").unwrap_or(101), call.number("$skip").unwrap_or(0));
    let wanted = |item: &&Item| {
        let Some(pull) = &item.pull else { return false };
        let is_status = match status.as_str() {
            "active" => item.closed.is_none(),
            "completed" => pull.merged.is_some(),
            "abandoned" => item.closed.is_some() && pull.merged.is_none(),
            _ => true,
        };
        let at =
            if by.as_deref() == Some("closed") { item.closed.as_ref().map(|it| it.at) } else { Some(item.created) };
        let is_new = since.as_ref().is_none_or(|since| {
            let since: Option<jiff::Timestamp> = since.parse().ok();
            since.zip(at).is_some_and(|(since, at)| at >= since.as_millisecond())
        });
        let is_head = head.as_ref().is_none_or(|head| *head == format!("refs/heads/{}", pull.head_branch));
        item.repository == repository && is_status && is_new && is_head
    };
    let found = call.look().items.values().rev().filter(wanted).skip(skip).take(top);
    Ok(Reply::ok(wrapped(found.map(|item| shape::pull(call, item, false)).collect())))
}

fn shown(call: &Call<'_>, item: Id) -> Value {
    call.look().items.get(&item).map_or(Value::Null, |item| shape::pull(call, item, true))
}

pub(super) fn one(call: &mut Call<'_>, item: Id) -> Outcome {
    Ok(Reply::ok(shown(call, item)))
}

pub(super) fn open(call: &mut Call<'_>, repository: Id) -> Outcome {
    call.needs(repository, Level::Write)?;
    let branch = |call: &Call<'_>, pointer: &str| {
        call.text(pointer).and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned)).unwrap_or_default()
    };
    let (head, base) = (branch(call, "/sourceRefName"), branch(call, "/targetRefName"));
    let (title, body) = (call.text("/title").unwrap_or_default(), call.text("/description").unwrap_or_default());
    judge(call, Some(&title), Some(&body))?;
    let named = call.body.get("workItemRefs").and_then(Value::as_array).cloned().unwrap_or_default();
    let owner = call.look().repositories.get(&repository).map_or(0, |it| it.owner);
    let mut linked = Vec::new();
    for reference in named {
        linked.push(work_items::find(call, owner, reference["id"].as_str().unwrap_or_default())?);
    }
    let draft = call.body.get("isDraft").and_then(Value::as_bool).unwrap_or(false);
    let actor = call.actor();
    let asked = Proposal {
        title: &title,
        body: &body,
        head_repository: repository,
        head_branch: &head,
        base_branch: &base,
        draft,
    };
    let item = call.world().open_pull(actor, repository, &asked)?;
    for work_item in linked {
        call.world().links.insert((work_item, item));
        call.world().touch(work_item);
    }
    Ok(Reply::created(shown(call, item)))
}

fn judge(call: &mut Call<'_>, title: Option<&str>, body: Option<&str>) -> Result<(), Refusal> {
    if title.is_some_and(|title| title.is_empty() || title.chars().count() > 400) {
        call.problem("a pull request has a title of 1 to 400 characters");
        return Err(Refusal::new(400, "TF401321: The title is not valid."));
    }
    if body.is_some_and(|body| body.encode_utf16().count() > LONGEST_BODY) {
        call.problem("a pull request's description has at most 4000 characters");
        return Err(Refusal::new(
            400,
            "Invalid argument value. Parameter name: A description for a pull request must not be longer than 4000 characters.",
        ));
    }
    Ok(())
}

pub(super) fn edit(call: &mut Call<'_>, item: Id) -> Outcome {
    let repository = call.look().items.get(&item).map_or(0, |it| it.repository);
    call.needs(repository, Level::Write)?;
    let (title, body) = (call.text("/title"), call.text("/description"));
    judge(call, title.as_deref(), body.as_deref())?;
    let (status, base) = (call.text("/status"), call.text("/targetRefName"));
    let actor = call.actor();
    let world = call.world();
    world.edit_item(actor, item, title.as_deref(), body.as_deref());
    if let Some(base) = base.as_deref().and_then(|base| base.strip_prefix("refs/heads/"))
        && let Some(pull) = world.items.get_mut(&item).and_then(|it| it.pull.as_mut())
    {
        pull.base_branch = base.to_owned();
    }
    match status.as_deref() {
        Some("abandoned") => world.close(actor, item, true, None),
        Some("active") => world.reopen(actor, item)?,
        Some("completed") => {
            world.merge(actor, item, crate::model::pull::Method::Merge, None, None)?;
        }
        _ => {}
    }
    Ok(Reply::ok(shown(call, item)))
}

pub(super) fn labels(call: &mut Call<'_>, item: Id) -> Outcome {
    let world = call.look();
    let labels = world.items.get(&item).map(|it| world.labels_of(it)).unwrap_or_default();
    Ok(Reply::ok(wrapped(labels.into_iter().map(shape::label).collect())))
}

pub(super) fn label(call: &mut Call<'_>, item: Id) -> Outcome {
    let Some(name) = call.text("/name").filter(|name| !name.trim().is_empty()) else {
        call.problem("a label has a name");
        return Err(Refusal::new(400, "The request is invalid."));
    };
    let actor = call.actor();
    call.world().label(actor, item, &name);
    let repository = call.look().items.get(&item).map_or(0, |it| it.repository);
    Ok(Reply::ok(call.look().label_named(repository, &name).map(shape::label).unwrap_or_default()))
}

pub(super) fn unlabel(call: &mut Call<'_>, item: Id, label: &str) -> Outcome {
    let world = call.look();
    let labels = world.items.get(&item).map(|it| world.labels_of(it)).unwrap_or_default();
    let found = labels.into_iter().find(|it| shape::guid("label", it.id) == label || it.name == label);
    let name = found.map(|it| it.name.clone()).ok_or_else(|| Refusal::missing("The label"))?;
    let actor = call.actor();
    call.world().unlabel(actor, item, &name);
    Ok(Reply::status(200))
}

/// The work items that a pull request is linked to.
pub(super) fn work_items(call: &mut Call<'_>, item: Id) -> Outcome {
    let links = call.look().links.iter().filter(|(_, pull)| *pull == item);
    let url = |id: Id| format!("{}/fabrikam/_apis/wit/workItems/{id}", call.base);
    let shown = links.map(|(id, _)| json!({ "id": id.to_string(), "url": url(*id) }));
    Ok(Reply::ok(wrapped(shown.collect())))
}

fn reviewer(call: &Call<'_>, item: Id, user: Id) -> Value {
    let mut shown = shape::identity(call.look(), user, &call.base);
    shown["vote"] = 0.into();
    shown["isRequired"] = call.look().required.contains(&(item, user)).into();
    shown
}

pub(super) fn reviewers(call: &mut Call<'_>, item: Id) -> Outcome {
    let pull = call.look().items.get(&item).and_then(|it| it.pull.as_ref());
    let all = pull.map(|pull| pull.reviewers.clone()).unwrap_or_default();
    Ok(Reply::ok(wrapped(all.into_iter().map(|user| reviewer(call, item, user)).collect())))
}

/// Makes somebody a reviewer.
pub(super) fn ask(call: &mut Call<'_>, item: Id, who: &str) -> Outcome {
    if call.body.get("vote").and_then(Value::as_i64).is_some_and(|vote| vote != 0) {
        call.problem("only a reviewer votes");
        return Err(Refusal::new(400, "The request is invalid."));
    }
    let repository = call.look().items.get(&item).map_or(0, |it| it.repository);
    call.needs(repository, Level::Write)?;
    let user = call.look().users.keys().find(|user| shape::guid("identity", **user) == who).copied();
    let user = user.ok_or_else(|| Refusal::new(404, "TF401362: The reviewer is not a valid identity."))?;
    let required = call.body.get("isRequired").and_then(Value::as_bool).unwrap_or(false);
    let actor = call.actor();
    call.world().request_review(actor, item, user);
    if required {
        call.world().required.insert((item, user));
    } else {
        call.world().required.remove(&(item, user));
    }
    Ok(Reply::ok(reviewer(call, item, user)))
}

pub(super) fn statuses(call: &mut Call<'_>, item: Id) -> Outcome {
    let repository = call.look().items.get(&item).map_or(0, |it| it.repository);
    let on = format!("pull:{item}");
    if call.method == "POST" {
        let id = repositories::put_status(call, repository, &on)?;
        return Ok(Reply::ok(repositories::status(call, id)));
    }
    let ids: Vec<Id> = call.look().statuses.values().filter(|it| it.commit == on).map(|it| it.id).collect();
    Ok(Reply::ok(wrapped(ids.into_iter().map(|id| repositories::status(call, id)).collect())))
}

/// When somebody last looked, for what Azure DevOps dates and the model does not.
pub(super) fn created(call: &Call<'_>, item: Id) -> String {
    time(call.look().items.get(&item).map_or(0, |it| it.created))
}
