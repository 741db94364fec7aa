//! Artifacts: what was produced, by which run, and what became of it.

use forgeline_model::{RunId, Timestamp};

use crate::{Store, StoreError};

/// An artifact.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ArtifactRow {
    /// Its number.
    pub id: i64,
    /// Project.
    pub project: String,
    /// Target repository.
    pub repository: String,
    /// Path in it.
    pub path: String,
    /// Artifact type.
    #[sqlx(rename = "type")]
    pub artifact_type: String,
    /// Digest of the content.
    pub digest: String,
    /// `passed` or `corrected`.
    pub validation: String,
    /// The artifact that stood at this path before.
    pub supersedes: Option<i64>,
    /// The run that made it.
    #[sqlx(rename = "run_id")]
    pub run: String,
    /// The stage that made it.
    pub stage: String,
    /// The commit that holds it.
    #[sqlx(rename = "commit_oid")]
    pub commit: Option<String>,
    /// The commit that merged it.
    #[sqlx(rename = "merged_oid")]
    pub merged: Option<String>,
    /// When it was made, milliseconds since the Unix epoch.
    pub at: i64,
}

impl ArtifactRow {
    /// When it was made.
    pub fn made_at(&self) -> Timestamp {
        Timestamp::from_millis(self.at)
    }
}

impl Store {
    /// Artifacts of one run, or of all runs, newest first; `path` narrows to those whose path contains it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn artifacts(&self, run: Option<&RunId>, path: Option<&str>) -> Result<Vec<ArtifactRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT id, project, repository, path, type, digest, validation, supersedes, run_id, stage, commit_oid, \
             merged_oid, at FROM artifact WHERE (?1 IS NULL OR run_id = ?1) AND (?2 IS NULL OR instr(path, ?2) > 0) \
             ORDER BY id DESC LIMIT 1000",
        )
        .bind(run.map(RunId::as_str))
        .bind(path)
        .fetch_all(&self.reader)
        .await?)
    }

    /// An artifact and all that it supersedes, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn lineage(&self, id: i64) -> Result<Vec<ArtifactRow>, StoreError> {
        Ok(sqlx::query_as(
            "WITH RECURSIVE line (id) AS (SELECT ?1 UNION SELECT a.supersedes FROM artifact a JOIN line ON a.id = \
             line.id WHERE a.supersedes IS NOT NULL) SELECT id, project, repository, path, type, digest, validation, \
             supersedes, run_id, stage, commit_oid, merged_oid, at FROM artifact JOIN line USING (id) ORDER BY id DESC",
        )
        .bind(id)
        .fetch_all(&self.reader)
        .await?)
    }

    /// Records that the artifacts of a run are merged.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn artifacts_merged(&self, run: &RunId, commit: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE artifact SET merged_oid = ? WHERE run_id = ?")
            .bind(commit)
            .bind(run.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit("artifacts-merged").await?;
        Ok(())
    }
}
