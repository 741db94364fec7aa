//! People and their roles, always as they are now.

use forgeline_model::Timestamp;

use super::{LocalForge, rows};
use crate::{
    ForgeError,
    types::{Login, RepoId, Role, User},
};

impl LocalForge {
    /// Adds a user, or finds the one there is.
    ///
    /// # Errors
    /// The database failed.
    pub async fn add_user(&self, login: &Login, at: Timestamp) -> Result<User, ForgeError> {
        let mut tx = self.store.forge_write().await?;
        let user = tx.ensure_user(login.as_str(), login.is_bot(), at.millis()).await?;
        tx.commit().await?;
        rows::user(&user)
    }

    /// All users in name order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn users(&self) -> Result<Vec<User>, ForgeError> {
        self.store.forge_read().await?.users().await?.iter().map(rows::user).collect()
    }

    /// A user by name.
    ///
    /// # Errors
    /// There is no such user.
    pub async fn user(&self, login: &Login) -> Result<User, ForgeError> {
        let mut tx = self.store.forge_read().await?;
        match tx.user(login.as_str()).await? {
            Some(row) => rows::user(&row),
            None => {
                let known = tx.users().await?.into_iter().map(|user| user.login).collect();
                Err(ForgeError::NoUser { login: login.to_string(), known })
            }
        }
    }

    /// Gives a user a role on a repository, in place of the former one.
    ///
    /// # Errors
    /// The user or repository does not exist, or `actor` is no administrator.
    pub async fn set_role(
        &self,
        repo: &RepoId,
        login: &Login,
        role: Role,
        actor: &Login,
        at: Timestamp,
    ) -> Result<(), ForgeError> {
        let user = self.user(login).await?;
        let mut verb = self.verb(repo, actor, at).await?;
        verb.require(Role::Admin, "give roles").await?;
        let id = i64::try_from(user.id).expect("ids are row ids");
        verb.view.tx.set_role(verb.view.row.id, id, role.as_str()).await?;
        verb.commit().await
    }

    /// What a user may do on a repository now; none when they may not even look, or do not exist. Of a mirror, the forge that
    /// keeps it is asked each time.
    ///
    /// # Errors
    /// There is no such repository, or the database or the forge failed: then nothing is allowed.
    pub async fn role_of(&self, repo: &RepoId, login: &Login) -> Result<Option<Role>, ForgeError> {
        let mut view = self.view(repo).await?;
        match self.connected(&view)? {
            Some(there) if *login != Self::bot() => {
                drop(view);
                there.role_of(repo, login).await
            }
            _ => view.role_of(login).await,
        }
    }

    /// Everybody who may do something on a repository, with their role, in name order.
    ///
    /// # Errors
    /// There is no such repository.
    pub async fn roles(&self, repo: &RepoId) -> Result<Vec<(User, Role)>, ForgeError> {
        let mut view = self.view(repo).await?;
        let mut found = Vec::new();
        for row in view.tx.users().await? {
            let user = rows::user(&row)?;
            if let Some(role) = view.role_of(&user.login).await? {
                found.push((user, role));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        ForgeError, LocalForge, NewRepository, Seed,
        local::scratch::{World, login},
        types::Role,
    };

    #[tokio::test]
    async fn roles_are_live() {
        let world = World::new().await;
        let (forge, acme, eve) = (&world.forge, login("acme"), login("eve"));
        let private = "acme/secret".parse().expect("valid");
        let new = NewRepository { repo: private, private: true, seed: Seed::Empty };
        let private = forge.create_repository(&new, &acme, world.now()).await.expect("creates");
        let role = async |repo, who: &str| forge.role_of(repo, &login(who)).await.expect("reads");
        assert_eq!(role(&world.repo, "ACME").await, Some(Role::Admin));
        assert_eq!(role(&world.repo, "eve").await, Some(Role::Guest));
        assert_eq!(role(&private, "eve").await, None);
        assert_eq!(role(&world.repo, "nobody").await, None);
        assert_eq!(forge.role_of(&private, &LocalForge::bot()).await.expect("reads"), Some(Role::Editor));

        let own = forge.set_role(&private, &eve, Role::Admin, &eve, world.now()).await;
        assert!(matches!(own, Err(ForgeError::Forbidden { has: None, .. })), "{own:?}");
        for given in [Role::Maintainer, Role::Reader] {
            forge.set_role(&private, &eve, given, &acme, world.now()).await.expect("gives");
            assert_eq!(role(&private, "eve").await, Some(given));
        }
        assert_eq!(forge.roles(&private).await.expect("lists").len(), 2);
        assert!(forge.role_of(&"acme/none".parse().expect("valid"), &eve).await.is_err());
    }
}
