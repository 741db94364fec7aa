//! Repositories, their branch tips as last told, and their labels.

use super::ForgeTx;
use crate::StoreError;

pub(super) const COLUMNS: &str = "SELECT id, owner, name, private, created_at, remote, items_seen_to, comments_seen_to, \
                                  remote_id, known_as, gone_at FROM forge_repository";

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
    /// The id that the forge that keeps it gave it.
    pub remote_id: Option<String>,
    /// What keys of runs call it; none: as it is called now.
    pub known_as: Option<String>,
    /// Since when the forge that keeps it does not show it any more, milliseconds.
    pub gone_at: Option<i64>,
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
        let id: Option<i64> = sqlx::query_scalar(
            "INSERT INTO forge_repository (owner, name, private, created_at) VALUES (?, ?, ?, ?) \
             ON CONFLICT DO NOTHING RETURNING id",
        )
        .bind(owner)
        .bind(name)
        .bind(private)
        .bind(at)
        .fetch_optional(&mut *self.tx)
        .await?;
        let Some(id) = id else { return Ok(None) };
        sqlx::query("DELETE FROM forge_former_name WHERE owner = ? AND name = ?")
            .bind(owner)
            .bind(name)
            .execute(&mut *self.tx)
            .await?;
        // Another one has runs under this name: no key of theirs may be one of this repository's.
        sqlx::query(
            "UPDATE forge_repository SET known_as = owner || '/' || name || '@' || id WHERE id = ?1 AND EXISTS \
             (SELECT 1 FROM forge_repository AS other WHERE other.id <> ?1 AND other.known_as = ?2 || '/' || ?3)",
        )
        .bind(id)
        .bind(owner)
        .bind(name)
        .execute(&mut *self.tx)
        .await?;
        Ok(Some(id))
    }

    /// A repository by name; letter case does not count.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn repository(&mut self, owner: &str, name: &str) -> Result<Option<RepositoryRow>, StoreError> {
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE owner = ? AND name = ?")))
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
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY owner, name")))
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
