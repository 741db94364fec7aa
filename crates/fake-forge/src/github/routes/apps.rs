//! Apps, installations, their tokens, and the deliveries of their webhooks.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::github::auth::Caller;
use crate::github::call::{Call, with_link};
use crate::github::operation::{Need, Operation, outside};
use crate::github::reply::{Refusal, Reply};
use crate::github::shape::people::{granted, selection};
use crate::model::Id;
use crate::model::app::{Access, Holder, Permissions, Selection, selected};
use crate::model::clock::iso;
use crate::server::deliveries::{Delivery, Hook};

pub(super) const TABLE: &[Operation] = &[
    outside("GET", "/app", Need::App, app),
    outside("GET", "/app/hook/config", Need::App, hook),
    outside("PATCH", "/app/hook/config", Need::App, set_hook),
    outside("GET", "/app/hook/deliveries", Need::App, deliveries),
    outside("GET", "/app/hook/deliveries/{delivery_id}", Need::App, delivery),
    outside("POST", "/app/hook/deliveries/{delivery_id}/attempts", Need::App, redeliver),
    outside("GET", "/app/installations", Need::App, installations),
    outside("GET", "/app/installations/{installation_id}", Need::App, installation),
    outside("POST", "/app/installations/{installation_id}/access_tokens", Need::App, token),
    outside("GET", "/installation/repositories", Need::Installation, repositories),
    outside("DELETE", "/installation/token", Need::Installation, revoke),
    outside("GET", "/repos/{owner}/{repo}/installation", Need::AppInRepository, of_repository),
];

/// How long an installation's token is good.
const TOKEN_LIFE_MS: i64 = 60 * 60 * 1000;

/// GitHub redelivers what is at most three days old.
const REDELIVERY_MS: i64 = 3 * 24 * 60 * 60 * 1000;

fn me(call: &Call<'_>) -> Result<Id, Refusal> {
    call.caller.app().ok_or_else(Refusal::bad_credentials)
}

fn app(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = me(call)?;
    let count = call.world().installations.values().filter(|found| found.app == id).count();
    let mut value = call.show().app(id);
    value["installations_count"] = count.into();
    Ok(Reply::ok(value))
}

fn installations(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = me(call)?;
    let all = call.world().installations.values().filter(|found| found.app == id).collect();
    call.list(all, |found| call.show().installation(found))
}

fn own(call: &Call<'_>) -> Result<Id, Refusal> {
    let (app, id) = (me(call)?, call.id("installation_id")?);
    let found = call.world().installations.get(&id).filter(|found| found.app == app);
    found.map(|found| found.id).ok_or_else(Refusal::not_found)
}

fn installation(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = own(call)?;
    let found = call.world().installations.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(Reply::ok(call.show().installation(found)))
}

fn of_repository(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let found = call.world().installation_on(me(call)?, call.repository).ok_or_else(Refusal::not_found)?;
    Ok(Reply::ok(call.show().installation(found)))
}

#[derive(Deserialize)]
struct TokenRequest {
    repositories: Option<Vec<String>>,
    repository_ids: Option<Vec<Id>>,
    permissions: Option<BTreeMap<String, String>>,
}

fn token(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = own(call)?;
    let asked: TokenRequest = call.read()?;
    let installation = call.world().installations.get(&id).ok_or_else(Refusal::not_found)?;
    if installation.suspended.is_some() {
        return Err(Refusal::forbidden("This installation has been suspended"));
    }
    let selection_of_token = narrowed(call, id, &asked)?;
    let permissions = lowered(&installation.permissions, asked.permissions)?;
    let expires = call.world().now() + TOKEN_LIFE_MS;
    let holder = Holder::Installation { id, selection: selection_of_token.clone(), permissions: permissions.clone() };
    let secret = call.world_mut().issue_token("ghs_", holder, Some(expires));
    let mut value = json!({
        "token": secret,
        "expires_at": iso(expires),
        "permissions": granted(&permissions),
        "repository_selection": selection(&selection_of_token),
    });
    if let Selection::Some(ids) = &selection_of_token {
        value["repositories"] = ids.iter().map(|id| call.show().repository(*id)).collect();
    }
    Ok(Reply::created(value))
}

/// The repositories of a token: those of the installation, or those of them that were asked for.
fn narrowed(call: &Call<'_>, installation: Id, asked: &TokenRequest) -> Result<Selection, Refusal> {
    let world = call.world();
    let found = world.installations.get(&installation).ok_or_else(Refusal::not_found)?;
    if asked.repositories.is_none() && asked.repository_ids.is_none() {
        return Ok(found.selection.clone());
    }
    let owner = world.users.get(&found.account).map(|user| user.login.clone()).unwrap_or_default();
    let names = asked.repositories.iter().flatten();
    let by_name = names.map(|name| world.repository_named(&owner, name).map(|repository| repository.id));
    let by_id = asked.repository_ids.iter().flatten().map(|id| Some(*id));
    let mut ids = BTreeSet::new();
    for id in by_name.chain(by_id) {
        match id.filter(|id| world.covers(installation, *id)) {
            Some(id) => ids.insert(id),
            None => {
                let message = "There is at least one repository that does not exist or is not accessible to the parent installation.";
                return Err(Refusal::invalid(message));
            }
        };
    }
    Ok(Selection::Some(ids))
}

