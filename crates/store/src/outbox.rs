//! T6: effects, from the plan to the settlement.

use forgeline_engine::{Effect, Input, Step};
use forgeline_model::{RunId, Timestamp};

use crate::{Store, StoreError};

/// An effect that this process is to perform. It may have been performed before; performing it again is safe.
#[derive(Debug)]
pub struct EffectRow {
    id: i64,
    /// The run that asked for it.
    pub run: RunId,
    /// What is asked.
    pub effect: Effect,
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
    /// Takes the next due effect of `run`, or of any run: a planned one, or one whose performer is gone.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_effect(&self, run: Option<&RunId>, now: Timestamp) -> Result<Option<EffectRow>, StoreError> {
        let open: Vec<(i64, String, String, Option<String>)> = sqlx::query_as(
            "SELECT id, run_id, effect, owner FROM outbox WHERE state IN ('planned', 'attempting') AND next_at <= ?1 \
             AND (?2 IS NULL OR run_id = ?2) ORDER BY id LIMIT 64",
        )
        .bind(now.millis())
        .bind(run.map(RunId::as_str))
        .fetch_all(&self.reader)
        .await?;
        for (id, run, effect, owner) in open {
            if owner.as_ref().is_some_and(|owner| !self.instance.is_gone(owner)) {
                continue;
            }
            let mut tx = self.begin().await?;
            let attempts: Option<u32> = sqlx::query_scalar(
                "UPDATE outbox SET state = 'attempting', owner = ?, attempts = attempts + 1 \
                 WHERE id = ? AND owner IS ? AND state IN ('planned', 'attempting') RETURNING attempts",
            )
            .bind(&self.instance.id)
            .bind(id)
            .bind(&owner)
            .fetch_optional(&mut *tx)
            .await?;
            tx.commit().await?;
            if let (Some(attempts), Ok(run)) = (attempts, run.parse()) {
                let effect = serde_json::from_str(&effect).map_err(StoreError::unreadable("effect"))?;
                return Ok(Some(EffectRow { id, run, effect, attempts }));
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
        row: &EffectRow,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<Option<Step>, StoreError> {
        let mut tx = self.begin_run(&row.run, now).await?;
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
        .execute(&mut *tx.tx)
        .await?
        .rows_affected();
        if held == 0 {
            // Somebody else performs it now, or has.
            return Ok(None);
        }
        let step = match input {
            Some(input) => Some(tx.input(&input)?),
            None => None,
        };
        tx.commit().await?;
        Ok(step)
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
