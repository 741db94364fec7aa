//! Repositories, their branch tips as last told, and their labels.

use super::ForgeTx;
use crate::StoreError;

/// A repository of the local forge.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RepositoryRow {
    /// Number that never changes.
    pub id: i64,
    /// First half of its name.
    pub owner: String,
    /// Second half.
    pub name: String,
    /// Whether only people with a role may read it.
    pub private: bool,
    /// When it was made, milliseconds.
    pub created_at: i64,
    /// Kind of the forge that keeps it, when this one only mirrors it.
    pub remote: Option<String>,
    /// Up to which change the mirror has read items, milliseconds.
    pub items_seen_to: Option<i64>,
    /// Up to which change the mirror has read comments, milliseconds.
    pub comments_seen_to: Option<i64>,
}

impl ForgeTx {
    /// Adds a repository; `None` when the name is taken.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn insert_repository(
        &mut self,
        owner: &str,
        name: &str,
        private: bool,
        at: i64,
    ) -> Result<Option<i64>, StoreError> {
        Ok(sqlx::query_scalar(
            "INSERT INTO forge_repository (owner, name, private, created_at) VALUES (?, ?, ?, ?) \
             ON CONFLICT DO NOTHING RETURNING id",
        )
        .bind(owner)
        .bind(name)
        .bind(private)
        .bind(at)
        .fetch_optional(&mut *self.tx)
        .await?)
    }

    /// A repository by name; letter case does not count.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn repository(&mut self, owner: &str, name: &str) -> Result<Option<RepositoryRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT id, owner, name, private, created_at, remote, items_seen_to, comments_seen_to \
             FROM forge_repository WHERE owner = ? AND name = ?",
        )
        .bind(owner)
        .bind(name)
        .fetch_optional(&mut *self.tx)
        .await?)
    }

    /// All repositories in name order.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn repositories(&mut self) -> Result<Vec<RepositoryRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT id, owner, name, private, created_at, remote, items_seen_to, comments_seen_to \
             FROM forge_repository ORDER BY owner, name",
        )
        .fetch_all(&mut *self.tx)
        .await?)
    }

    /// Branch tips as the feed has told them, in name order.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn told_refs(&mut self, repository: i64) -> Result<Vec<(String, String)>, StoreError> {
        Ok(sqlx::query_as("SELECT branch, commit_oid FROM forge_ref WHERE repository = ? ORDER BY branch")
            .bind(repository)
            .fetch_all(&mut *self.tx)
            .await?)
    }

    /// Remembers that the feed has told a branch's tip, or its end.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_told_ref(
        &mut self,
        repository: i64,
        branch: &str,
        commit: Option<&str>,
    ) -> Result<(), StoreError> {
        let query = match commit {
            Some(commit) => sqlx::query(
                "INSERT INTO forge_ref (commit_oid, repository, branch) VALUES (?, ?, ?) \
                 ON CONFLICT DO UPDATE SET commit_oid = excluded.commit_oid",
            )
            .bind(commit),
            None => sqlx::query("DELETE FROM forge_ref WHERE repository = ? AND branch = ?"),
        };
        query.bind(repository).bind(branch).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Adds a label, or gives it a description when one is passed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn upsert_label(&mut self, repository: i64, name: &str, description: &str) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO forge_label (repository, name, description) VALUES (?, ?, ?) \
             ON CONFLICT DO UPDATE SET description = excluded.description WHERE excluded.description <> ''",
        )
        .bind(repository)
        .bind(name)
        .bind(description)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// A repository's labels with their descriptions, in name order.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn labels(&mut self, repository: i64) -> Result<Vec<(String, String)>, StoreError> {
        Ok(sqlx::query_as("SELECT name, description FROM forge_label WHERE repository = ? ORDER BY name")
            .bind(repository)
            .fetch_all(&mut *self.tx)
            .await?)
    }
}
