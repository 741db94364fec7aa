//! Concurrency groups: runs of one group follow each other.

use forgeline_engine::RunSpec;
use forgeline_model::RunId;
use sqlx::SqliteConnection;

use crate::StoreError;

/// The group of a run, unique over all repositories.
pub(crate) fn key(spec: &RunSpec) -> Option<String> {
    spec.concurrency.as_ref().map(|group| format!("{} {}", spec.target.repository, group.group))
}

/// Runs of the same group that have not ended, oldest first.
pub(crate) async fn under_way(tx: &mut SqliteConnection, spec: &RunSpec) -> Result<Vec<RunId>, StoreError> {
    let Some(group) = key(spec) else { return Ok(Vec::new()) };
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT run_id FROM run WHERE concurrency = ? AND finished = 0 AND run_id <> ? ORDER BY created_at, rowid",
    )
    .bind(group)
    .bind(spec.id.as_str())
    .fetch_all(&mut *tx)
    .await?;
    Ok(ids.into_iter().filter_map(|id| id.parse().ok()).collect())
}

/// The run that comes next in a group, if none is at work.
pub(crate) async fn next(tx: &mut SqliteConnection, group: &str) -> Result<Option<RunId>, StoreError> {
    let open: Vec<(String, String)> = sqlx::query_as(
        "SELECT run_id, state FROM run WHERE concurrency = ? AND finished = 0 ORDER BY priority DESC, created_at, rowid",
    )
    .bind(group)
    .fetch_all(&mut *tx)
    .await?;
    if open.iter().any(|(_, state)| state != "queued") {
        return Ok(None);
    }
    Ok(open.into_iter().next().and_then(|(id, _)| id.parse().ok()))
}
