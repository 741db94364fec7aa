//! Statuses of commits.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::commits::resolve;
use crate::github::call::Call;
use crate::github::operation::{Operation, within};
use crate::github::reply::{Refusal, Reply};
use crate::model::access::Level::{Read, Write};
use crate::model::app::Access;
use crate::model::check::Status;

const STATUSES: &[&str] = &["statuses"];

pub(super) const TABLE: &[Operation] = &[
    within("GET", "/repos/{owner}/{repo}/commits/{ref}/status", STATUSES, Access::Read, Read, combined),
    within("GET", "/repos/{owner}/{repo}/commits/{ref}/statuses", STATUSES, Access::Read, Read, list),
    within("POST", "/repos/{owner}/{repo}/statuses/{sha}", STATUSES, Access::Write, Write, create),
];

/// Newest first.
fn of_commit<'a>(call: &'a Call<'_>, commit: &str) -> Vec<&'a Status> {
    let all = call.world().statuses.values().rev();
    all.filter(|status| status.repository == call.repository && status.commit == commit).collect()
}

fn combined(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let commit = resolve(call, call.param("ref"))?;
    let mut newest: BTreeMap<&str, &Status> = BTreeMap::new();
    for status in of_commit(call, &commit) {
        newest.entry(&status.context).or_insert(status);
    }
    let newest: Vec<&Status> = newest.into_values().collect();
    Ok(Reply::ok(call.show().combined(call.repository, &commit, &newest)))
}

fn list(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let commit = resolve(call, call.param("ref"))?;
    call.list(of_commit(call, &commit), |status| call.show().status(status))
}

#[derive(Deserialize)]
struct Create {
    state: String,
    target_url: Option<String>,
    description: Option<String>,
    context: Option<String>,
}

fn create(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let asked: Create = call.read()?;
    if !["error", "failure", "pending", "success"].contains(&asked.state.as_str()) {
        return Err(Refusal::field("Status", "state", "custom"));
    }
    if asked.description.as_ref().is_some_and(|text| text.chars().count() > 140) {
        return Err(Refusal::invalid("description is too long (maximum is 140 characters)"));
    }
    let (commit, actor) = (resolve(call, call.param("sha"))?, call.actor()?);
    let status = Status {
        id: 0,
        repository: call.repository,
        commit,
        creator: actor.user,
        context: asked.context.unwrap_or_else(|| "default".to_owned()),
        state: asked.state,
        description: asked.description,
        target: asked.target_url,
        created: 0,
    };
    let id = call.world_mut().create_status(actor, status);
    let status = call.world().statuses.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(Reply::created(call.show().status(status)))
}
