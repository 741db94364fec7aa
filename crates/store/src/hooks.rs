//! Hooks: what forges elsewhere sent, durable before it is acknowledged.
//!
//! A hook is a hint that says where to look now. It waits as *new* until a pass that began after it has succeeded, then it is
//! *seen*. Nothing here reads its bytes; they are kept for a while for whoever wants to know what came.

mod away;
mod queue;

use forgeline_model::{Digest, Timestamp};

pub(crate) use queue::Queue;

use crate::{Store, StoreError};

/// Bodies longer than this lie in the blob directory: the one writer should not be held up by a few of them.
const LONGEST_IN_ROW: usize = 256 << 10;

/// A hook, as it came in.
#[derive(Debug, Clone)]
pub struct NewHook {
    /// Who sent it: `github`, `azure-devops`.
    pub source: &'static str,
    /// The source's own number of the delivery; a redelivery has the same.
    pub delivery: String,
    /// What kind of event the source says it is.
    pub event: String,
    /// What happened, where the source says so apart.
    pub action: Option<String>,
    /// The repository to look at; none: nobody knows.
    pub repository: Option<String>,
    /// The raw bytes.
    pub body: Vec<u8>,
}

/// What became of a hook. In both cases it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookKept {
    /// It is stored now.
    New,
    /// It was here before: the same delivery, or the same content of the same kind within ten minutes.
    Duplicate,
}

/// A hook that no pass has looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnseenHook {
    /// Its place in the order of arrival.
    pub seq: i64,
    /// Who sent it.
    pub source: String,
    /// The source's own number of the delivery.
    pub delivery: String,
    /// What kind of event the source says it is.
    pub event: String,
    /// The repository to look at; none: nobody knows.
    pub repository: Option<String>,
    /// When it came in.
    pub received_at: Timestamp,
}

type Columns = (i64, String, String, String, Option<String>, i64);

impl Store {
    /// Stores a hook unless it is here already. Hooks that come together share a transaction and its commit; one that nobody
    /// waits for any more is stored all the same.
    ///
    /// # Errors
    /// [`StoreError::Database`] and [`StoreError::File`]: it is not stored, so it may not be acknowledged.
    pub async fn keep_hook(&self, hook: NewHook, now: Timestamp) -> Result<HookKept, StoreError> {
        let store = self.clone();
        // Taking the digest of megabytes, and writing them to a file, is no work for a thread that serves others.
        let row = if hook.body.len() > LONGEST_IN_ROW {
            let job = move || queue::Row::in_blob(hook, now, store.blobs());
            tokio::task::spawn_blocking(job).await.map_err(|_| sqlx::Error::WorkerCrashed)??
        } else {
            queue::Row::whole(hook, now)
        };
        self.hooks.keep(self, row).await
    }

    /// The oldest hooks that no pass has looked into, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn unseen_hooks(&self, limit: u32) -> Result<Vec<UnseenHook>, StoreError> {
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT seq, source, delivery, event, repository, received_at FROM hook WHERE state = 'new' ORDER BY seq LIMIT ?",
        )
        .bind(limit)
        .fetch_all(&self.reader)
        .await?;
        let hook = |(seq, source, delivery, event, repository, received_at): Columns| UnseenHook {
            seq,
            source,
            delivery,
            event,
            repository,
            received_at: Timestamp::from_millis(received_at),
        };
        Ok(rows.into_iter().map(hook).collect())
    }

    /// A pass that began after all hooks up to `last` has succeeded. How many of them were new.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn mark_seen(&self, last: i64, now: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query("UPDATE hook SET state = 'seen', seen_at = ? WHERE state = 'new' AND seq <= ?")
            .bind(now.millis())
            .bind(last)
            .execute(&mut *tx)
            .await?;
        tx.commit("seen").await?;
        Ok(done.rows_affected())
    }

    /// Whether a hook is here, by source and delivery, looked into or not.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn knows_hook(&self, source: &str, delivery: &str) -> Result<bool, StoreError> {
        let found: (bool,) = sqlx::query_as("SELECT EXISTS (SELECT 1 FROM hook WHERE source = ? AND delivery = ?)")
            .bind(source)
            .bind(delivery)
            .fetch_one(&self.reader)
            .await?;
        Ok(found.0)
    }

    /// The raw bytes of a hook, by source and delivery; none when there is no such hook or they were put away.
    ///
    /// # Errors
    /// [`StoreError::Database`]; [`StoreError::NoBlob`] when they are damaged.
    pub async fn hook_body(&self, source: &str, delivery: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row: Option<(Option<Vec<u8>>, bool, String)> =
            sqlx::query_as("SELECT body, is_blob, digest FROM hook WHERE source = ? AND delivery = ?")
                .bind(source)
                .bind(delivery)
                .fetch_optional(&self.reader)
                .await?;
        match row {
            Some((None, true, digest)) => {
                let digest: Digest = digest.parse().map_err(|_| sqlx::Error::RowNotFound)?;
                Ok(Some(self.blobs().get(&digest)?))
            }
            Some((body, ..)) => Ok(body),
            None => Ok(None),
        }
    }
}