/// The permissions of a token: those of the installation, or fewer.
fn lowered(has: &Permissions, asked: Option<BTreeMap<String, String>>) -> Result<Permissions, Refusal> {
    let Some(asked) = asked else { return Ok(has.clone()) };
    let mut permissions = Permissions::new();
    for (name, access) in asked {
        let access = Access::parse(&access);
        let enough = access.filter(|access| name == "metadata" || has.get(&name).is_some_and(|has| has >= access));
        let Some(access) = enough else {
            return Err(Refusal::invalid("The permissions requested are not granted to this installation."));
        };
        permissions.insert(name, access);
    }
    Ok(permissions)
}

fn repositories(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let Caller::Installation { id, selection, .. } = call.caller.clone() else { return Err(Refusal::not_found()) };
    let ids = call.world().repositories.keys().copied();
    let ids =
        ids.filter(|repository| call.world().covers(id, *repository) && selected(&selection, *repository)).collect();
    call.counted("repositories", ids, |id| call.show().repository(id))
}

fn revoke(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let Caller::Installation { id, selection, permissions, .. } = call.caller.clone() else {
        return Err(Refusal::not_found());
    };
    // All tokens with the same reach go: which one of them was sent is not kept.
    call.world_mut().tokens.retain(|_, token| match &token.holder {
        Holder::Installation { id: other, selection: chosen, permissions: may } => {
            (*other, chosen, may) != (id, &selection, &permissions)
        }
        Holder::Person(_) => true,
    });
    Ok(Reply::no_content())
}

fn hook(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let hook = call.state.deliveries.hook.as_ref().ok_or_else(Refusal::not_found)?;
    Ok(Reply::ok(json!({ "url": hook.url, "content_type": "json", "secret": "********", "insecure_ssl": "0" })))
}

#[derive(Deserialize)]
struct HookRequest {
    url: Option<String>,
    secret: Option<String>,
}

fn set_hook(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let asked: HookRequest = call.read()?;
    let old = call.state.deliveries.hook.take();
    let (old_url, old_secret) = old.map(|hook| (hook.url, hook.secret)).unwrap_or_default();
    let (url, secret) = (asked.url.unwrap_or(old_url), asked.secret.unwrap_or(old_secret));
    call.state.deliveries.hook = Some(Hook { url, secret });
    hook(call)
}

/// Newest first; the cursor is the id of the last delivery of the page before.
fn deliveries(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let cursor = call.query("cursor").and_then(|cursor| cursor.parse::<Id>().ok()).unwrap_or(Id::MAX);
    let per_page = call.query("per_page").and_then(|size| size.parse().ok()).unwrap_or(30_usize).clamp(1, 100);
    let all: Vec<&Delivery> = call.state.deliveries.all.iter().rev().filter(|one| one.id < cursor).collect();
    let part = &all[..per_page.min(all.len())];
    let link =
        part.last().filter(|_| all.len() > per_page).map(|last| call.link("cursor", &last.id.to_string(), "next"));
    let body = part.iter().map(|one| show(call, one)).collect();
    Ok(with_link(Reply::ok(body), link))
}

fn show(call: &Call<'_>, delivery: &Delivery) -> Value {
    let (word, code) = match delivery.status {
        0 => ("pending", 0),
        502 => ("failed to connect to host", 502),
        code if code < 300 => ("OK", code),
        code => ("Invalid HTTP Response", code),
    };
    json!({
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": iso(delivery.at),
        "redelivery": delivery.redelivery,
        "duration": 0.01,
        "status": word,
        "status_code": code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation,
        "repository_id": delivery.repository,
        "throttled_at": null,
        "url": call.state.deliveries.hook.as_ref().map_or("", |hook| &hook.url),
    })
}

fn delivery(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let found = call.state.deliveries.get(call.id("delivery_id")?).ok_or_else(Refusal::not_found)?;
    let mut value = show(call, found);
    let headers: serde_json::Map<String, Value> = crate::github::payload::headers(found, "")
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    value["request"] = json!({ "headers": headers, "payload": found.payload });
    value["response"] = json!({ "headers": {}, "payload": "" });
    Ok(Reply::ok(value))
}

fn redeliver(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let old = call.id("delivery_id")?;
    let now = call.world().now();
    let found = call.state.deliveries.get(old).filter(|found| found.at > now - REDELIVERY_MS);
    found.ok_or_else(Refusal::not_found)?;
    let id = call.world_mut().fresh();
    call.state.deliveries.again(old, id, now).ok_or_else(Refusal::not_found)?;
    Ok(Reply::status(202).with(json!({})))
}
