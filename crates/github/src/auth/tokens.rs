//! Installation tokens: made for one repository and one need, kept until shortly before they end.

use std::{collections::HashMap, sync::Arc};

use forgeline_forge::{remote::Trouble, types::RepoId};
use forgeline_model::Timestamp;
use http::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{Granted, Installation, Need, lasts, need::Permissions};
use crate::{
    http::{Client, Credential, Manner, Path},
    shapes::{self, read},
};

/// A token that ends sooner than this is not used any more, milliseconds: a clone or a push may take minutes.
const SPARE: u64 = 10 * 60_000;
/// How long a token is kept whose end GitHub did not say, milliseconds.
const UNSAID: u64 = 30 * 60_000;
/// Tokens that are kept before those that ended are looked for.
const MANY: usize = 1000;

/// What a token is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    installation: u64,
    /// The repository's name; none for all of the installation.
    repo: Option<String>,
    permissions: Permissions,
    /// What is asked for and not granted, as far as is known; for people.
    lacking: String,
}

impl Scope {
    pub(super) fn whole(installation: u64) -> Self {
        let permissions = Permissions::from([("metadata".to_owned(), "read".to_owned())]);
        Self { installation, repo: None, permissions, lacking: String::new() }
    }

    pub(super) fn one(installation: &Installation, repo: &RepoId, need: Need) -> Self {
        Self {
            installation: installation.id,
            repo: Some(repo.name().to_owned()),
            permissions: need.permissions(&installation.permissions),
            lacking: need.lacking(&installation.permissions),
        }
    }

    pub(super) const fn installation(&self) -> u64 {
        self.installation
    }

    fn body(&self) -> Value {
        match &self.repo {
            Some(repo) => json!({ "repositories": [repo], "permissions": self.permissions }),
            None => json!({ "permissions": self.permissions }),
        }
    }
}

struct Token {
    token: String,
    until: Timestamp,
}

type Slot = Arc<Mutex<Option<Token>>>;

#[derive(Default)]
pub(super) struct Tokens(Mutex<HashMap<Scope, Slot>>);

impl Tokens {
    pub(super) async fn get(
        &self,
        client: &Client,
        app: &(dyn Fn() -> Result<Granted, Trouble> + Sync),
        scope: &Scope,
        now: Timestamp,
    ) -> Result<String, Trouble> {
        let slot = self.slot(scope, now).await;
        // Who comes while it is made waits for it instead of making another.
        let mut slot = slot.lock().await;
        if let Some(kept) = slot.as_ref().filter(|kept| lasts(kept.until, now, SPARE)) {
            return Ok(kept.token.clone());
        }
        let own = app()?;
        let path = Path::new(&["app", "installations", &scope.installation.to_string(), "access_tokens"])?;
        let request = client.request(Method::POST, &path, Some(scope.body()), Manner::Mint);
        let answer = client
            .send(&own.credential, &own.gate, &request)
            .await
            .map_err(|trouble| explain(trouble, &scope.lacking))?;
        let minted: shapes::Token = read(&answer.body)?;
        let until = minted.expires_at.map_or_else(|| now.plus_millis(UNSAID), |when| when.0);
        *slot = Some(Token { token: minted.token.clone(), until });
        Ok(minted.token)
    }

    /// Forgets the token behind a credential that was refused.
    pub(super) async fn forget(&self, refused: &Credential) {
        for slot in self.0.lock().await.values() {
            // One that is being made is another one.
            if let Ok(mut slot) = slot.try_lock()
                && slot.as_ref().is_some_and(|kept| Credential::bearer(&kept.token).as_ref() == Ok(refused))
            {
                *slot = None;
            }
        }
    }

    async fn slot(&self, scope: &Scope, now: Timestamp) -> Slot {
        let mut all = self.0.lock().await;
        if all.len() >= MANY {
            all.retain(|_, slot| match slot.try_lock() {
                Ok(kept) => kept.as_ref().is_some_and(|kept| lasts(kept.until, now, SPARE)),
                Err(_) => true,
            });
        }
        all.entry(scope.clone()).or_default().clone()
    }
}

/// GitHub makes no token with rights that the installation does not have.
fn explain(trouble: Trouble, lacking: &str) -> Trouble {
    let lower = |said: &str| said.to_ascii_lowercase();
    match trouble {
        Trouble::Refused(said) if lower(&said).contains("permission") => Trouble::Forbidden(if lacking.is_empty() {
            said
        } else {
            format!("{said}; grant the App {lacking}, and accept that in the installation's settings")
        }),
        Trouble::Refused(said) if lower(&said).contains("repositor") => Trouble::Missing(said),
        other => other,
    }
}
