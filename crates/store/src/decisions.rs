//! Why something happened, or did not: what `why` reads.

use forgeline_model::{Digest, Timestamp};
use serde_json::Value;
use sqlx::SqliteConnection;

use crate::{
    Store, StoreError,
    audit::{AuditRow, Chain},
    run_tx::json,
};

/// A recorded decision, also the decision to do nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What was decided on: a delivery, event, run or item URL.
    pub subject: String,
    /// The rule that decided, `trigger.label`, `authorize`, `gate.secrets`.
    pub rule: String,
    /// `start`, `ignore`, `refuse`, …
    pub verdict: String,
    /// Everything the rule looked at: expected and actual values, file and line of the rule.
    pub detail: Value,
}

/// A decision as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionRow {
    /// The decision.
    pub decision: Decision,
    /// When.
    pub at: Timestamp,
}

/// Adds decisions to the chain.
pub(crate) async fn insert(
    tx: &mut SqliteConnection,
    decisions: &[Decision],
    now: Timestamp,
) -> Result<(), StoreError> {
    if decisions.is_empty() {
        return Ok(());
    }
    let mut chain = Chain::end(tx).await?;
    for decision in decisions {
        let row = chain.add(unchained(decision, now));
        sqlx::query(
            "INSERT INTO decision (id, subject, rule, verdict, detail, inputs_digest, at, hash) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(row.id)
        .bind(row.subject)
        .bind(row.rule)
        .bind(row.verdict)
        .bind(row.detail)
        .bind(row.inputs_digest)
        .bind(row.at)
        .bind(row.hash)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

fn unchained(decision: &Decision, now: Timestamp) -> AuditRow {
    AuditRow {
        id: 0,
        subject: decision.subject.clone(),
        rule: decision.rule.clone(),
        verdict: decision.verdict.clone(),
        detail: json(&decision.detail),
        inputs_digest: Digest::of(&decision.detail).to_string(),
        at: now.millis(),
        hash: None,
    }
}

impl Store {
    /// Decisions whose subject is `subject` or contains it: the newest thousand, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn decisions(&self, subject: &str) -> Result<Vec<DecisionRow>, StoreError> {
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT subject, rule, verdict, detail, at FROM decision WHERE instr(subject, ?) > 0 \
             ORDER BY id DESC LIMIT 1000",
        )
        .bind(subject)
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().rev().map(read).collect()
    }

    /// Decisions on exactly this subject and on its parts, `subject/…`: the newest thousand, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn decisions_about(&self, subject: &str) -> Result<Vec<DecisionRow>, StoreError> {
        // `0` is what follows `/`: between the two lies everything that begins with the subject and a slash.
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT subject, rule, verdict, detail, at FROM decision \
             WHERE subject = ?1 OR (subject > ?1 || '/' AND subject < ?1 || '0') ORDER BY id DESC LIMIT 1000",
        )
        .bind(subject)
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().rev().map(read).collect()
    }
}

/// Subject, rule, verdict, detail, time.
type Columns = (String, String, String, String, i64);

fn read((subject, rule, verdict, detail, at): Columns) -> Result<DecisionRow, StoreError> {
    let detail = serde_json::from_str(&detail).map_err(StoreError::unreadable("decision"))?;
    Ok(DecisionRow { decision: Decision { subject, rule, verdict, detail }, at: Timestamp::from_millis(at) })
}
