//! The dead letter queue: what was given up, with its reason.

use forgeline_model::Timestamp;

use crate::{Store, StoreError, batch::Batch};

/// Something to give up on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Project it concerns.
    pub project: String,
    /// Agent or component that made or could not take it.
    pub agent: String,
    /// Stable kind: `contract`, `template`, `timeout`, …
    pub error_kind: String,
    /// `warning` or `error`.
    pub severity: String,
    /// What it is: an event id, `run task`, a delivery key.
    pub subject: String,
    /// The thing itself, as far as it can be kept.
    pub body: String,
    /// Why, and what to do.
    pub reason: String,
    /// Tries made.
    pub attempts: u32,
}

/// A dead letter as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterRow {
    /// Its number.
    pub id: i64,
    /// The letter.
    pub letter: DeadLetter,
    /// The run it belongs to, if any.
    pub run: Option<String>,
    /// When it was given up.
    pub at: Timestamp,
}

pub(crate) fn insert(writes: &mut Batch, letter: &DeadLetter, now: Timestamp) {
    writes
        .add(
            "INSERT INTO dlq (project, agent, error_kind, severity, subject, body, reason, attempts, at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(&letter.project)
        .bind(&letter.agent)
        .bind(&letter.error_kind)
        .bind(&letter.severity)
        .bind(&letter.subject)
        .bind(&letter.body)
        .bind(&letter.reason)
        .bind(letter.attempts)
        .bind(now.millis());
}

type Columns = (i64, String, String, String, String, String, String, String, u32, Option<String>, i64);

impl Store {
    /// Gives something up.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn give_up(&self, letter: &DeadLetter, now: Timestamp) -> Result<(), StoreError> {
        let mut writes = Batch::default();
        insert(&mut writes, letter, now);
        let mut tx = self.begin().await?;
        writes.perform(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// All dead letters, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetterRow>, StoreError> {
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT id, project, agent, error_kind, severity, subject, body, reason, attempts, run_id, at FROM dlq \
             ORDER BY id DESC LIMIT 1000",
        )
        .fetch_all(&self.reader)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(id, project, agent, error_kind, severity, subject, body, reason, attempts, run, at)| {
                let letter = DeadLetter { project, agent, error_kind, severity, subject, body, reason, attempts };
                DeadLetterRow { id, letter, run, at: Timestamp::from_millis(at) }
            })
            .collect())
    }
}
