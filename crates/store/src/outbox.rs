//! T6: effects, from the plan to the settlement.

use forgeline_engine::{BotEffect, Effect, Input, Step};
use forgeline_model::{RunId, Timestamp};
use serde::de::DeserializeOwned;
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::{Store, StoreError, holds::IS_HELD, run_tx::json};

/// How the error of an effect begins that waits for room.
pub const WAITS: &str = "waits: ";

/// An effect that this process is to perform: a run's, or one that a decision asks of a forge. It may have been performed
/// before; performing it again is safe.
#[derive(Debug)]
pub struct EffectRow<E = Effect> {
    id: i64,
    /// What is asked.
    pub effect: E,
    /// Attempts so far, this one included.
    pub attempts: u32,
}

/// What came of an attempt.
#[derive(Debug)]
pub enum Settlement {
    /// Done; the run hears of it in the same transaction.
    Confirmed(Option<Box<Input>>),
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

impl Store {
    /// Takes the next due effect of `run`: a planned one, or one whose performer is gone.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_effect(&self, run: &RunId, now: Timestamp) -> Result<Option<EffectRow>, StoreError> {
        self.take(Some(run), now).await
    }

    /// Takes the next due effect that no run asks for.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_bot_effect(&self, now: Timestamp) -> Result<Option<EffectRow<BotEffect>>, StoreError> {
        self.take(None, now).await
    }

    async fn take<E: DeserializeOwned>(
        &self,
        run: Option<&RunId>,
        now: Timestamp,
    ) -> Result<Option<EffectRow<E>>, StoreError> {
        // What is held back is not published either; people are told of it all the same.
        let sql = format!(
            "SELECT id, owner FROM outbox LEFT JOIN run USING (run_id) \
             WHERE outbox.state IN ('planned', 'attempting') AND next_at <= ?1 AND run_id IS ?2 \
             AND NOT (effect = '{{\"effect\":\"publish\"}}' AND {IS_HELD}) ORDER BY id LIMIT 64"
        );
        let open: Vec<(i64, Option<String>)> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(now.millis())
            .bind(run.map(RunId::as_str))
            .fetch_all(&self.reader)
            .await?;
        for (id, owner) in open {
            if owner.as_ref().is_some_and(|owner| !self.instance.is_gone(owner)) {
                continue;
            }
            let mut tx = self.begin().await?;
            let taken: Option<(u32, String)> = sqlx::query_as(
                "UPDATE outbox SET state = 'attempting', owner = ?, attempts = attempts + 1 \
                 WHERE id = ? AND owner IS ? AND state IN ('planned', 'attempting') RETURNING attempts, effect",
            )
            .bind(&self.instance.id)
            .bind(id)
            .bind(&owner)
            .fetch_optional(&mut *tx)
            .await?;
            tx.commit("take-effect").await?;
            if let Some((attempts, effect)) = taken {
                let effect = serde_json::from_str(&effect).map_err(StoreError::unreadable("effect"))?;
                return Ok(Some(EffectRow { id, effect, attempts }));
            }
        }
        Ok(None)
    }

    /// T6: records what came of an attempt, and lets the run hear of it, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Illegal`] when the run cannot take the input; the effect stays open.
    pub async fn settle(
        &self,
        run: &RunId,
        row: &EffectRow,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<Option<Step>, StoreError> {
        let mut tx = self.begin_run(run, now).await?;
        let Some(input) = self.release(&mut tx.tx, row, settlement, now).await? else { return Ok(None) };
        let step = match input {
            Some(input) => Some(tx.input(&input)?),
            None => None,
        };
        tx.commit("settle").await?;
        Ok(step)
    }

    /// The same for an effect that no run asks for; nobody hears of it.
    ///
    /// # Errors
    /// [`StoreError::Database`]; the effect stays open.
    pub async fn settle_bot(
        &self,
        row: &EffectRow<BotEffect>,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        self.release(&mut tx, row, settlement, now).await?;
        tx.commit("settle-bot").await
    }

    /// Gives an effect back with what came of it, and the input that follows. None: somebody else performs it now, or has, or
    /// what is asked has changed meanwhile.
    async fn release<E>(
        &self,
        tx: &mut SqliteConnection,
        row: &EffectRow<E>,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<Option<Option<Box<Input>>>, StoreError> {
        let (state, next_at, error, input) = match settlement {
            Settlement::Confirmed(input) => ("confirmed", now, None, input),
            Settlement::Again { at, error } => ("planned", at, Some(error), None),
            Settlement::Dead { error } => ("dead", now, Some(error), None),
        };
        let held = sqlx::query(
            "UPDATE outbox SET state = ?, owner = NULL, next_at = ?, last_error = ? \
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
        Ok((held == 1).then_some(input))
    }

    /// A run is about to say something itself: what was to be said of it in the same place, and was not yet, would take the
    /// newer word's place. One that somebody performs at this moment is not stopped.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn supersede(&self, by: &BotEffect, run: &RunId) -> Result<(), StoreError> {
        const OPEN: &str = "key = ? AND state IN ('planned', 'attempting') AND instr(effect, ?) > 0";
        let found: Option<i64> = sqlx::query_scalar(AssertSqlSafe(format!("SELECT id FROM outbox WHERE {OPEN}")))
            .bind(by.subject())
            .bind(run.as_str())
            .fetch_optional(&self.reader)
            .await?;
        if found.is_none() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        sqlx::query(AssertSqlSafe(format!("UPDATE outbox SET state = 'confirmed', owner = NULL WHERE {OPEN}")))
            .bind(by.subject())
            .bind(run.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit("supersede").await
    }

    /// What a run waits for that cannot open its pull request yet, and when it looks again; none when it does not wait so.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn waits_for_room(&self, run: &RunId) -> Result<Option<(String, Timestamp)>, StoreError> {
        let found: Option<(String, i64)> = sqlx::query_as(
            "SELECT last_error, next_at FROM outbox WHERE run_id = ? AND state = 'planned' AND instr(last_error, ?) = 1",
        )
        .bind(run.as_str())
        .bind(WAITS)
        .fetch_optional(&self.reader)
        .await?;
        Ok(found.map(|(reason, at)| (reason, Timestamp::from_millis(at))))
    }

    /// There is room in a repository: runs that wait for it may look again at once.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn made_room(&self, repository: &str, now: Timestamp) -> Result<(), StoreError> {
        const WAITING: &str = "state = 'planned' AND instr(last_error, ?) = 1 AND run_id IN \
                               (SELECT run_id FROM run WHERE repository = ? AND finished = 0)";
        let all = sqlx::query_scalar::<_, String>(AssertSqlSafe(format!("SELECT run_id FROM outbox WHERE {WAITING}")));
        let waiting = all.bind(WAITS).bind(repository).fetch_all(&self.reader).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        sqlx::query(AssertSqlSafe(format!("UPDATE outbox SET next_at = 0 WHERE {WAITING}")))
            .bind(WAITS)
            .bind(repository)
            .execute(&mut *tx)
            .await?;
        for run in &waiting {
            // Whoever carries runs out looks at those that have changed.
            sqlx::query("UPDATE run SET updated_at = max(updated_at + 1, ?) WHERE run_id = ?")
                .bind(now.millis())
                .bind(run)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit("made-room").await
    }

    /// Whether effects of this run are still open.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn has_open_effects(&self, run: &RunId) -> Result<bool, StoreError> {
        let open: i64 =
            sqlx::query_scalar("SELECT count(*) FROM outbox WHERE run_id = ? AND state IN ('planned', 'attempting')")
                .bind(run.as_str())
                .fetch_one(&self.reader)
                .await?;
        Ok(open > 0)
    }
}

/// Plans an effect that no run asks for, in place of an earlier one about the same.
pub(crate) async fn plan(tx: &mut SqliteConnection, effect: &BotEffect, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO outbox (key, effect, next_at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET \
         effect = excluded.effect, state = 'planned', owner = NULL, attempts = 0, next_at = excluded.next_at, \
         last_error = NULL",
    )
    .bind(effect.subject())
    .bind(json(effect))
    .bind(now.millis())
    .execute(&mut *tx)
    .await?;
    Ok(())
}
