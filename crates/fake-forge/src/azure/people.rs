//! Who there is, and what they may do.

use serde_json::{Value, json};

use super::call::{Call, decoded};
use super::list;
use super::reply::{Outcome, Refusal, Reply};
use super::shape::{self, guid};
use crate::model::access::Level;
use crate::model::app::Holder;
use crate::model::{Id, World};
use crate::server::State;

const GIT: &str = "2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87";
/// How long a token of a program lasts.
const HOUR_MS: i64 = 3_599_000;

fn whole(world: &World, user: Id) -> Value {
    json!({
        "id": guid("identity", user), "descriptor": shape::descriptor(world, user),
        "subjectDescriptor": shape::subject(world, user), "providerDisplayName": shape::login(world, user),
        "isActive": true, "isContainer": false, "members": [], "memberOf": [], "memberIds": [],
        "resourceVersion": 2, "metaTypeId": 0,
        "properties": { "Account": { "$type": "System.String", "$value": shape::unique_name(world, user) } },
    })
}

pub(super) fn connection(call: &mut Call<'_>) -> Outcome {
    let user = call.actor().user;
    Ok(Reply::ok(json!({
        "authenticatedUser": whole(call.look(), user), "authorizedUser": whole(call.look(), user),
        "instanceId": guid("organization", 1), "deploymentType": "hosted",
    })))
}

pub(super) fn identities(call: &mut Call<'_>) -> Outcome {
    let ids = call.param("identityIds").unwrap_or_default();
    let world = call.look();
    let find = |id: &str| world.users.keys().find(|user| guid("identity", **user) == id).copied();
    let found = ids.split(',').map(|id| find(id).map_or(Value::Null, |user| whole(world, user)));
    Ok(Reply::ok(list(found.collect())))
}

pub(super) fn permissions(call: &mut Call<'_>, namespace: &str) -> Outcome {
    if namespace != GIT {
        return Err(Refusal::new(404, "the fake has the permissions of Git repositories only"));
    }
    let token = call.param("token").unwrap_or_default();
    let wanted = call.param("descriptors").unwrap_or_default();
    let extended = call.param("includeExtendedInfo");
    let _ = call.param("recurse");
    if extended.as_deref() != Some("true") {
        call.problem("effective permissions are told with `includeExtendedInfo` only");
    }
    let world = call.look();
    let found = world.repositories.values().find(|repository| {
        token == format!("repoV2/{}/{}", guid("project", repository.owner), guid("repository", repository.id))
    });
    let Some(repository) = found else { return Ok(Reply::ok(list(Vec::new()))) };
    let user = world.users.keys().find(|user| shape::descriptor(world, **user) == wanted).copied();
    let level = user.map_or(Level::None, |user| world.granted(user, repository.id));
    if level == Level::None {
        return Ok(Reply::ok(list(Vec::new())));
    }
    let bits = match level {
        Level::None => 0,
        Level::Read | Level::Triage => 2 + 16_384,
        Level::Write => 2 + 4 + 16 + 32 + 64 + 16_384,
        Level::Maintain => 2 + 4 + 16 + 32 + 64 + 2048 + 16_384,
        Level::Admin => 2 + 4 + 8 + 16 + 32 + 64 + 2048 + 8192 + 16_384,
    };
    let entry = json!({
        "descriptor": wanted, "allow": 0, "deny": 0,
        "extendedInfo": { "effectiveAllow": bits, "inheritedAllow": bits },
    });
    let entries = serde_json::Map::from_iter([(wanted, entry)]);
    let shown =
        json!({ "inheritPermissions": true, "token": token, "acesDictionary": entries, "includeExtendedInfo": true });
    Ok(Reply::ok(list(vec![shown])))
}

/// A token of a program, for its own secret.
pub(super) fn token(state: &mut State, body: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(body).into_owned();
    let field = |name: &str| {
        let pair = text.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        pair.map(|(_, value)| decoded(&value.replace('+', " "))).unwrap_or_default()
    };
    let known = state.world.principals.get(&field("client_id")).cloned();
    let right = known.filter(|(secret, _)| *secret == field("client_secret"));
    let asks_rightly = field("grant_type") == "client_credentials" && field("scope").ends_with("/.default");
    let Some((_, user)) = right.filter(|_| asks_rightly) else {
        let said =
            json!({ "error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided." });
        return Ok(Reply { status: 401, ..Reply::ok(said) });
    };
    let expires = state.world.now() + HOUR_MS;
    let token = state.world.issue_token("eyJ", Holder::Person(user), Some(expires));
    Ok(Reply::ok(json!({ "token_type": "Bearer", "expires_in": HOUR_MS / 1000, "access_token": token })))
}
