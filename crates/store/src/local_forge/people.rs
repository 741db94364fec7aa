//! Users and their roles.

use super::ForgeTx;
use crate::StoreError;

/// A user of the local forge.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct UserRow {
    /// Number that never changes.
    pub id: i64,
    /// Name.
    pub login: String,
    /// Whether it is a program.
    pub bot: bool,
}

impl ForgeTx {
    /// Adds a user, or finds the one there is.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn ensure_user(&mut self, login: &str, bot: bool, at: i64) -> Result<UserRow, StoreError> {
        Ok(sqlx::query_as(
            "INSERT INTO forge_user (login, bot, created_at) VALUES (?, ?, ?) \
             ON CONFLICT DO UPDATE SET login = login RETURNING id, login, bot",
        )
        .bind(login)
        .bind(bot)
        .bind(at)
        .fetch_one(&mut *self.tx)
        .await?)
    }

    /// A user by name; letter case does not count.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn user(&mut self, login: &str) -> Result<Option<UserRow>, StoreError> {
        Ok(sqlx::query_as("SELECT id, login, bot FROM forge_user WHERE login = ?")
            .bind(login)
            .fetch_optional(&mut *self.tx)
            .await?)
    }

    /// All users in name order.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn users(&mut self) -> Result<Vec<UserRow>, StoreError> {
        Ok(sqlx::query_as("SELECT id, login, bot FROM forge_user ORDER BY login").fetch_all(&mut *self.tx).await?)
    }

    /// Gives a user a role on a repository, in place of the former one.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_role(&mut self, repository: i64, user: i64, role: &str) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO forge_role (repository, user, role) VALUES (?, ?, ?) \
             ON CONFLICT DO UPDATE SET role = excluded.role",
        )
        .bind(repository)
        .bind(user)
        .bind(role)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// The role that a user was given on a repository.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn role(&mut self, repository: i64, user: i64) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT role FROM forge_role WHERE repository = ? AND user = ?")
            .bind(repository)
            .bind(user)
            .fetch_optional(&mut *self.tx)
            .await?)
    }
}
