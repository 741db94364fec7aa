//! The rows that mirror the journal: what may be claimed, what was produced, what died.

use forgeline_engine::{Fact, Outcome, RunSpec, RunState, TaskId};
use forgeline_model::{Timestamp, task::NoteVerdict};
use sqlx::{Sqlite, Transaction};

use crate::StoreError;

/// Mirrors one fact.
pub(crate) async fn fact(
    tx: &mut Transaction<'static, Sqlite>,
    spec: &RunSpec,
    fact: &Fact,
    now: Timestamp,
) -> Result<(), StoreError> {
    match fact {
        Fact::TaskReady { task, at } => ready(tx, spec, task, *at).await,
        Fact::TaskStarted { task, attempt } => {
            sqlx::query("UPDATE stage SET state = 'running', attempt = ? WHERE run_id = ? AND stage = ? AND item = ?")
                .bind(attempt)
                .bind(spec.id.as_str())
                .bind(task.stage.as_str())
                .bind(item(task))
                .execute(&mut **tx)
                .await?;
            Ok(())
        }
        Fact::TaskDone { task, output, .. } => {
            set(tx, spec, task, "done", Some(output.proposal.to_string())).await?;
            for artifact in &output.artifacts {
                let corrected = output
                    .findings
                    .iter()
                    .any(|note| note.path == artifact.path && note.verdict == NoteVerdict::Corrected);
                sqlx::query(
                    "INSERT INTO artifact (project, repository, path, type, digest, validation, supersedes, run_id, \
                     stage, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, (SELECT max(id) FROM artifact WHERE repository = ?2 \
                     AND path = ?3), ?7, ?8, ?9) ON CONFLICT DO NOTHING",
                )
                .bind(spec.source.project_id.as_str())
                .bind(&spec.target.repository)
                .bind(&artifact.path)
                .bind(&artifact.artifact_type)
                .bind(artifact.digest.to_string())
                .bind(if corrected { "corrected" } else { "passed" })
                .bind(spec.id.as_str())
                .bind(task.stage.as_str())
                .bind(now.millis())
                .execute(&mut **tx)
                .await?;
            }
            Ok(())
        }
        Fact::TaskFailed { task, last: false, .. } | Fact::TaskLost { task } => {
            set(tx, spec, task, "queued", None).await
        }
        Fact::TaskFailed { task, attempt, failure, last: true } => {
            set(tx, spec, task, "failed", None).await?;
            let agent = spec.plan.stage(&task.stage).map_or("", |stage| stage.agent.name.as_str());
            sqlx::query(
                "INSERT INTO dlq (project, agent, error_kind, severity, subject, body, reason, attempts, run_id, at) \
                 VALUES (?, ?, ?, 'error', ?, '{}', ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            )
            .bind(spec.source.project_id.as_str())
            .bind(agent)
            .bind(&failure.kind)
            .bind(format!("{} {task}", spec.id))
            .bind(&failure.message)
            .bind(attempt)
            .bind(spec.id.as_str())
            .bind(now.millis())
            .execute(&mut **tx)
            .await?;
            Ok(())
        }
        Fact::Finished { outcome } => finished(tx, spec, outcome).await,
        Fact::Started
        | Fact::StageOpened { .. }
        | Fact::StageSkipped { .. }
        | Fact::CancelRequested { .. }
        | Fact::Publishing => Ok(()),
    }
}

/// Mirrors where the run stands.
pub(crate) async fn run(
    tx: &mut Transaction<'static, Sqlite>,
    spec: &RunSpec,
    state: &RunState,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE run SET state = ?, finished = ?, facts = ?, updated_at = ? WHERE run_id = ?")
        .bind(state.phase.word())
        .bind(state.outcome().is_some())
        .bind(i64::try_from(state.facts).unwrap_or(i64::MAX))
        .bind(now.millis())
        .bind(spec.id.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn ready(
    tx: &mut Transaction<'static, Sqlite>,
    spec: &RunSpec,
    task: &TaskId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let pool = spec.plan.stage(&task.stage).map_or("default", |stage| stage.pool.as_str());
    sqlx::query(
        "INSERT INTO stage (run_id, stage, item, state, pool, run_at) VALUES (?, ?, ?, 'ready', ?, ?) \
         ON CONFLICT DO UPDATE SET state = 'ready', run_at = excluded.run_at, lease_owner = NULL",
    )
    .bind(spec.id.as_str())
    .bind(task.stage.as_str())
    .bind(item(task))
    .bind(pool)
    .bind(at.millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn set(
    tx: &mut Transaction<'static, Sqlite>,
    spec: &RunSpec,
    task: &TaskId,
    state: &str,
    out: Option<String>,
) -> Result<(), StoreError> {
    // A stage refused before its first task was ready has no row yet.
    sqlx::query(
        "INSERT INTO stage (run_id, stage, item, state, pool, out_digest) VALUES (?, ?, ?, ?, 'default', ?) \
         ON CONFLICT DO UPDATE SET state = excluded.state, lease_owner = NULL, out_digest = excluded.out_digest",
    )
    .bind(spec.id.as_str())
    .bind(task.stage.as_str())
    .bind(item(task))
    .bind(state)
    .bind(out)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn finished(tx: &mut Transaction<'static, Sqlite>, spec: &RunSpec, outcome: &Outcome) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE stage SET state = 'dropped', lease_owner = NULL \
         WHERE run_id = ? AND state IN ('queued', 'ready', 'running')",
    )
    .bind(spec.id.as_str())
    .execute(&mut **tx)
    .await?;
    if let Outcome::Published(publication) = outcome {
        let pull_request = publication.pull_request.as_ref().and_then(|it| i64::try_from(it.number).ok());
        sqlx::query("UPDATE run SET commit_oid = ?, pull_request = ? WHERE run_id = ?")
            .bind(&publication.commit)
            .bind(pull_request)
            .bind(spec.id.as_str())
            .execute(&mut **tx)
            .await?;
        sqlx::query("UPDATE artifact SET commit_oid = ? WHERE run_id = ?")
            .bind(&publication.commit)
            .bind(spec.id.as_str())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// The matrix element's name as it stands in the key.
pub(crate) fn item(task: &TaskId) -> &str {
    task.item.as_deref().unwrap_or("")
}
