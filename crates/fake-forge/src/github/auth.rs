//! Who asks: JWTs of Apps, tokens of installations and of people.

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::reply::Refusal;
use crate::key;
use crate::model::access::Level;
use crate::model::app::{Access, Holder, Permissions, Selection, Token, selected};
use crate::model::clock::real_now;
use crate::model::{Id, Millis, World};
use crate::server::log::Credential;

/// How long a JWT may be valid, in seconds.
const LONGEST_JWT: i64 = 600;

/// How far clocks may differ, in seconds.
const DRIFT: i64 = 60;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    Nobody,
    App(Id),
    Installation { id: Id, app: Id, bot: Id, selection: Selection, permissions: Permissions },
    Person(Id),
}

impl Caller {
    /// The account in whose name it acts.
    pub(crate) fn user(&self) -> Option<Id> {
        match self {
            Self::Installation { bot, .. } => Some(*bot),
            Self::Person(user) => Some(*user),
            Self::Nobody | Self::App(_) => None,
        }
    }

    pub(crate) fn app(&self) -> Option<Id> {
        match self {
            Self::Installation { app, .. } | Self::App(app) => Some(*app),
            Self::Nobody | Self::Person(_) => None,
        }
    }
}

/// The credential, for the log and the limits.
pub(crate) fn credential(world: &World, headers: &HeaderMap) -> Credential {
    match caller(world, headers) {
        Ok(Caller::Nobody) => Credential::Nobody,
        Ok(Caller::App(id)) => Credential::App(id),
        Ok(Caller::Installation { id, .. }) => Credential::Installation(id),
        Ok(Caller::Person(id)) => {
            Credential::Person(world.users.get(&id).map(|user| user.login.clone()).unwrap_or_default())
        }
        Err(_) => Credential::Unknown,
    }
}

/// Who asks; a credential that is no good is refused even where none is needed.
pub(crate) fn caller(world: &World, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let Some(secret) = secret(headers) else { return Ok(Caller::Nobody) };
    if secret.matches('.').count() == 2 {
        return jwt(world, &secret).map(Caller::App);
    }
    let token = world.token(&secret).ok_or_else(Refusal::bad_credentials)?;
    holder(world, token).ok_or_else(Refusal::bad_credentials)
}

fn holder(world: &World, token: &Token) -> Option<Caller> {
    match &token.holder {
        Holder::Person(user) => Some(Caller::Person(*user)),
        Holder::Installation { id, selection, permissions } => {
            let installation = world.installations.get(id).filter(|found| found.suspended.is_none())?;
            let (app, bot) = (installation.app, world.apps.get(&installation.app)?.bot);
            let (selection, permissions) = (selection.clone(), permissions.clone());
            Some(Caller::Installation { id: *id, app, bot, selection, permissions })
        }
    }
}

/// The token in the header; Git sends it as the password of basic authentication, or as the name.
fn secret(headers: &HeaderMap) -> Option<String> {
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token") {
        return Some(rest.trim().to_owned());
    }
    let pair = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (name, password) = pair.split_once(':')?;
    let password = if password.is_empty() || password == "x-oauth-basic" { name } else { password };
    Some(password.to_owned())
}

/// The App that signed a JWT, if it is valid now.
fn jwt(world: &World, jwt: &str) -> Result<Id, Refusal> {
    let unreadable = || Refusal::new(401, "A JSON web token could not be decoded");
    let claims = key::claims(jwt).ok_or_else(unreadable)?;
    let issuer = match &claims["iss"] {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let found = world.apps.values().find(|app| app.id.to_string() == issuer || app.client_id == issuer);
    let app = found.ok_or_else(|| Refusal::new(401, "'Issuer' claim ('iss') must be an Integer or a client ID"))?;
    if !app.key.signed(jwt) {
        return Err(unreadable());
    }
    let (Some(issued), Some(expires)) = (claims["iat"].as_i64(), claims["exp"].as_i64()) else {
        return Err(Refusal::new(401, "Missing 'iat' or 'exp' claim in assertion"));
    };
    // A program under test has only the machine's clock: what is valid by that one is valid too.
    let times = [world.now(), real_now()].map(|now: Millis| in_time(issued, expires, now.div_euclid(1000)));
    times.iter().find(|time| time.is_ok()).unwrap_or(&times[0]).map_err(|message| Refusal::new(401, message))?;
    Ok(app.id)
}

fn in_time(issued: i64, expires: i64, now: i64) -> Result<(), &'static str> {
    if expires <= now {
        Err(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
        )
    } else if expires > now + LONGEST_JWT + DRIFT {
        Err("'Expiration time' claim ('exp') is too far in the future")
    } else if issued > now + DRIFT {
        Err("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
    } else {
        Ok(())
    }
}

/// What a Git client may do.
pub(crate) struct GitAccess {
    pub(crate) repository: Id,
    pub(crate) user: Id,
    pub(crate) app: Option<Id>,
    pub(crate) login: String,
    pub(crate) workflows: bool,
}

/// Whether a Git client may read or push; else the status and the words that it gets.
pub(crate) fn admit_git(
    world: &World,
    headers: &HeaderMap,
    owner: &str,
    name: &str,
    push: bool,
) -> Result<GitAccess, (StatusCode, &'static str)> {
    const HIDDEN: (StatusCode, &str) = (StatusCode::NOT_FOUND, "Repository not found.");
    const LOGIN: (StatusCode, &str) = (StatusCode::UNAUTHORIZED, "Invalid username or token.");
    const DENIED: (StatusCode, &str) = (StatusCode::FORBIDDEN, "Permission to this repository was denied.");
    let caller = caller(world, headers).map_err(|_| LOGIN)?;
    let found = world.repository_named(owner, name).or_else(|| world.repository_formerly(owner, name));
    let Some(repository) = found else {
        return Err(if matches!(caller, Caller::Nobody) { LOGIN } else { HIDDEN });
    };
    let (reads, writes, workflows) = match &caller {
        Caller::Nobody | Caller::App(_) => (!repository.private, false, true),
        Caller::Person(user) => {
            let level = world.level(*user, repository.id);
            (level >= Level::Read, level >= Level::Write, true)
        }
        Caller::Installation { id, selection, permissions, .. } => {
            let inside = world.covers(*id, repository.id) && selected(selection, repository.id);
            let has = |name: &str, access| inside && permissions.get(name).is_some_and(|has| *has >= access);
            let reads = !repository.private || has("contents", Access::Read);
            (reads, has("contents", Access::Write), has("workflows", Access::Write))
        }
    };
    let anonymous = caller.user().is_none();
    if !reads {
        return Err(if anonymous { LOGIN } else { HIDDEN });
    }
    if push && anonymous {
        return Err(LOGIN);
    }
    if push && (!writes || repository.archived) {
        return Err(DENIED);
    }
    let user = caller.user().unwrap_or_default();
    let login = world.users.get(&user).map(|user| user.login.clone()).unwrap_or_default();
    Ok(GitAccess { repository: repository.id, user, app: caller.app(), login, workflows })
}
