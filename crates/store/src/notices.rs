//! What people are told of dead letters: decided once, sent until it is confirmed.
//!
//! Who is told is decided in one transaction that also stores what is to be sent, so that a crash loses neither. A notice
//! belongs to a cause; not more than one goes out for a cause in the time that the judge allows.

use forgeline_model::{Cause, LetterSeverity, Timestamp};
use sqlx::SqliteConnection;

use crate::{DeadLetterRow, Decision, Store, StoreError};

/// What is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its identity: a repetition carries the same, so that a receiver can tell.
    pub key: String,
    /// Name of the channel, as the operator calls it.
    pub channel: String,
    /// What is told, as JSON.
    pub body: String,
}

/// A notice that this process is to send.
#[derive(Debug)]
pub struct NoticeRow {
    id: i64,
    /// What is told.
    pub notice: Notice,
    /// Its cause, as text.
    pub cause: String,
    /// Attempts so far, this one included.
    pub attempts: u32,
}

/// What came of sending a notice.
#[derive(Debug)]
pub enum Told {
    /// It arrived.
    Confirmed,
    /// Not now; again at this time.
    Again {
        /// When.
        at: Timestamp,
        /// Why.
        error: String,
    },
    /// Given up; it stays visible with its reason.
    Dead {
        /// Why.
        error: String,
    },
}

/// What is known about a cause when a letter is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CauseHistory {
    /// Open letters of this cause, the judged one among them, the newest thousand first.
    pub open: Vec<(Timestamp, LetterSeverity)>,
    /// When somebody was last told of this cause.
    pub told_at: Option<Timestamp>,
}

/// What a judge says about a letter.
#[derive(Debug)]
pub struct Judgement {
    /// Why.
    pub decision: Decision,
    /// Who is told what.
    pub notices: Vec<Notice>,
}

/// Takes back what was not sent yet, when no letter of the cause is open any more. Says how many.
pub(crate) async fn withdraw(tx: &mut SqliteConnection, cause: &Cause) -> Result<u64, StoreError> {
    Ok(sqlx::query(
        "UPDATE notice SET state = 'withdrawn' WHERE cause = ? AND state = 'planned' AND NOT EXISTS \
         (SELECT 1 FROM dlq WHERE state = 'open' AND project = ? AND agent = ? AND error_kind = ?)",
    )
    .bind(cause.to_string())
    .bind(&cause.project)
    .bind(&cause.agent)
    .bind(&cause.error_kind)
    .execute(&mut *tx)
    .await?
    .rows_affected())
}

impl Store {
    /// Lets a judge decide who is told of a letter: the decision and the notices are stored in one transaction. False:
    /// the letter was judged before.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing was decided.
    pub async fn judge(
        &self,
        row: &DeadLetterRow,
        judge: impl FnOnce(&CauseHistory) -> Judgement,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let taken = sqlx::query("UPDATE dlq SET judged = 1 WHERE id = ? AND judged = 0")
            .bind(row.id)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if taken == 0 {
            return Ok(false);
        }
        let cause = row.letter.cause();
        let judgement = judge(&history(&mut tx, &cause).await?);
        crate::decisions::insert(&mut tx, &[judgement.decision], now).await?;
        for notice in &judgement.notices {
            sqlx::query(
                "INSERT INTO notice (key, cause, channel, body, next_at, at) VALUES (?, ?, ?, ?, ?, ?) \
                 ON CONFLICT DO NOTHING",
            )
            .bind(&notice.key)
            .bind(cause.to_string())
            .bind(&notice.channel)
            .bind(&notice.body)
            .bind(now.millis())
            .bind(now.millis())
            .execute(&mut *tx)
            .await?;
        }
        tx.commit("judge").await?;
        Ok(true)
    }

    /// Takes the next due notice: a planned one, or one whose sender is gone.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_notice(&self, now: Timestamp) -> Result<Option<NoticeRow>, StoreError> {
        let open: Vec<(i64, Option<String>)> = sqlx::query_as(
            "SELECT id, owner FROM notice WHERE state IN ('planned', 'attempting') AND next_at <= ? ORDER BY id LIMIT 64",
        )
        .bind(now.millis())
        .fetch_all(&self.reader)
        .await?;
        for (id, owner) in open {
            // One that this process has under way is not taken a second time either.
            if owner.as_ref().is_some_and(|owner| !self.instance.is_gone(owner)) {
                continue;
            }
            let mut tx = self.begin().await?;
            let taken: Option<(String, String, String, String, u32)> = sqlx::query_as(
                "UPDATE notice SET state = 'attempting', owner = ?, attempts = attempts + 1 \
                 WHERE id = ? AND owner IS ? AND state IN ('planned', 'attempting') \
                 RETURNING key, cause, channel, body, attempts",
            )
            .bind(&self.instance.id)
            .bind(id)
            .bind(&owner)
            .fetch_optional(&mut *tx)
            .await?;
            tx.commit("next-notice").await?;
            if let Some((key, cause, channel, body, attempts)) = taken {
                return Ok(Some(NoticeRow { id, notice: Notice { key, channel, body }, cause, attempts }));
            }
        }
        Ok(None)
    }

    /// Records what came of sending a notice. An arrival and a failure for good are decisions as well.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn told(
        &self,
        row: &NoticeRow,
        told: Told,
        decision: Option<Decision>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (state, next_at, error) = match told {
            Told::Confirmed => ("confirmed", now, None),
            Told::Again { at, error } => ("planned", at, Some(error)),
            Told::Dead { error } => ("dead", now, Some(error)),
        };
        let mut tx = self.begin().await?;
        let held = sqlx::query(
            "UPDATE notice SET state = ?, owner = NULL, next_at = ?, last_error = ? \
             WHERE id = ? AND state = 'attempting' AND owner = ?",
        )
        .bind(state)
        .bind(next_at.millis())
        .bind(error)
        .bind(row.id)
        .bind(&self.instance.id)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if held == 1
            && let Some(decision) = decision
        {
            crate::decisions::insert(&mut tx, &[decision], now).await?;
        }
        tx.commit("told").await?;
        Ok(())
    }
}

async fn history(tx: &mut SqliteConnection, cause: &Cause) -> Result<CauseHistory, StoreError> {
    let open: Vec<(i64, String)> = sqlx::query_as(
        "SELECT at, severity FROM dlq WHERE project = ? AND agent = ? AND error_kind = ? AND state = 'open' \
         ORDER BY at DESC LIMIT 1000",
    )
    .bind(&cause.project)
    .bind(&cause.agent)
    .bind(&cause.error_kind)
    .fetch_all(&mut *tx)
    .await?;
    let told_at: Option<i64> =
        sqlx::query_scalar("SELECT max(at) FROM notice WHERE cause = ? AND state <> 'withdrawn'")
            .bind(cause.to_string())
            .fetch_one(&mut *tx)
            .await?;
    let severity = |word: String| serde_json::from_value(word.into()).unwrap_or_default();
    Ok(CauseHistory {
        open: open.into_iter().map(|(at, word)| (Timestamp::from_millis(at), severity(word))).collect(),
        told_at: told_at.map(Timestamp::from_millis),
    })
}
