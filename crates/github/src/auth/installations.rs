//! Where the App is installed.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use forgeline_forge::{remote::Trouble, types::RepoId};
use forgeline_model::Timestamp;
use http::Method;

use super::{Granted, need::Permissions};
use crate::{
    http::{Client, Manner, Path},
    shapes::{self, read},
};

/// What is remembered is read again after this many milliseconds, so that rights that were granted since are seen.
const REMEMBERED: u64 = 10 * 60_000;
/// Most repositories whose installation is remembered.
const MOST: usize = 10_000;

/// An installation of the App.
#[derive(Debug, Clone)]
pub(crate) struct Installation {
    pub(crate) id: u64,
    /// What its owner granted; empty when GitHub did not say.
    pub(crate) permissions: Permissions,
}

impl From<shapes::Installation> for Installation {
    fn from(shape: shapes::Installation) -> Self {
        Self { id: shape.id, permissions: shape.permissions }
    }
}

#[derive(Default)]
pub(super) struct Installations(Mutex<HashMap<String, (Timestamp, Installation)>>);

impl Installations {
    /// The installation that covers a repository.
    pub(super) async fn of(
        &self,
        client: &Client,
        app: &(dyn Fn() -> Result<Granted, Trouble> + Sync),
        repo: &RepoId,
        now: Timestamp,
    ) -> Result<Installation, Trouble> {
        let known = {
            let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.get(&key(repo)).filter(|(at, _)| now.millis_since(*at) < REMEMBERED).map(|(_, known)| known.clone())
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let own = app()?;
        let path = Path::new(&["repos", repo.owner(), repo.name(), "installation"])?;
        let request = client.request(Method::GET, &path, None, Manner::ReadFresh);
        let answer = client.send(&own.credential, &own.gate, &request).await.map_err(|trouble| match trouble {
            Trouble::Missing(said) => Trouble::Missing(format!(
                "{said}; the App is not installed on `{repo}`, install it in its owner's settings"
            )),
            other => other,
        })?;
        let shape: shapes::Installation = read(&answer.body)?;
        if shape.suspended_at.is_some() {
            return Err(Trouble::Forbidden(format!("the App's installation on `{}` is suspended", repo.owner())));
        }
        let installation = Installation::from(shape);
        self.remember(repo, &installation, now);
        Ok(installation)
    }

    pub(super) fn remember(&self, repo: &RepoId, installation: &Installation, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.retain(|_, (at, _)| now.millis_since(*at) < REMEMBERED);
        }
        if all.len() < MOST {
            all.insert(key(repo), (now, installation.clone()));
        }
    }

    pub(super) fn forget(&self, repo: &RepoId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(repo));
    }
}

fn key(repo: &RepoId) -> String {
    repo.to_string().to_ascii_lowercase()
}
