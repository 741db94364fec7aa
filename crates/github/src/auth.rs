//! Who Forgeline is for each request: a token, an App, or an installation of an App with no more rights than needed.

mod installations;
mod jwt;
mod need;
mod tokens;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use forgeline_forge::{remote::Trouble, types::RepoId};
use forgeline_model::Timestamp;

pub(crate) use installations::Installation;
pub(crate) use need::Need;

use crate::{
    Clock, SecretSource,
    config::Auth,
    http::{Client, Credential},
    limits::{Gate, Limits},
};
use installations::Installations;
use tokens::{Scope, Tokens};

/// As whom something is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Identity<'a> {
    /// The App itself, or the token's owner.
    Own,
    /// All repositories of one installation, reading what they are.
    Installation(u64),
    /// One repository, with the rights needed.
    Repo(&'a RepoId, Need),
}

/// What a request is sent with.
pub(crate) struct Granted {
    pub(crate) credential: Credential,
    pub(crate) gate: Arc<Gate>,
    /// The token itself, for Git.
    pub(crate) token: String,
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Granted")
    }
}

/// Whose limits a request counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    Own,
    Installation(u64),
}

/// Makes and keeps credentials.
pub(crate) struct Keeper {
    auth: Auth,
    limits: Limits,
    clock: Arc<dyn Clock>,
    gates: Mutex<HashMap<Whose, Arc<Gate>>>,
    installations: Installations,
    tokens: Tokens,
}

impl Keeper {
    pub(crate) fn new(auth: Auth, limits: Limits, clock: Arc<dyn Clock>) -> Self {
        Self {
            auth,
            limits,
            clock,
            gates: Mutex::default(),
            installations: Installations::default(),
            tokens: Tokens::default(),
        }
    }

    /// The App's number; none with a token.
    pub(crate) fn app(&self) -> Option<u64> {
        match &self.auth {
            Auth::App { app_id, .. } => Some(*app_id),
            Auth::Token(_) | Auth::Job { .. } => None,
        }
    }

    /// The one repository of a job's token, and the login under which it writes if GitHub does not tell.
    pub(crate) fn job(&self) -> Option<(&RepoId, &str)> {
        match &self.auth {
            Auth::Job { repository, login, .. } => Some((repository, login)),
            Auth::Token(_) | Auth::App { .. } => None,
        }
    }

    /// The credential for this, from memory or new.
    pub(crate) async fn get(&self, client: &Client, who: Identity<'_>) -> Result<Granted, Trouble> {
        let (app_id, key) = match (&self.auth, who) {
            (Auth::Token(source) | Auth::Job { token: source, .. }, _) => return self.own(&read(source)?),
            (Auth::App { app_id, private_key }, Identity::Own) => return self.app_itself(*app_id, private_key),
            (Auth::App { app_id, private_key }, _) => (*app_id, private_key),
        };
        let app = || self.app_itself(app_id, key);
        match who {
            Identity::Own => app(),
            Identity::Installation(id) => self.installed(client, &app, &Scope::whole(id)).await,
            Identity::Repo(repo, need) => {
                let now = self.clock.now();
                let installation = self.installations.of(client, &app, repo, now).await?;
                let granted = self.installed(client, &app, &Scope::one(&installation, repo, need)).await;
                if !matches!(granted, Err(Trouble::Missing(_))) {
                    return granted;
                }
                // The App may have been taken out and put in again since.
                self.installations.forget(repo);
                let again = self.installations.of(client, &app, repo, now).await?;
                if again.id == installation.id {
                    return granted;
                }
                self.installed(client, &app, &Scope::one(&again, repo, need)).await
            }
        }
    }

    /// Another credential than the one that was refused; none when there is no other.
    pub(crate) async fn renew(
        &self,
        client: &Client,
        who: Identity<'_>,
        refused: &Credential,
    ) -> Result<Option<Granted>, Trouble> {
        self.tokens.forget(refused).await;
        let granted = self.get(client, who).await?;
        Ok((granted.credential != *refused).then_some(granted))
    }

    /// Remembers where a repository is installed.
    pub(crate) fn remember(&self, repo: &RepoId, installation: &Installation) {
        self.installations.remember(repo, installation, self.clock.now());
    }

    async fn installed(
        &self,
        client: &Client,
        app: &(dyn Fn() -> Result<Granted, Trouble> + Sync),
        scope: &Scope,
    ) -> Result<Granted, Trouble> {
        let token = self.tokens.get(client, app, scope, self.clock.now()).await?;
        Ok(Granted {
            credential: Credential::bearer(&token)?,
            gate: self.gate(Whose::Installation(scope.installation())),
            token,
        })
    }

    fn app_itself(&self, app_id: u64, key: &SecretSource) -> Result<Granted, Trouble> {
        let pem = key.read().map_err(Trouble::Unauthorized)?;
        self.own(&jwt::sign(app_id, pem.expose(), self.clock.now())?)
    }

    fn own(&self, token: &str) -> Result<Granted, Trouble> {
        let token = token.trim().to_owned();
        Ok(Granted { credential: Credential::bearer(&token)?, gate: self.gate(Whose::Own), token })
    }

    fn gate(&self, whose: Whose) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(whose).or_insert_with(|| Arc::new(Gate::new(self.limits, self.clock.clone()))).clone()
    }
}

fn read(source: &SecretSource) -> Result<String, Trouble> {
    let secret = source.read().map_err(Trouble::Unauthorized)?;
    if secret.expose().trim().is_empty() {
        return Err(Trouble::Unauthorized("the token is empty".into()));
    }
    Ok(secret.expose().clone())
}

/// Whether a time is at least this many milliseconds ahead.
fn lasts(until: Timestamp, now: Timestamp, millis: u64) -> bool {
    until > now.plus_millis(millis)
}
