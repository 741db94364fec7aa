//! Opening a letter: the row, the decision and the event, in the transaction that gives something up.

use forgeline_model::Timestamp;
use serde_json::json;
use sqlx::SqliteConnection;

use super::{DeadLetter, event, name};
use crate::{Decision, Store, StoreError, batch::Batch, events};

/// Opens a letter. What was given up before stays as it is; what was replayed since and came back is open again.
pub(crate) async fn open(
    store: &Store,
    tx: &mut SqliteConnection,
    letter: &DeadLetter,
    now: Timestamp,
) -> Result<(), StoreError> {
    let subject = letter.subject.to_string();
    let known: Option<(i64, String, u32)> =
        sqlx::query_as("SELECT id, state, attempts FROM dlq WHERE subject = ? AND error_kind = ?")
            .bind(&subject)
            .bind(&letter.error_kind)
            .fetch_optional(&mut *tx)
            .await?;
    let mut letter = letter.clone();
    let (id, verdict) = match known {
        Some((_, state, _)) if state != "replayed" => return Ok(()),
        Some((id, _, before)) => {
            letter.attempts += before;
            reopen(tx, id, &letter, now).await?;
            (id, "reopen")
        }
        None => (insert(tx, &letter, &subject, now).await?, "open"),
    };
    let decision = Decision {
        subject: name(&subject, id),
        rule: "dead-letter".into(),
        verdict: verdict.into(),
        detail: json!({
            "severity": letter.severity(), "criticality": letter.criticality, "error_kind": letter.error_kind,
            "attempts": letter.attempts, "cause": letter.cause().to_string(), "reason": letter.reason,
        }),
    };
    crate::decisions::insert(tx, &[decision], now).await?;
    if let Some(event) = event::of(tx, id, &letter, now).await? {
        // A factory whose contracts do not know the event has nobody who could listen to it.
        if store.check_event(letter.run.as_ref(), None, &event).is_ok() {
            let mut writes = Batch::default();
            events::append(&mut writes, letter.run.as_ref(), [&event], now);
            writes.perform(tx).await?;
        }
    }
    Ok(())
}

async fn insert(
    tx: &mut SqliteConnection,
    letter: &DeadLetter,
    subject: &str,
    now: Timestamp,
) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(
        "INSERT INTO dlq (project, criticality, agent, error_kind, severity, subject, body, reason, attempts, run_id, at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
    )
    .bind(&letter.project)
    .bind(letter.criticality.word())
    .bind(&letter.agent)
    .bind(&letter.error_kind)
    .bind(letter.severity().word())
    .bind(subject)
    .bind(&letter.body)
    .bind(&letter.reason)
    .bind(letter.attempts)
    .bind(letter.run.as_ref().map(forgeline_model::RunId::as_str))
    .bind(now.millis())
    .fetch_one(&mut *tx)
    .await?)
}

async fn reopen(tx: &mut SqliteConnection, id: i64, letter: &DeadLetter, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE dlq SET state = 'open', outcome = NULL, judged = 0, severity = ?, reason = ?, attempts = ?, at = ? \
         WHERE id = ?",
    )
    .bind(letter.severity().word())
    .bind(&letter.reason)
    .bind(letter.attempts)
    .bind(now.millis())
    .bind(id)
    .execute(&mut *tx)
    .await?;
    Ok(())
}
