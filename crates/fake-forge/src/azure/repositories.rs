//! Projects, repositories, and what Git's side of them is asked.

use serde_json::{Value, json};

use super::call::Call;
use super::list;
use super::reply::{Outcome, Reply};
use super::shape::{self, guid, time};
use crate::model::access::Level;
use crate::model::check::Status;
use crate::model::{Id, World};

/// The project of that id or name: an account that owns repositories.
pub(super) fn project(world: &World, wanted: &str) -> Option<Id> {
    let mut owners = world.repositories.values().map(|found| found.owner);
    owners.find(|owner| guid("project", *owner) == wanted || shape::login(world, *owner).eq_ignore_ascii_case(wanted))
}

/// The repository of that id or name in a project.
pub(super) fn named(world: &World, wanted_project: &str, wanted: &str) -> Option<Id> {
    let owner = project(world, wanted_project)?;
    let mut all = world.repositories.values().filter(|found| found.owner == owner);
    all.find(|found| guid("repository", found.id) == wanted || found.name.eq_ignore_ascii_case(wanted)).map(|it| it.id)
}

/// All repositories of a project.
pub(super) fn of(world: &World, owner: Id) -> Vec<Id> {
    world.repositories.values().filter(|found| found.owner == owner).map(|found| found.id).collect()
}

pub(super) fn projects(call: &mut Call<'_>) -> Outcome {
    let top = call.number("$top").unwrap_or(100).min(call.look().page);
    let from = call.number("continuationToken").or_else(|| call.number("$skip")).unwrap_or(0);
    let mut owners: Vec<Id> = call
        .look()
        .repositories
        .values()
        .filter(|found| call.level(found.id) >= Level::Read)
        .map(|found| found.owner)
        .collect();
    owners.sort_unstable();
    owners.dedup();
    let page: Vec<Value> =
        owners.iter().skip(from).take(top).map(|owner| shape::project(call.look(), *owner, &call.base)).collect();
    let reply = Reply::ok(list(page));
    let next = from + top;
    Ok(if next < owners.len() { reply.with_header("x-ms-continuationtoken", next.to_string()) } else { reply })
}

pub(super) fn one_project(call: &mut Call<'_>, wanted: &str) -> Outcome {
    let owner = project(call.look(), wanted).ok_or_else(|| super::Refusal::missing("The project"))?;
    if !of(call.look(), owner).into_iter().any(|id| call.level(id) >= Level::Read) {
        return Err(super::Refusal::missing("The project"));
    }
    Ok(Reply::ok(shape::project(call.look(), owner, &call.base)))
}

pub(super) fn all(call: &mut Call<'_>, wanted: &str) -> Outcome {
    let owner = project(call.look(), wanted).ok_or_else(|| super::Refusal::missing("The project"))?;
    let seen: Vec<Id> = of(call.look(), owner).into_iter().filter(|id| call.level(*id) >= Level::Read).collect();
    Ok(Reply::ok(list(seen.iter().map(|id| shape::repository(call.look(), *id, &call.base)).collect())))
}

pub(super) fn one(call: &mut Call<'_>, repository: Id) -> Outcome {
    Ok(Reply::ok(shape::repository(call.look(), repository, &call.base)))
}

pub(super) fn refs(call: &mut Call<'_>, repository: Id) -> Outcome {
    let filter = call.param("filter").unwrap_or_default();
    let actor = call.actor();
    let world = call.look();
    let branches = world.repositories.get(&repository).map(|found| found.branches.clone()).unwrap_or_default();
    let shown = branches.into_iter().filter(|(name, _)| format!("heads/{name}").starts_with(&filter));
    let shown = shown.map(|(name, commit)| {
        let creator = shape::identity(world, actor.user, &call.base);
        json!({ "name": format!("refs/heads/{name}"), "objectId": commit, "creator": creator, "url": "", "statuses": [] })
    });
    Ok(Reply::ok(list(shown.collect())))
}

pub(super) fn pushes(call: &mut Call<'_>, repository: Id) -> Outcome {
    let name = call.param("searchCriteria.refName");
    let with_refs = call.param("searchCriteria.includeRefUpdates").as_deref() == Some("true");
    let top = call.number("$top").unwrap_or(100);
    let (world, base) = (call.look(), &call.base);
    let nothing = "0".repeat(40);
    let all = world.pushes.iter().rev().filter(|push| push.repository == repository);
    let named = all.filter(|push| name.as_ref().is_none_or(|name| *name == push.reference()));
    let shown = named.take(top).map(|push| {
        let mut shown = json!({
            "pushId": push.id, "date": time(push.at), "pushedBy": shape::identity(world, push.by, base),
            "url": format!("{base}/fabrikam/_apis/git/pushes/{}", push.id),
        });
        if with_refs {
            shown["refUpdates"] = json!([{
                "repositoryId": guid("repository", repository), "name": push.reference(),
                "oldObjectId": push.before.as_ref().unwrap_or(&nothing),
                "newObjectId": push.after.as_ref().unwrap_or(&nothing),
            }]);
        }
        shown
    });
    Ok(Reply::ok(list(shown.collect())))
}

/// Statuses of a commit, read or written.
pub(super) fn statuses(call: &mut Call<'_>, repository: Id, commit: &str) -> Outcome {
    if call.method == "POST" {
        call.needs(repository, Level::Write)?;
        let id = put_status(call, repository, commit)?;
        return Ok(Reply::created(status(call, id)));
    }
    let all = call.look().statuses.values();
    let ids: Vec<Id> = all.filter(|it| it.repository == repository && it.commit == commit).map(|it| it.id).collect();
    Ok(Reply::ok(list(ids.into_iter().map(|id| status(call, id)).collect())))
}

/// Puts a status on something: a commit, or a pull request under the name `pull:7`.
pub(super) fn put_status(call: &mut Call<'_>, repository: Id, on: &str) -> Result<Id, super::Refusal> {
    const STATES: [&str; 6] = ["notSet", "pending", "succeeded", "failed", "error", "notApplicable"];
    let state = call.text("/state").unwrap_or_default();
    let name = call.text("/context/name").unwrap_or_default();
    if !STATES.contains(&state.as_str()) || name.is_empty() {
        call.problem("a status has a state and a context with a name");
        return Err(super::Refusal::new(400, "VS400001: the status is not valid"));
    }
    let context = format!("{}/{name}", call.text("/context/genre").unwrap_or_default());
    let (description, target) = (call.text("/description"), call.text("/targetUrl"));
    let (creator, world) = (call.actor().user, call.world());
    let (id, created) = (world.fresh(), world.now());
    let commit = on.to_owned();
    world.statuses.insert(id, Status { id, repository, commit, creator, context, state, description, target, created });
    Ok(id)
}

pub(super) fn status(call: &Call<'_>, id: Id) -> Value {
    let world = call.look();
    let Some(found) = world.statuses.get(&id) else { return Value::Null };
    let (genre, name) = found.context.split_once('/').unwrap_or(("", &found.context));
    json!({
        "id": found.id, "state": found.state, "description": found.description,
        "context": { "genre": genre, "name": name }, "targetUrl": found.target,
        "createdBy": shape::identity(world, found.creator, &call.base),
        "creationDate": time(found.created), "updatedDate": time(found.created),
    })
}
