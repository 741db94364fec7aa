//! Hooks that wait for their turn, and how those that come together share one.
//!
//! Under load many requests wait for the same disk. Whoever finds nobody at work starts a task that stores all that wait, in
//! one transaction, until nobody waits any more; the others only put their hook down and wait for the answer.

use std::{
    collections::HashSet,
    mem,
    sync::{Arc, LazyLock, Mutex},
};

use forgeline_model::{Digest, Timestamp};
use sqlx::{AssertSqlSafe, SqliteConnection};
use tokio::sync::oneshot;

use super::{HookKept, NewHook};
use crate::{Blobs, Store, StoreError};

/// Most hooks of a transaction: the first must not wait for all of a long queue.
const MOST: usize = 512;
/// Within this time the same content of the same kind is the same thing told twice. Milliseconds.
const SAME_MS: u64 = 10 * 60 * 1_000;

/// Hooks that wait to be stored.
#[derive(Default)]
pub(crate) struct Queue(Mutex<Line>);

#[derive(Default)]
struct Line {
    waiting: Vec<Waiting>,
    /// Somebody stores what waits.
    is_served: bool,
}

struct Waiting {
    row: Row,
    answer: oneshot::Sender<Result<HookKept, StoreError>>,
}

/// A hook as its row will be.
pub(crate) struct Row {
    hook: NewHook,
    digest: String,
    bytes: i64,
    is_blob: bool,
    at: Timestamp,
}

impl Row {
    /// With its bytes in the row.
    pub(super) fn whole(hook: NewHook, at: Timestamp) -> Self {
        let digest = Digest::of_bytes(&hook.body).to_string();
        let bytes = i64::try_from(hook.body.len()).unwrap_or(i64::MAX);
        Self { hook, digest, bytes, is_blob: false, at }
    }

    /// With its bytes in the blob directory.
    pub(super) fn in_blob(hook: NewHook, at: Timestamp, blobs: &Blobs) -> Result<Self, StoreError> {
        let digest = blobs.put(&hook.body)?.to_string();
        let bytes = i64::try_from(hook.body.len()).unwrap_or(i64::MAX);
        let hook = NewHook { body: Vec::new(), ..hook };
        Ok(Self { hook, digest, bytes, is_blob: true, at })
    }
}

impl Queue {
    /// Stores a hook together with those that wait too.
    pub(super) async fn keep(self: &Arc<Self>, store: &Store, row: Row) -> Result<HookKept, StoreError> {
        let (answer, answered) = oneshot::channel();
        let starts = {
            let mut line = self.0.lock().expect("no panic while held");
            line.waiting.push(Waiting { row, answer });
            !mem::replace(&mut line.is_served, true)
        };
        if starts {
            // On a task of its own: somebody who no longer waits for the answer must not take it away from others.
            let (queue, store) = (self.clone(), store.clone());
            tokio::spawn(async move { queue.serve(&store).await });
        }
        answered.await.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed.into()))
    }

    /// Stores what waits until nobody does.
    async fn serve(&self, store: &Store) {
        loop {
            let batch = {
                let mut line = self.0.lock().expect("no panic while held");
                let most = line.waiting.len().min(MOST);
                let batch: Vec<Waiting> = line.waiting.drain(..most).collect();
                if batch.is_empty() {
                    line.is_served = false;
                    return;
                }
                batch
            };
            let (rows, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|it| (it.row, it.answer)).unzip();
            let kept = insert(store, &rows).await;
            for (index, answer) in answers.into_iter().enumerate() {
                // Whoever went away does not listen.
                let _ = answer.send(kept.as_ref().map(|kept| kept[index]).map_err(copy));
            }
        }
    }
}

/// Several hooks failed with the same commit.
fn copy(error: &StoreError) -> StoreError {
    match error {
        StoreError::Database(cause) => StoreError::Database(cause.clone()),
        other => sqlx::Error::Io(std::io::Error::other(other.to_string())).into(),
    }
}

/// Stores these in one transaction and says what became of each, in their order.
async fn insert(store: &Store, rows: &[Row]) -> Result<Vec<HookKept>, StoreError> {
    // What came twice in one batch is not told apart by the database. What is left out stands for nothing.
    let (mut deliveries, mut meanings) = (HashSet::new(), HashSet::new());
    let mut first: Vec<&Row> = Vec::with_capacity(rows.len());
    for row in rows {
        let delivery = (row.hook.source, &row.hook.delivery);
        let meaning = (row.hook.source, &row.hook.event, &row.digest);
        if !deliveries.contains(&delivery) && meanings.insert(meaning) {
            deliveries.insert(delivery);
            first.push(row);
        }
    }
    let mut new = HashSet::new();
    let mut tx = store.begin().await?;
    let mut rest = &first[..];
    while !rest.is_empty() {
        let shape = SHAPES.iter().find(|shape| shape.rows <= rest.len()).expect("the last one takes a single row");
        let (now, later) = rest.split_at(shape.rows);
        new.extend(write(&mut tx, &shape.sql, now).await?);
        rest = later;
    }
    tx.commit("hook").await?;
    let mut once = |row: &Row| new.remove(&(row.hook.source.to_owned(), row.hook.delivery.clone()));
    Ok(rows.iter().map(|row| if once(row) { HookKept::New } else { HookKept::Duplicate }).collect())
}

/// A statement for so many rows. A few sizes, so that each is prepared once.
struct Shape {
    rows: usize,
    sql: String,
}

static SHAPES: LazyLock<[Shape; 4]> = LazyLock::new(|| [64, 16, 4, 1].map(|rows| Shape { rows, sql: sql(rows) }));

fn sql(rows: usize) -> String {
    let one = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = vec![one; rows].join(", ");
    format!(
        "WITH come (source, delivery, event, action, repository, digest, bytes, body, is_blob, received_at) AS \
         (VALUES {values}) \
         INSERT INTO hook (source, delivery, event, action, repository, digest, bytes, body, is_blob, received_at) \
         SELECT * FROM come WHERE NOT EXISTS (SELECT 1 FROM hook WHERE hook.digest = come.digest \
         AND hook.received_at > come.received_at - {SAME_MS} AND hook.source = come.source \
         AND hook.event = come.event) ON CONFLICT DO NOTHING RETURNING source, delivery"
    )
}

async fn write(tx: &mut SqliteConnection, sql: &str, rows: &[&Row]) -> Result<Vec<(String, String)>, StoreError> {
    let mut query = sqlx::query_as(AssertSqlSafe(sql.to_owned()));
    for row in rows {
        let hook = &row.hook;
        query = query
            .bind(hook.source)
            .bind(hook.delivery.as_str())
            .bind(hook.event.as_str())
            .bind(hook.action.as_deref())
            .bind(hook.repository.as_deref())
            .bind(row.digest.as_str())
            .bind(row.bytes)
            .bind((!row.is_blob).then_some(hook.body.as_slice()))
            .bind(row.is_blob)
            .bind(row.at.millis());
    }
    Ok(query.fetch_all(tx).await?)
}
