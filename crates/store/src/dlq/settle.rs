//! What people do with a letter: acknowledge it, drop it, try it again. Each is one transaction with its decision.

use forgeline_model::{Cause, RunId, Timestamp};
use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::DeadLetterRow;
use crate::{Decided, Decision, Delivery, NewRun, Ruling, Store, StoreError};

/// What a replay came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Replayed {
    /// Done now.
    Now,
    /// Somebody settled the letter before; nothing was done.
    Before,
}

/// What an acknowledgement came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Acknowledged {
    /// Letters that were open.
    pub letters: u64,
    /// Notices that were not sent yet and will not be.
    pub withdrawn: u64,
}

impl Store {
    /// A person knows of this letter; when none of its cause is open any more, nobody else is told.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn acknowledge(
        &self,
        row: &DeadLetterRow,
        actor: &str,
        now: Timestamp,
    ) -> Result<Acknowledged, StoreError> {
        self.acknowledge_where(Some(row.id), &row.letter.cause(), &row.name(), actor, now).await
    }

    /// A person knows of all open letters of a cause.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn acknowledge_cause(
        &self,
        cause: &Cause,
        actor: &str,
        now: Timestamp,
    ) -> Result<Acknowledged, StoreError> {
        self.acknowledge_where(None, cause, &format!("cause {cause}"), actor, now).await
    }

    async fn acknowledge_where(
        &self,
        id: Option<i64>,
        cause: &Cause,
        subject: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<Acknowledged, StoreError> {
        let mut tx = self.begin().await?;
        let letters = sqlx::query(
            "UPDATE dlq SET state = 'acknowledged', judged = 1 WHERE state = 'open' AND (?1 IS NULL OR id = ?1) \
             AND project = ?2 AND agent = ?3 AND error_kind = ?4",
        )
        .bind(id)
        .bind(&cause.project)
        .bind(&cause.agent)
        .bind(&cause.error_kind)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if letters == 0 {
            return Ok(Acknowledged::default());
        }
        let withdrawn = crate::notices::withdraw(&mut tx, cause).await?;
        let done = Acknowledged { letters, withdrawn };
        let detail = json!({"actor": actor, "cause": cause.to_string(), "letters": letters, "withdrawn": withdrawn});
        decide(&mut tx, subject, "acknowledge", detail, now).await?;
        tx.commit("acknowledge-where").await?;
        Ok(done)
    }

    /// A person gives a letter up. False: it was settled before.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn drop_letter(
        &self,
        row: &DeadLetterRow,
        reason: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        if !settle(&mut tx, row, "dropped", reason).await? {
            return Ok(false);
        }
        crate::notices::withdraw(&mut tx, &row.letter.cause()).await?;
        decide(&mut tx, &row.name(), "drop", json!({"actor": actor, "reason": reason}), now).await?;
        tx.commit("drop-letter").await?;
        Ok(true)
    }

    /// Hands something in on behalf of a letter. The delivery's key says what it is, so that it comes in once.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn replay_as_delivery(
        &self,
        row: &DeadLetterRow,
        delivery: &Delivery,
        actor: &str,
        now: Timestamp,
    ) -> Result<Replayed, StoreError> {
        let mut tx = self.begin().await?;
        if !settle(&mut tx, row, "replayed", &delivery.key).await? {
            return Ok(Replayed::Before);
        }
        crate::inbox::insert(&mut tx, delivery, now).await?;
        let detail = json!({"actor": actor, "as": delivery.key, "source": delivery.source});
        decide(&mut tx, &row.name(), "replay", detail, now).await?;
        tx.commit("replay-as-delivery").await?;
        Ok(Replayed::Now)
    }

    /// Lets a delivery that was given up be decided again. False inside: there is no such delivery any more.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn replay_delivery(
        &self,
        row: &DeadLetterRow,
        key: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<Option<Replayed>, StoreError> {
        let mut tx = self.begin().await?;
        if !settle(&mut tx, row, "replayed", key).await? {
            return Ok(Some(Replayed::Before));
        }
        let woken = sqlx::query(
            "UPDATE inbox SET state = 'new', attempts = 0, next_at = 0 WHERE delivery_key = ? AND state = 'dead'",
        )
        .bind(key)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if woken == 0 {
            return Ok(None);
        }
        decide(&mut tx, &row.name(), "replay", json!({"actor": actor, "as": key}), now).await?;
        tx.commit("replay-delivery").await?;
        Ok(Some(Replayed::Now))
    }

    /// Starts a run on behalf of a letter: T1 and the letter's new state are one transaction.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn replay_as_run(
        &self,
        row: &DeadLetterRow,
        new: NewRun,
        why: Decision,
        actor: &str,
        now: Timestamp,
    ) -> Result<(Replayed, RunId), StoreError> {
        let run = new.spec.id.clone();
        let mut tx = self.begin().await?;
        if !settle(&mut tx, row, "replayed", run.as_str()).await? {
            return Ok((Replayed::Before, run));
        }
        decide(&mut tx, &row.name(), "replay", json!({"actor": actor, "as": run}), now).await?;
        let ruling = Ruling { runs: vec![new], decisions: vec![why], ..Ruling::default() };
        let ruled = self.decide_in(tx, ruling, |_| Vec::new(), now).await?;
        let is_new = ruled.runs.iter().any(|decided| matches!(decided, Decided::Started(..)));
        Ok((if is_new { Replayed::Now } else { Replayed::Before }, run))
    }
}

/// Moves a letter that is not settled to its end. False: it was settled before.
async fn settle(
    tx: &mut SqliteConnection,
    row: &DeadLetterRow,
    state: &str,
    outcome: &str,
) -> Result<bool, StoreError> {
    let moved = sqlx::query(
        "UPDATE dlq SET state = ?, outcome = ?, judged = 1 WHERE id = ? AND state IN ('open', 'acknowledged')",
    )
    .bind(state)
    .bind(outcome)
    .bind(row.id)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    Ok(moved == 1)
}

async fn decide(
    tx: &mut SqliteConnection,
    subject: &str,
    verdict: &str,
    detail: Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let decision =
        Decision { subject: subject.to_owned(), rule: "dead-letter".into(), verdict: verdict.into(), detail };
    crate::decisions::insert(tx, &[decision], now).await
}
