use std::time::Duration;

use sqlx::{
    ConnectOptions as _,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::*;

/// A database with one table, its writer, and a connection of somebody else.
async fn database() -> (TempDir, Writer, SqliteConnection) {
    let folder = tempfile::tempdir().expect("works");
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("test.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(Duration::from_secs(5));
    let mut connection = options.connect().await.expect("works");
    execute(&mut connection, "CREATE TABLE note (id INTEGER PRIMARY KEY, of INTEGER REFERENCES note)")
        .await
        .expect("works");
    let other = options.connect().await.expect("works");
    (folder, Writer::new(connection, Arc::default()), other)
}

async fn insert(tx: &mut WriteTx, id: i64) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO note (id) VALUES (?)").bind(id).execute(&mut **tx).await?;
    Ok(())
}

/// A transaction with this note in it.
async fn noting(writer: &Writer, id: i64) -> Result<WriteTx, StoreError> {
    let mut tx = writer.begin().await?;
    insert(&mut tx, id).await?;
    Ok(tx)
}

async fn write(writer: Writer, id: i64) -> Result<(), StoreError> {
    noting(&writer, id).await?.commit("test").await
}

async fn notes(connection: &mut SqliteConnection) -> Vec<i64> {
    sqlx::query_scalar("SELECT id FROM note ORDER BY id").fetch_all(connection).await.expect("works")
}

/// Grows with each commit that is not this connection's own.
async fn version(connection: &mut SqliteConnection) -> i64 {
    sqlx::query_scalar("PRAGMA data_version").fetch_one(connection).await.expect("works")
}

/// Starts `one` for each of so many ids, one after the other, while the first turn is taken, so that all of them wait; then lets
/// them go.
async fn together<F>(writer: &Writer, ids: i64, one: impl Fn(Writer, i64) -> F) -> Vec<Result<(), StoreError>>
where
    F: Future<Output = Result<(), StoreError>> + Send + 'static,
{
    let first = writer.begin().await.expect("works");
    let mut tasks = Vec::new();
    for id in 0..ids {
        let waiting = writer.waiting.load(Ordering::SeqCst);
        tasks.push(tokio::spawn(one(writer.clone(), id)));
        while writer.waiting.load(Ordering::SeqCst) == waiting {
            tokio::task::yield_now().await;
        }
    }
    drop(first);
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.expect("works"));
    }
    results
}

#[tokio::test]
async fn one_that_is_alone_commits_at_once() {
    let (_folder, writer, mut other) = database().await;
    write(writer.clone(), 1).await.expect("works");
    write(writer.clone(), 2).await.expect("works");
    assert_eq!(notes(&mut other).await, [1, 2]);
    assert!(writer.turn.lock().await.group.is_none());
}

#[tokio::test]
async fn those_that_wait_together_share_one_commit() {
    let (_folder, writer, mut other) = database().await;
    let before = version(&mut other).await;
    let results = together(&writer, 20, write).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(notes(&mut other).await.len(), 20);
    assert_eq!(version(&mut other).await - before, 1);
}

#[tokio::test]
async fn one_that_fails_or_gives_up_takes_no_other_with_it() {
    let (_folder, writer, mut other) = database().await;
    let one = |writer: Writer, id| async move {
        let mut tx = noting(&writer, id).await?;
        match id {
            // Gives up after it has written.
            3 => Ok(()),
            // Breaks a rule, the first of the group as well.
            0 | 5 => insert(&mut tx, id).await,
            _ => tx.commit("test").await,
        }
    };
    let results = together(&writer, 8, one).await;
    let failed: Vec<usize> = (0..8).filter(|&at| results[at].is_err()).collect();
    assert_eq!(failed, [0, 5]);
    assert_eq!(notes(&mut other).await, [1, 2, 4, 6, 7]);
}

#[tokio::test]
async fn where_the_commit_fails_each_of_them_is_told() {
    let (_folder, writer, mut other) = database().await;
    let one = |writer: Writer, id| async move {
        let mut tx = noting(&writer, id).await?;
        if id == 2 {
            // Looked at when it is committed, and then it does not hold.
            sqlx::query("PRAGMA defer_foreign_keys = ON").execute(&mut *tx).await?;
            sqlx::query("UPDATE note SET of = 99 WHERE id = 2").execute(&mut *tx).await?;
        }
        tx.commit("test").await
    };
    let results = together(&writer, 4, one).await;
    assert!(results.iter().all(|result| matches!(result, Err(StoreError::Database(_)))), "{results:?}");
    assert!(notes(&mut other).await.is_empty());
    write(writer, 7).await.expect("works");
    assert_eq!(notes(&mut other).await, [7]);
}

#[tokio::test]
async fn where_sqlite_gives_up_the_transaction_those_before_are_told_too() {
    let (_folder, writer, mut other) = database().await;
    let one = |writer: Writer, id| async move {
        let mut tx = noting(&writer, id).await?;
        if id == 2 {
            // As SQLite does by itself when the disk is full.
            sqlx::query("ROLLBACK").execute(&mut *tx).await?;
            return Err(sqlx::Error::WorkerCrashed.into());
        }
        tx.commit("test").await
    };
    let results = together(&writer, 5, one).await;
    let failed: Vec<usize> = (0..5).filter(|&at| results[at].is_err()).collect();
    assert_eq!(failed, [0, 1, 2]);
    assert_eq!(notes(&mut other).await, [3, 4]);
}

#[tokio::test]
async fn one_that_is_dropped_lets_other_processes_write() {
    let (_folder, writer, mut other) = database().await;
    drop(noting(&writer, 1).await.expect("works"));
    sqlx::query("INSERT INTO note (id) VALUES (2)").execute(&mut other).await.expect("works");
    assert_eq!(notes(&mut other).await, [2]);
}

#[tokio::test]
async fn what_is_closed_takes_no_more() {
    let (_folder, writer, mut other) = database().await;
    write(writer.clone(), 1).await.expect("works");
    writer.close().await;
    assert!(write(writer, 2).await.is_err());
    assert_eq!(notes(&mut other).await, [1]);
}

/// Many at once, of which every other one is given up after a while that differs: what somebody was told is what is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_told_what_is_not_so() {
    let (_folder, writer, mut other) = database().await;
    let mut tasks = JoinSet::new();
    for id in 0..1000_i64 {
        let writer = writer.clone();
        tasks.spawn(async move {
            tokio::time::sleep(Duration::from_micros(id.unsigned_abs() * 37 % 40_000)).await;
            let patience = if id % 2 == 0 { 60_000_000 } else { id.unsigned_abs() * 7919 % 60_000 };
            tokio::time::timeout(Duration::from_micros(patience), write(writer, id)).await.map(|result| (id, result))
        });
    }
    let mut told = Vec::new();
    for (id, result) in tasks.join_all().await.into_iter().flatten() {
        result.expect("works");
        told.push(id);
    }
    writer.close().await;
    let there = notes(&mut other).await;
    assert!((500..1000).contains(&told.len()), "{} were told", told.len());
    assert!(told.iter().all(|id| there.contains(id)));
}
