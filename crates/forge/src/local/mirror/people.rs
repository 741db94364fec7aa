//! Names of people elsewhere, as they are written here.

use std::time::Duration;

use super::Elsewhere;
use crate::{
    LocalForge, marker,
    remote::RemoteError,
    types::{Login, RepoId, Role},
};

/// Waits before the forge is asked once more who did something.
const LAG_MS: [u64; 2] = [300, 900];

/// Who did something when the forge elsewhere does not say, or has a name for them that nobody can have here. It ends like a
/// program's name, so that it may do nothing and starts nothing.
pub(in crate::local) fn somebody() -> Login {
    "somebody[bot]".parse().expect("a user name")
}

impl Elsewhere {
    /// A login as it is written here. Forgeline itself has one name everywhere, and nobody else has that one.
    pub(super) async fn name(&self, login: &str) -> Result<Login, RemoteError> {
        if login.eq_ignore_ascii_case(self.me().await?) {
            return Ok(LocalForge::bot());
        }
        Ok(match login.parse::<Login>() {
            Ok(login) if !login.as_str().eq_ignore_ascii_case(crate::BOT) => login,
            _ => somebody(),
        })
    }

    /// Who wrote a comment or an issue. With a person's token Forgeline and that person have one login: what Forgeline writes
    /// carries its marker, and the rest is the person's.
    pub(super) async fn author(&self, login: &str, body: &str) -> Result<Login, RemoteError> {
        let name = self.name(login).await?;
        let is_a_persons = name == LocalForge::bot() && !login.ends_with("[bot]") && marker::key(body).is_none();
        Ok(match login.parse::<Login>() {
            Ok(person) if is_a_persons => person,
            _ => name,
        })
    }

    /// Who last put this label on this item. What just happened may be known a moment later only.
    pub(super) async fn labelled_by(
        &self,
        repo: &RepoId,
        number: u64,
        label: &str,
    ) -> Result<Option<Login>, RemoteError> {
        let mut found = self.remote.labelled_by(repo, number, label).await?;
        for wait in LAG_MS {
            if found.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(wait)).await;
            found = self.remote.labelled_by(repo, number, label).await?;
        }
        match found {
            Some(login) => Ok(Some(self.name(&login).await?)),
            None => Ok(None),
        }
    }

    /// Who made or moved a tag. Whoever asks waits longer for that than it would do here.
    pub(super) async fn tagged_by(&self, repo: &RepoId, tag: &str, moved: bool) -> Result<Option<Login>, RemoteError> {
        match self.remote.tagged_by(repo, tag, moved).await? {
            Some(login) => Ok(Some(self.name(&login).await?)),
            None => Ok(None),
        }
    }

    /// Who moved this branch to this commit. What just happened may be known a moment later only.
    pub(super) async fn pushed_by(
        &self,
        repo: &RepoId,
        branch: &str,
        commit: &str,
    ) -> Result<Option<Login>, RemoteError> {
        let mut found = self.remote.pushed_by(repo, branch, commit).await?;
        for wait in LAG_MS {
            if found.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(wait)).await;
            found = self.remote.pushed_by(repo, branch, commit).await?;
        }
        match found {
            Some(login) => Ok(Some(self.name(&login).await?)),
            None => Ok(None),
        }
    }

    /// What somebody may do there now.
    pub(in crate::local) async fn role_of(
        &self,
        repo: &RepoId,
        login: &Login,
    ) -> Result<Option<Role>, crate::ForgeError> {
        if *login == somebody() {
            return Ok(None);
        }
        Ok(self.remote.role_of(repo, login.as_str()).await?)
    }
}
