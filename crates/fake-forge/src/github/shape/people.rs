//! Users, Apps and installations.

use serde_json::{Value, json};

use super::{Show, extend, node, time};
use crate::github::call::encode;
use crate::model::Id;
use crate::model::access::Level;
use crate::model::app::{Installation, Permissions, Selection};
use crate::model::clock::iso;
use crate::model::people::{Kind, User};

impl Show<'_> {
    pub(crate) fn user(&self, id: Id) -> Value {
        let Some(user) = self.world.users.get(&id) else { return Value::Null };
        // The brackets of a bot's login do not stand in an address as they are.
        let api = format!("{}/users/{}", self.api, encode(&user.login));
        let web = match user.login.strip_suffix("[bot]") {
            Some(slug) => format!("{}/apps/{slug}", self.web),
            None => format!("{}/{}", self.web, user.login),
        };
        json!({
            "login": user.login,
            "id": user.id,
            "node_id": node("U", user.id),
            "avatar_url": format!("{}/avatars/u/{}", self.web, user.id),
            "gravatar_id": "",
            "url": api,
            "html_url": web,
            "followers_url": format!("{api}/followers"),
            "following_url": format!("{api}/following{{/other_user}}"),
            "gists_url": format!("{api}/gists{{/gist_id}}"),
            "starred_url": format!("{api}/starred{{/owner}}{{/repo}}"),
            "subscriptions_url": format!("{api}/subscriptions"),
            "organizations_url": format!("{api}/orgs"),
            "repos_url": format!("{api}/repos"),
            "events_url": format!("{api}/events{{/privacy}}"),
            "received_events_url": format!("{api}/received_events"),
            "type": kind(user),
            "user_view_type": "public",
            "site_admin": false,
        })
    }

    /// A user with what the own page says.
    pub(crate) fn profile(&self, id: Id) -> Value {
        let created = self.world.users.get(&id).map(|user| iso(user.created));
        let more = json!({
            "name": null, "company": null, "blog": "", "location": null, "email": null, "hireable": null, "bio": null,
            "twitter_username": null, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
            "created_at": created, "updated_at": created,
        });
        extend(self.user(id), more)
    }

    /// A user with the rights in a repository.
    pub(crate) fn collaborator(&self, user: Id, level: Level) -> Value {
        extend(self.user(user), json!({ "permissions": permissions(level), "role_name": level.name() }))
    }

    pub(crate) fn app(&self, id: Id) -> Value {
        let Some(app) = self.world.apps.get(&id) else { return Value::Null };
        json!({
            "id": app.id,
            "client_id": app.client_id,
            "slug": app.slug,
            "node_id": node("A", app.id),
            "owner": self.user(app.owner),
            "name": app.slug,
            "description": "",
            "external_url": "https://app.example",
            "html_url": format!("{}/apps/{}", self.web, app.slug),
            "created_at": iso(app.created),
            "updated_at": iso(app.created),
            "permissions": granted(&app.permissions),
            "events": EVENTS,
        })
    }

    pub(crate) fn installation(&self, installation: &Installation) -> Value {
        let app = self.world.apps.get(&installation.app);
        let account = self.world.users.get(&installation.account);
        let kind = account.map_or("User", |account| kind(account));
        json!({
            "id": installation.id,
            "client_id": app.map(|app| app.client_id.as_str()),
            "account": self.user(installation.account),
            "repository_selection": selection(&installation.selection),
            "access_tokens_url": format!("{}/app/installations/{}/access_tokens", self.api, installation.id),
            "repositories_url": format!("{}/installation/repositories", self.api),
            "html_url": format!("{}/settings/installations/{}", self.web, installation.id),
            "app_id": installation.app,
            "app_slug": app.map(|app| app.slug.as_str()),
            "target_id": installation.account,
            "target_type": kind,
            "permissions": granted(&installation.permissions),
            "events": EVENTS,
            "created_at": iso(installation.created),
            "updated_at": iso(installation.created),
            "single_file_name": null,
            "has_multiple_single_files": false,
            "single_file_paths": [],
            "suspended_by": null,
            "suspended_at": time(installation.suspended),
        })
    }
}

/// The events that Apps of the fake get: all that it makes.
const EVENTS: [&str; 8] = [
    "check_run",
    "issue_comment",
    "issues",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
    "repository",
];

fn kind(user: &User) -> &'static str {
    match user.kind {
        Kind::Person => "User",
        Kind::Organization => "Organization",
        Kind::Bot => "Bot",
    }
}

pub(crate) fn selection(selection: &Selection) -> &'static str {
    match selection {
        Selection::All => "all",
        Selection::Some(_) => "selected",
    }
}

/// Permissions as an object; all programs may read metadata.
pub(crate) fn granted(permissions: &Permissions) -> Value {
    let mut object: serde_json::Map<String, Value> =
        permissions.iter().map(|(name, access)| (name.clone(), access.name().into())).collect();
    object.entry("metadata").or_insert_with(|| "read".into());
    Value::Object(object)
}

/// A level as GitHub's five flags.
pub(crate) fn permissions(level: Level) -> Value {
    json!({
        "admin": level >= Level::Admin,
        "maintain": level >= Level::Maintain,
        "push": level >= Level::Write,
        "triage": level >= Level::Triage,
        "pull": level >= Level::Read,
    })
}
