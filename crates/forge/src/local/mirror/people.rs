//! Names of people elsewhere, as they are written here.

use super::Elsewhere;
use crate::{
    LocalForge,
    remote::RemoteError,
    types::{Login, RepoId, Role},
};

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
