//! How much waits, and where.

use forgeline_model::Timestamp;

use crate::{Store, StoreError};

/// How many of what wait to be dealt with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waits {
    /// Hooks that no pass has looked into.
    pub hooks: u64,
    /// Deliveries that are not decided.
    pub deliveries: u64,
    /// Tasks that a worker may claim, or may claim later, by pool.
    pub tasks: Vec<(String, u64)>,
    /// Tasks that a worker is at.
    pub running: u64,
    /// Effects of runs that are not done.
    pub effects: u64,
    /// Notices to people that are not sent.
    pub notices: u64,
    /// Dead letters that nobody has settled.
    pub letters: u64,
    /// Runs that have not ended.
    pub runs: u64,
    /// When the oldest hook that no pass has looked into came in.
    pub oldest_hook: Option<Timestamp>,
}

impl Store {
    /// Counts what waits.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn waits(&self) -> Result<Waits, StoreError> {
        let (hooks, oldest, deliveries, running, effects, notices, letters, runs): (
            i64,
            Option<i64>,
            i64,
            i64,
            i64,
            i64,
            i64,
            i64,
        ) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM hook WHERE state = 'new'), \
             (SELECT received_at FROM hook WHERE state = 'new' ORDER BY seq LIMIT 1), \
             (SELECT count(*) FROM inbox WHERE state = 'new'), \
             (SELECT count(*) FROM stage WHERE state = 'running'), \
             (SELECT count(*) FROM outbox WHERE state IN ('planned', 'attempting')), \
             (SELECT count(*) FROM notice WHERE state IN ('planned', 'attempting')), \
             (SELECT count(*) FROM dlq WHERE state = 'open'), \
             (SELECT count(*) FROM run WHERE finished = 0)",
        )
        .fetch_one(&self.reader)
        .await?;
        let tasks: Vec<(String, i64)> =
            sqlx::query_as("SELECT pool, count(*) FROM stage WHERE state = 'ready' GROUP BY pool ORDER BY pool")
                .fetch_all(&self.reader)
                .await?;
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        Ok(Waits {
            hooks: count(hooks),
            deliveries: count(deliveries),
            tasks: tasks.into_iter().map(|(pool, n)| (pool, count(n))).collect(),
            running: count(running),
            effects: count(effects),
            notices: count(notices),
            letters: count(letters),
            runs: count(runs),
            oldest_hook: oldest.map(Timestamp::from_millis),
        })
    }

    /// How many hooks are kept, looked into or not.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn hooks_kept(&self) -> Result<u64, StoreError> {
        let n: i64 = sqlx::query_scalar("SELECT count(*) FROM hook").fetch_one(&self.reader).await?;
        Ok(u64::try_from(n).unwrap_or(0))
    }
}
