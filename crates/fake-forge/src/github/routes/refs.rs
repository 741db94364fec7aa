//! Branches and refs.

use serde::Deserialize;
use serde_json::json;

use super::CONTENTS;
use crate::github::call::{Call, encode};
use crate::github::operation::{Operation, within};
use crate::github::reply::{Refusal, Reply};
use crate::github::shape::extend;
use crate::model::access::Level::{Read, Write};
use crate::model::app::Access;

pub(super) const TABLE: &[Operation] = &[
    within("GET", "/repos/{owner}/{repo}/branches", CONTENTS, Access::Read, Read, branches),
    within("GET", "/repos/{owner}/{repo}/branches/{branch}", CONTENTS, Access::Read, Read, branch),
    within("GET", "/repos/{owner}/{repo}/git/ref/{ref}", CONTENTS, Access::Read, Read, get),
    within("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref}", CONTENTS, Access::Read, Read, matching),
    within("POST", "/repos/{owner}/{repo}/git/refs", CONTENTS, Access::Write, Write, create),
    within("PATCH", "/repos/{owner}/{repo}/git/refs/{ref}", CONTENTS, Access::Write, Write, update),
    within("DELETE", "/repos/{owner}/{repo}/git/refs/{ref}", CONTENTS, Access::Write, Write, delete),
];

fn branches(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let repository = call.world().repositories.get(&call.repository).ok_or_else(Refusal::not_found)?;
    let all = repository.branches.iter().collect();
    call.list(all, |(name, commit)| call.show().short_branch(call.repository, name, commit))
}

fn branch(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let name = call.param("branch");
    let repository = call.world().repositories.get(&call.repository).ok_or_else(Refusal::not_found)?;
    let sha = repository.branches.get(name).ok_or_else(|| Refusal::new(404, "Branch not found"))?;
    let commit = call.world().depot.log(call.repository, sha, None, 1)?.pop().ok_or_else(Refusal::not_found)?;
    let show = call.show();
    let full = call.world().full_name(call.repository);
    let url = format!("{}/repos/{full}/branches/{}", show.api, encode(name));
    let html = format!("{}/{full}/tree/{name}", show.web);
    let more = json!({
        "commit": show.commit(call.repository, &commit),
        "_links": { "self": url, "html": html },
        "protection": { "enabled": false },
        "protection_url": format!("{url}/protection"),
    });
    Ok(Reply::ok(extend(show.short_branch(call.repository, name, sha), more)))
}

fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let name = format!("refs/{}", call.param("ref"));
    let found = call.world().depot.refs(call.repository, &name)?.into_iter().find(|(found, ..)| *found == name);
    let (name, object, kind) = found.ok_or_else(Refusal::not_found)?;
    Ok(Reply::ok(call.show().git_ref(call.repository, &name, &object, &kind)))
}

fn matching(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let found = call.world().depot.refs(call.repository, &format!("refs/{}", call.param("ref")))?;
    let all: serde_json::Value =
        found.iter().map(|(name, object, kind)| call.show().git_ref(call.repository, name, object, kind)).collect();
    Ok(Reply::ok(all))
}

#[derive(Deserialize)]
struct Create {
    r#ref: String,
    sha: String,
}

fn create(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let asked: Create = call.read()?;
    let (name, repository, actor) = (asked.r#ref, call.repository, call.actor()?);
    if !name.starts_with("refs/") || name.matches('/').count() < 2 {
        return Err(Refusal::invalid("Reference name must start with 'refs/' and have at least two slashes."));
    }
    if call.world().depot.refs(repository, &name)?.iter().any(|(found, ..)| *found == name) {
        return Err(Refusal::invalid("Reference already exists"));
    }
    if call.world().depot.resolve(repository, &asked.sha)?.is_none() {
        return Err(Refusal::invalid("Object does not exist"));
    }
    call.world().depot.set_ref(repository, &name, &asked.sha)?;
    call.world_mut().follow(actor, repository)?;
    Ok(Reply::created(call.show().git_ref(repository, &name, &asked.sha, "commit")))
}

#[derive(Deserialize)]
struct Update {
    sha: String,
    #[serde(default)]
    force: bool,
}

fn update(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let asked: Update = call.read()?;
    let (name, repository, actor) = (format!("refs/{}", call.param("ref")), call.repository, call.actor()?);
    let depot = &call.world().depot;
    let found = depot.refs(repository, &name)?.into_iter().find(|(found, ..)| *found == name);
    let (_, old, _) = found.ok_or_else(|| Refusal::invalid("Reference does not exist"))?;
    if depot.resolve(repository, &asked.sha)?.is_none() {
        return Err(Refusal::invalid("Object does not exist"));
    }
    if !asked.force && !depot.is_ancestor(repository, &old, &asked.sha)? {
        return Err(Refusal::invalid("Update is not a fast forward"));
    }
    depot.set_ref(repository, &name, &asked.sha)?;
    call.world_mut().follow(actor, repository)?;
    Ok(Reply::ok(call.show().git_ref(repository, &name, &asked.sha, "commit")))
}

fn delete(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (name, repository, actor) = (format!("refs/{}", call.param("ref")), call.repository, call.actor()?);
    if !call.world().depot.refs(repository, &name)?.iter().any(|(found, ..)| *found == name) {
        return Err(Refusal::invalid("Reference does not exist"));
    }
    call.world().depot.delete_ref(repository, &name)?;
    call.world_mut().follow(actor, repository)?;
    Ok(Reply::no_content())
}
