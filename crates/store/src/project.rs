//! The rows that mirror the journal: what may be claimed, what was produced.

use std::collections::BTreeSet;

use forgeline_engine::{Fact, Outcome, RunSpec, RunState, TaskId, TaskOutput, run::TaskStatus, wake_at};
use forgeline_model::{Timestamp, task::NoteVerdict};
use serde_json::{Value, json};

use crate::{
    batch::Batch,
    events,
    run_tx::{News, RunTx, json},
};

/// Writes what is new in a run: the journal, and the rows as they stand in the end. The fewer statements, the fewer answers to
/// wait for.
pub(crate) fn news(tx: &mut RunTx<'_>) {
    if tx.news.facts.is_empty() {
        return;
    }
    let (writes, spec, news, now) = (&mut tx.writes, &*tx.spec, &tx.news, tx.now);
    let facts: Vec<String> = news.facts.iter().map(json).collect();
    writes
        .add("INSERT INTO journal (run_id, seq, fact, at) SELECT ?, ? + key, value, ? FROM json_each(?)")
        .bind(spec.id.as_str())
        .bind(i64::try_from(tx.state.facts + 1).unwrap_or(i64::MAX) - i64::try_from(facts.len()).unwrap_or(i64::MAX))
        .bind(now.millis())
        .bind(json(&facts));
    tasks(writes, spec, &tx.state, news, &tx.store.instance.id);
    for fact in &news.facts {
        match fact {
            Fact::TaskDone { task, output, .. } => artifacts(writes, spec, task, output, now),
            Fact::Finished { outcome } => finished(writes, spec, outcome),
            _ => {}
        }
    }
    events::append(writes, Some(&spec.id), &news.events, now);
    for (key, effect) in &news.effects {
        writes
            .add("INSERT INTO outbox (key, run_id, effect, next_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(key)
            .bind(spec.id.as_str())
            .bind(json(effect))
            .bind(now.millis());
    }
    run(writes, spec, &tx.state, now);
}

/// Mirrors where the tasks stand that something happened to.
fn tasks(writes: &mut Batch, spec: &RunSpec, state: &RunState, news: &News, owner: &str) {
    let touched: BTreeSet<&TaskId> = news.facts.iter().filter_map(of_task).collect();
    let row = |id: &TaskId| {
        let task = state.task(id)?;
        // What people are asked is not for workers.
        if matches!(task.status, TaskStatus::Waiting(_) | TaskStatus::Approved(_)) {
            return None;
        }
        let (mut at, mut out, mut lease) = (0, None, None);
        match &task.status {
            TaskStatus::Ready { at: from } => at = from.millis(),
            TaskStatus::Done(output) => out = Some(output.proposal.to_string()),
            TaskStatus::Running { .. } => lease = news.lease,
            _ => {}
        }
        let pool = spec.plan.stage(&id.stage).map_or("default", |stage| stage.pool.as_str());
        let (owner, epoch, until) = match lease {
            Some(lease) => (Some(owner), lease.epoch, lease.until.millis()),
            None => (None, 0, 0),
        };
        Some(json!([id.stage, item(id), task.status.word(), pool, task.attempt(), at, out, owner, epoch, until]))
    };
    let rows: Vec<Value> = touched.into_iter().filter_map(row).collect();
    if rows.is_empty() {
        return;
    }
    writes
        .add(
            "INSERT INTO stage (run_id, stage, item, state, pool, attempt, run_at, out_digest, lease_owner, lease_epoch, \
             lease_until) SELECT ?, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, \
             value->>7, value->>8, value->>9 FROM json_each(?) WHERE true \
             ON CONFLICT DO UPDATE SET state = excluded.state, out_digest = excluded.out_digest, \
             attempt = iif(excluded.state = 'running', excluded.attempt, attempt), \
             run_at = iif(excluded.state = 'ready', excluded.run_at, run_at), \
             lease_owner = excluded.lease_owner, \
             lease_epoch = iif(excluded.state = 'running', excluded.lease_epoch, lease_epoch), \
             lease_until = iif(excluded.state = 'running', excluded.lease_until, lease_until)",
        )
        .bind(spec.id.as_str())
        .bind(json(&rows));
}

/// The task that a fact is about.
fn of_task(fact: &Fact) -> Option<&TaskId> {
    match fact {
        Fact::TaskReady { task, .. }
        | Fact::TaskStarted { task, .. }
        | Fact::TaskDone { task, .. }
        | Fact::TaskFailed { task, .. }
        | Fact::TaskParked { task, .. }
        | Fact::TaskLost { task }
        | Fact::TaskDropped { task, .. } => Some(task),
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
        | Fact::Publishing
        | Fact::Finished { .. } => None,
    }
}

fn artifacts(writes: &mut Batch, spec: &RunSpec, task: &TaskId, output: &TaskOutput, now: Timestamp) {
    for artifact in &output.artifacts {
        let corrected =
            output.findings.iter().any(|note| note.path == artifact.path && note.verdict == NoteVerdict::Corrected);
        writes
            .add(
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

/// Mirrors where the run stands.
fn run(writes: &mut Batch, spec: &RunSpec, state: &RunState, now: Timestamp) {
    writes
        .add("UPDATE run SET state = ?, finished = ?, facts = ?, updated_at = ?, wake_at = ? WHERE run_id = ?")
        .bind(state.word())
        .bind(state.outcome().is_some())
        .bind(i64::try_from(state.facts).unwrap_or(i64::MAX))
        .bind(now.millis())
        .bind(wake_at(spec, state).map(Timestamp::millis))
        .bind(spec.id.as_str());
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
