//! People, what they may do where, repositories, and the state of the limits.

use serde_json::{Value, json};

use crate::github::call::Call;
use crate::github::operation::{Need, Operation, outside, within};
use crate::github::reply::{Refusal, Reply};
use crate::github::shape::extend;
use crate::model::Id;
use crate::model::access::Level::{self, Read, Write};
use crate::model::app::Access;
use crate::server::log::Credential;

const METADATA: &[&str] = &["metadata"];

pub(super) const TABLE: &[Operation] = &[
    outside("GET", "/rate_limit", Need::Nothing, limits),
    outside("GET", "/user", Need::Account, me),
    outside("GET", "/user/repos", Need::Account, repositories),
    outside("GET", "/users/{username}", Need::Nothing, user),
    within("GET", "/repos/{owner}/{repo}", METADATA, Access::Read, Read, repository),
    within("GET", "/repos/{owner}/{repo}/collaborators", METADATA, Access::Read, Write, collaborators),
    within("GET", "/repos/{owner}/{repo}/collaborators/{username}", METADATA, Access::Read, Write, is_collaborator),
    within(
        "GET",
        "/repos/{owner}/{repo}/collaborators/{username}/permission",
        METADATA,
        Access::Read,
        Write,
        permission,
    ),
];

fn limits(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let now = call.world().now();
    let credential = match &call.caller {
        crate::github::auth::Caller::Nobody => Credential::Nobody,
        crate::github::auth::Caller::App(id) => Credential::App(*id),
        crate::github::auth::Caller::Installation { id, .. } => Credential::Installation(*id),
        crate::github::auth::Caller::Person(id) => {
            Credential::Person(call.world().users.get(id).map(|user| user.login.clone()).unwrap_or_default())
        }
    };
    let core = call.state.limits.standing(&credential, now);
    let show =
        |limit: u32, used: u32| json!({ "limit": limit, "used": used, "remaining": limit - used, "reset": core.reset });
    let own = show(core.limit, core.used);
    Ok(Reply::ok(json!({ "resources": { "core": own, "search": show(30, 0), "graphql": show(5000, 0) }, "rate": own })))
}

fn me(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = call.actor()?.user;
    let more = json!({
        "private_gists": 0, "total_private_repos": 0, "owned_private_repos": 0, "disk_usage": 0, "collaborators": 0,
        "two_factor_authentication": true,
    });
    Ok(Reply::ok(extend(call.show().profile(id), more)))
}

/// Those in which the person was given a level, by name.
fn repositories(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (user, world) = (call.actor()?.user, call.world());
    let private = match call.query("visibility") {
        Some("private") => Some(true),
        Some("public") => Some(false),
        _ => None,
    };
    let mut ids: Vec<Id> = world
        .repositories
        .values()
        .filter(|found| private.is_none_or(|private| found.private == private))
        .map(|found| found.id)
        .filter(|id| world.granted(user, *id) > Level::None)
        .collect();
    ids.sort_by_key(|id| world.full_name(*id));
    call.list(ids, |id| call.show().repository(id))
}

fn user(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = call.world().user_named(call.param("username")).ok_or_else(Refusal::not_found)?.id;
    Ok(Reply::ok(call.show().profile(id)))
}

fn repository(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::ok(call.show().full_repository(call.repository)))
}

/// Who was given rights, and the owner.
fn collaborators(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let repository = call.world().repositories.get(&call.repository).ok_or_else(Refusal::not_found)?;
    let mut all = vec![(repository.owner, Level::Admin)];
    all.extend(repository.levels.iter().map(|(user, level)| (*user, *level)).filter(|(_, level)| *level > Level::None));
    call.list(all, |(user, level)| call.show().collaborator(user, level))
}

fn is_collaborator(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let user = call.world().user_named(call.param("username")).ok_or_else(Refusal::not_found)?.id;
    match call.world().granted(user, call.repository) {
        Level::None => Err(Refusal::not_found()),
        _ => Ok(Reply::no_content()),
    }
}

fn permission(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let user = call.world().user_named(call.param("username")).ok_or_else(Refusal::not_found)?.id;
    let level = call.world().level(user, call.repository);
    let value: Value = call.show().permission(user, level);
    Ok(Reply::ok(value))
}
