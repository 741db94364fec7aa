//! What a publisher is about to do to a ref, written before it does it.

use forgeline_model::{RunId, Timestamp};

use crate::{Store, StoreError};

/// A swap of a ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The ref, in full.
    pub reference: String,
    /// What it must be now; none: it must not exist.
    pub base: Option<String>,
    /// The tree of the commit.
    pub tree: String,
    /// The commit it shall be.
    pub commit: String,
}

/// What became of an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentState {
    /// The ref is swapped.
    Done,
    /// The ref had moved; nothing was written.
    Moved,
}

impl Store {
    /// Records what is about to be done; returns its number within the run.
    ///
    /// # Errors
    /// [`StoreError::Database`]: the ref must not be touched.
    pub async fn intend(&self, run: &RunId, intent: &Intent, now: Timestamp) -> Result<i64, StoreError> {
        let mut tx = self.begin().await?;
        let n: i64 = sqlx::query_scalar(
            "INSERT INTO intent (run_id, n, ref, base_oid, tree_oid, commit_oid, state, at) \
             VALUES (?1, (SELECT coalesce(max(n), 0) + 1 FROM intent WHERE run_id = ?1), ?2, ?3, ?4, ?5, 'intended', ?6) \
             RETURNING n",
        )
        .bind(run.as_str())
        .bind(&intent.reference)
        .bind(&intent.base)
        .bind(&intent.tree)
        .bind(&intent.commit)
        .bind(now.millis())
        .fetch_one(&mut *tx)
        .await?;
        tx.commit("intend").await?;
        Ok(n)
    }

    /// What a publisher of this run recorded and did not live to resolve, with its number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn open_intents(&self, run: &RunId) -> Result<Vec<(i64, Intent)>, StoreError> {
        let rows: Vec<(i64, String, Option<String>, String, String)> = sqlx::query_as(
            "SELECT n, ref, base_oid, tree_oid, commit_oid FROM intent WHERE run_id = ? AND state = 'intended' ORDER BY n",
        )
        .bind(run.as_str())
        .fetch_all(&self.reader)
        .await?;
        let of = |(n, reference, base, tree, commit)| (n, Intent { reference, base, tree, commit });
        Ok(rows.into_iter().map(of).collect())
    }

    /// Records what became of it.
    ///
    /// # Errors
    /// [`StoreError::Database`]; the next attempt finds out by reading the ref.
    pub async fn resolve_intent(&self, run: &RunId, n: i64, state: IntentState) -> Result<(), StoreError> {
        let state = match state {
            IntentState::Done => "done",
            IntentState::Moved => "moved",
        };
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE intent SET state = ? WHERE run_id = ? AND n = ?")
            .bind(state)
            .bind(run.as_str())
            .bind(n)
            .execute(&mut *tx)
            .await?;
        tx.commit("resolve-intent").await?;
        Ok(())
    }
}
