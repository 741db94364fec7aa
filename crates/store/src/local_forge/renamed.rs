//! Mirrors whose repositories elsewhere got another name, or are not shown any more.

use forgeline_model::Timestamp;

use super::{ForgeTx, RepositoryRow};
use crate::{Decision, StoreError, decisions};

impl ForgeTx {
    /// The mirror of the repository with this id on that kind of forge.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn repository_of_remote(
        &mut self,
        remote: &str,
        remote_id: &str,
    ) -> Result<Option<RepositoryRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{} WHERE remote = ? AND remote_id = ?", super::repositories::COLUMNS));
        Ok(sqlx::query_as(sql).bind(remote).bind(remote_id).fetch_optional(&mut *self.tx).await?)
    }

    /// The repository that had this name before; letter case does not count.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn repository_formerly(&mut self, owner: &str, name: &str) -> Result<Option<RepositoryRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{} WHERE id = (SELECT repository FROM forge_former_name WHERE owner = ? AND name = ?)",
            super::repositories::COLUMNS
        ));
        Ok(sqlx::query_as(sql).bind(owner).bind(name).fetch_optional(&mut *self.tx).await?)
    }

    /// Remembers the id that the forge elsewhere gave a repository.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_remote_id(&mut self, repository: i64, remote_id: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE forge_repository SET remote_id = ? WHERE id = ?")
            .bind(remote_id)
            .bind(repository)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Gives a repository another name, everywhere: its runs, artifacts and readers of events follow. Keys of runs go on with
    /// the name that it had first, and the old name leads here until something else is called so. Call
    /// [`Store::forget_runs`](crate::Store::forget_runs) once it is committed.
    ///
    /// # Errors
    /// [`StoreError::Database`], also when the name is taken.
    pub async fn rename_repository(
        &mut self,
        row: &RepositoryRow,
        (owner, name): (&str, &str),
        at: i64,
    ) -> Result<(), StoreError> {
        let (old, new) = (format!("{}/{}", row.owner, row.name), format!("{owner}/{name}"));
        let tx = &mut *self.tx;
        sqlx::query(
            "UPDATE forge_repository SET owner = ?1, name = ?2, known_as = COALESCE(known_as, ?3) WHERE id = ?4",
        )
        .bind(owner)
        .bind(name)
        .bind(&old)
        .bind(row.id)
        .execute(&mut *tx)
        .await?;
        sqlx::query("DELETE FROM forge_former_name WHERE owner = ? AND name = ?")
            .bind(owner)
            .bind(name)
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT OR REPLACE INTO forge_former_name (owner, name, repository, until) VALUES (?, ?, ?, ?)")
            .bind(&row.owner)
            .bind(&row.name)
            .bind(row.id)
            .bind(at)
            .execute(&mut *tx)
            .await?;
        for sql in [
            "UPDATE run SET repository = ?2, spec = json_set(spec, '$.target.repository', ?2), \
             concurrency = CASE WHEN substr(concurrency, 1, length(?1) + 1) = ?1 || ' ' \
             THEN ?2 || substr(concurrency, length(?1) + 1) ELSE concurrency END \
             WHERE repository = ?1 AND json_extract(spec, '$.target.forge') = 'local'",
            "UPDATE run SET item_repository = ?2, spec = json_set(spec, '$.item_repository', ?2) WHERE item_repository = ?1",
            "UPDATE artifact SET repository = ?2 WHERE repository = ?1",
            "UPDATE OR REPLACE subscription SET name = ?2 || substr(name, length(?1) + 1) \
             WHERE substr(name, 1, length(?1) + 1) = ?1 || '/'",
            "UPDATE OR REPLACE subscription SET name = 'schedule ' || ?2 || substr(name, length(?1) + 10) \
             WHERE substr(name, 1, length(?1) + 10) = 'schedule ' || ?1 || '/'",
        ] {
            sqlx::query(sql).bind(&old).bind(&new).execute(&mut *tx).await?;
        }
        Ok(())
    }

    /// Notes since when a forge does not show a repository any more, or that it does again.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_gone(&mut self, repository: i64, since: Option<i64>) -> Result<(), StoreError> {
        sqlx::query("UPDATE forge_repository SET gone_at = ? WHERE id = ?")
            .bind(since)
            .bind(repository)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Records why something was done, for `forgeline why`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn record(&mut self, decision: &Decision, at: Timestamp) -> Result<(), StoreError> {
        decisions::insert(&mut self.tx, std::slice::from_ref(decision), at).await
    }
}
