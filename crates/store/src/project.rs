//! The rows that mirror the journal: what may be claimed, what was produced.

use forgeline_engine::{Fact, Outcome, RunSpec, RunState, TaskId, wake_at};
use forgeline_model::{Timestamp, task::NoteVerdict};

use crate::batch::Batch;

/// Mirrors one fact.
pub(crate) fn fact(writes: &mut Batch, spec: &RunSpec, fact: &Fact, now: Timestamp) {
    match fact {
        Fact::TaskReady { task, at } => ready(writes, spec, task, *at),
        Fact::TaskStarted { task, attempt } => {
            writes
                .add("UPDATE stage SET state = 'running', attempt = ? WHERE run_id = ? AND stage = ? AND item = ?")
                .bind(attempt)
                .bind(spec.id.as_str())
                .bind(task.stage.as_str())
                .bind(item(task));
        }
        Fact::TaskDone { task, output, .. } => {
            set(writes, spec, task, "done", Some(output.proposal.to_string()));
            for artifact in &output.artifacts {
                let corrected = output
                    .findings
                    .iter()
                    .any(|note| note.path == artifact.path && note.verdict == NoteVerdict::Corrected);
                writes.add(
                    "INSERT INTO artifact (project, repository, path, type, digest, validation, supersedes, run_id, \
                     stage, at) VALUES (?, ?, ?, ?, ?, ?, (SELECT max(id) FROM artifact WHERE repository = ? AND path = ?), \
                     ?, ?, ?) ON CONFLICT DO NOTHING",
                )
                .bind(spec.source.project_id.as_str())
                .bind(&spec.target.repository)
                .bind(&artifact.path)
                .bind(&artifact.artifact_type)
                .bind(artifact.digest.to_string())
                .bind(if corrected { "corrected" } else { "passed" })
                .bind(&spec.target.repository)
                .bind(&artifact.path)
                .bind(spec.id.as_str())
                .bind(task.stage.as_str())
                .bind(now.millis());
            }
        }
        Fact::TaskFailed { task, last: false, .. } | Fact::TaskLost { task } | Fact::TaskParked { task, .. } => {
            set(writes, spec, task, "queued", None);
        }
        Fact::TaskDropped { task, .. } => set(writes, spec, task, "dropped", None),
        Fact::TaskFailed { task, last: true, .. } => set(writes, spec, task, "failed", None),
        Fact::Finished { outcome } => finished(writes, spec, outcome),
        Fact::Queued { .. }
        | Fact::Started
        | Fact::StageOpened { .. }
        | Fact::StageSkipped { .. }
        | Fact::ApprovalRequested { .. }
        | Fact::Approved { .. }
        | Fact::RanOut { .. }
        | Fact::CancelRequested { .. }
        | Fact::Paused { .. }
        | Fact::Resumed { .. }
        | Fact::Publishing => {}
    }
}

/// Mirrors where the run stands.
pub(crate) fn run(writes: &mut Batch, spec: &RunSpec, state: &RunState, now: Timestamp) {
    writes
        .add("UPDATE run SET state = ?, finished = ?, facts = ?, updated_at = ?, wake_at = ? WHERE run_id = ?")
        .bind(state.word())
        .bind(state.outcome().is_some())
        .bind(i64::try_from(state.facts).unwrap_or(i64::MAX))
        .bind(now.millis())
        .bind(wake_at(spec, state).map(Timestamp::millis))
        .bind(spec.id.as_str());
}

fn ready(writes: &mut Batch, spec: &RunSpec, task: &TaskId, at: Timestamp) {
    let pool = spec.plan.stage(&task.stage).map_or("default", |stage| stage.pool.as_str());
    writes
        .add(
            "INSERT INTO stage (run_id, stage, item, state, pool, run_at) VALUES (?, ?, ?, 'ready', ?, ?) \
         ON CONFLICT DO UPDATE SET state = 'ready', run_at = excluded.run_at, lease_owner = NULL",
        )
        .bind(spec.id.as_str())
        .bind(task.stage.as_str())
        .bind(item(task))
        .bind(pool)
        .bind(at.millis());
}

fn set(writes: &mut Batch, spec: &RunSpec, task: &TaskId, state: &str, out: Option<String>) {
    // A stage refused before its first task was ready has no row yet.
    writes
        .add(
            "INSERT INTO stage (run_id, stage, item, state, pool, out_digest) VALUES (?, ?, ?, ?, 'default', ?) \
         ON CONFLICT DO UPDATE SET state = excluded.state, lease_owner = NULL, out_digest = excluded.out_digest",
        )
        .bind(spec.id.as_str())
        .bind(task.stage.as_str())
        .bind(item(task))
        .bind(state)
        .bind(out);
}

fn finished(writes: &mut Batch, spec: &RunSpec, outcome: &Outcome) {
    writes
        .add(
            "UPDATE stage SET state = 'dropped', lease_owner = NULL \
         WHERE run_id = ? AND state IN ('queued', 'ready', 'running')",
        )
        .bind(spec.id.as_str());
    if let Outcome::Published(publication) = outcome {
        let pull_request = publication.pull_request.as_ref().and_then(|it| i64::try_from(it.number).ok());
        writes
            .add("UPDATE run SET commit_oid = ?, pull_request = ? WHERE run_id = ?")
            .bind(&publication.commit)
            .bind(pull_request)
            .bind(spec.id.as_str());
        writes
            .add("UPDATE artifact SET commit_oid = ? WHERE run_id = ?")
            .bind(&publication.commit)
            .bind(spec.id.as_str());
    }
}

/// The matrix element's name as it stands in the key.
pub(crate) fn item(task: &TaskId) -> &str {
    task.item.as_deref().unwrap_or("")
}
