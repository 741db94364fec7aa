//! What is kept of hooks for a while only.

use forgeline_model::{Digest, Timestamp};

use crate::{Store, StoreError};

/// How long bodies are kept, milliseconds.
const BODIES_MS: u64 = 7 * 24 * 3_600 * 1_000;
/// How long it is kept that a hook came in, milliseconds; no forge delivers again after that.
const ROWS_MS: u64 = 90 * 24 * 3_600 * 1_000;

impl Store {
    /// Puts away the bodies of hooks that are older than seven days, and what is older than ninety. One that no pass has looked
    /// into keeps its row. How many bodies were put away.
    ///
    /// # Errors
    /// [`StoreError::Database`] and [`StoreError::File`].
    pub async fn put_hooks_away(&self, now: Timestamp) -> Result<u64, StoreError> {
        let ago = |millis: u64| now.millis().saturating_sub_unsigned(millis);
        let mut tx = self.begin().await?;
        let blobs: Vec<(String,)> =
            sqlx::query_as("SELECT DISTINCT digest FROM hook WHERE is_blob = 1 AND received_at < ?")
                .bind(ago(BODIES_MS))
                .fetch_all(&mut *tx)
                .await?;
        let done = sqlx::query(
            "UPDATE hook SET body = NULL, is_blob = 0 WHERE (body IS NOT NULL OR is_blob = 1) AND received_at < ?",
        )
        .bind(ago(BODIES_MS))
        .execute(&mut *tx)
        .await?;
        sqlx::query("DELETE FROM hook WHERE state = 'seen' AND seen_at < ?")
            .bind(ago(ROWS_MS))
            .execute(&mut *tx)
            .await?;
        let mut unnamed = Vec::new();
        for (digest,) in blobs {
            let named: (i64,) = sqlx::query_as(
                "SELECT (SELECT count(*) FROM hook WHERE digest = ?1 AND is_blob = 1) \
                 + (SELECT count(*) FROM result WHERE proposal = ?1)",
            )
            .bind(&digest)
            .fetch_one(&mut *tx)
            .await?;
            unnamed.extend(digest.parse::<Digest>().ok().filter(|_| named.0 == 0));
        }
        tx.commit("hooks-away").await?;
        // After the commit: a row never names a file that is gone.
        for digest in unnamed {
            self.blobs().remove(&digest)?;
        }
        Ok(done.rows_affected())
    }
}
