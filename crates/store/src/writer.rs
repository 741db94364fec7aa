//! The process's one writer, and how transactions that come together share a commit.
//!
//! SQLite has one writer at a time, and a commit waits for the disk. So the transactions of this process take turns at one
//! connection, in the order in which they ask. One that ends while others wait for their turn does not commit: it leaves its
//! writes to the *group*, which those others join, each as a savepoint, and one commit makes all of them durable. Nobody is
//! told that something is written before it is on the disk; where the group's commit fails, each of them is told so.
//!
//! A group ends with the member behind which nobody waits, and at the latest with the [`MOST`]th: the first must not wait
//! for all of a long queue.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use forgeline_model::RunId;
use sqlx::{Connection as _, FromRow, SqliteConnection, sqlite::SqliteRow};
use tokio::{
    runtime::Handle,
    sync::{Mutex, MutexGuard, OwnedMutexGuard, watch},
};

use crate::{
    StoreError,
    batch::{Added, Batch},
    memory::{Loaded, Memory},
};

/// Members of a group. More of them would hardly make the commit's share of each smaller.
const MOST: usize = 64;

/// Hands out turns at the one connection that writes.
#[derive(Clone)]
pub(crate) struct Writer {
    turn: Arc<Mutex<Turn>>,
    waiting: Arc<AtomicUsize>,
}

/// The connection and what is open on it.
pub(crate) struct Turn {
    /// None once it is closed.
    connection: Option<SqliteConnection>,
    group: Option<Group>,
    /// Something was begun, and neither left to the group, committed nor undone.
    is_unfinished: bool,
    memory: Arc<Memory>,
}

/// Transactions that wait for the same commit.
#[derive(Default)]
struct Group {
    outcome: watch::Sender<Option<Outcome>>,
    members: usize,
    /// To remember once it is committed, in order.
    loaded: Vec<Arc<Loaded>>,
}

type Outcome = Result<(), Arc<sqlx::Error>>;

/// An open write transaction. Dropped without [`WriteTx::commit`], it changes nothing.
pub(crate) struct WriteTx {
    writer: Writer,
    /// None once it is committed.
    turn: Option<OwnedMutexGuard<Turn>>,
    loaded: Vec<Arc<Loaded>>,
}

impl Writer {
    pub(crate) fn new(connection: SqliteConnection, memory: Arc<Memory>) -> Self {
        let turn = Turn { connection: Some(connection), group: None, is_unfinished: false, memory };
        Self { turn: Arc::new(Mutex::new(turn)), waiting: Arc::default() }
    }

    /// Begins a write transaction.
    pub(crate) async fn begin(&self) -> Result<WriteTx, StoreError> {
        let mut tx = self.take_turn().await?;
        let begin = tx.beginning();
        sqlx::query(begin).execute(&mut *tx).await?;
        Ok(tx)
    }

    /// Begins a write transaction and reads the first row of `select` in it, at once; `bind` binds its arguments.
    pub(crate) async fn begin_with<T>(
        &self,
        select: &str,
        bind: impl FnOnce(Added<'_>),
    ) -> Result<(WriteTx, Option<T>), StoreError>
    where
        T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        let mut tx = self.take_turn().await?;
        let mut batch = Batch::default();
        batch.add(tx.beginning());
        bind(batch.add(select));
        let row = batch.optional(&mut tx).await?;
        Ok((tx, row))
    }

    async fn take_turn(&self) -> Result<WriteTx, StoreError> {
        let waiting = Waiting::one_more(&self.waiting);
        let mut turn = self.turn.clone().lock_owned().await;
        drop(waiting);
        turn.undo().await;
        if turn.connection.is_none() {
            return Err(sqlx::Error::PoolClosed.into());
        }
        turn.is_unfinished = true;
        Ok(WriteTx { writer: self.clone(), turn: Some(turn), loaded: Vec::new() })
    }

    /// A turn outside of any transaction.
    pub(crate) async fn alone(&self) -> MutexGuard<'_, Turn> {
        let mut turn = self.turn.lock().await;
        turn.end_group().await;
        turn
    }

    /// Waits for what is being written and closes the connection.
    pub(crate) async fn close(&self) {
        let connection = self.alone().await.connection.take();
        if let Some(connection) = connection
            && let Err(error) = connection.close().await
        {
            tracing::debug!(%error, "the state database is not closed well; the next process recovers its log");
        }
    }
}

impl Turn {
    /// The connection, with no transaction open.
    pub(crate) fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.connection.as_mut().ok_or_else(|| sqlx::Error::PoolClosed.into())
    }

    /// Undoes what nobody finished.
    async fn undo(&mut self) {
        let Some(connection) = self.connection.as_mut().filter(|_| self.is_unfinished) else { return };
        if self.group.is_none() {
            // An error says that nothing is open any more: SQLite has undone it, or it was committed.
            let _ = execute(connection, "ROLLBACK").await;
        } else if let Err(error) = execute(connection, "ROLLBACK TO one; RELEASE one").await
            && !(is_mistaken(&error) && is_open(connection).await)
        {
            let _ = execute(connection, "ROLLBACK").await;
            self.tell(Err(Arc::new(error)));
        }
        self.is_unfinished = false;
    }

    /// Commits for the whole group, if there is one.
    async fn end_group(&mut self) {
        self.undo().await;
        let Some(connection) = self.connection.as_mut().filter(|_| self.group.is_some()) else { return };
        let outcome = execute(connection, "COMMIT").await;
        if outcome.is_err() {
            let _ = execute(connection, "ROLLBACK").await;
        }
        self.tell(outcome.map_err(Arc::new));
    }

    /// Tells all members what came of the commit.
    fn tell(&mut self, outcome: Outcome) {
        let Some(group) = self.group.take() else { return };
        if outcome.is_ok() {
            group.loaded.into_iter().for_each(|run| self.memory.remember(run));
        }
        // Members that were given up do not listen.
        let _ = group.outcome.send(Some(outcome));
    }
}

impl WriteTx {
    /// What this transaction sees of a run.
    pub(crate) fn known(&self, run: &RunId) -> Option<Arc<Loaded>> {
        let turn = self.turn();
        let group = turn.group.iter().flat_map(|group| &group.loaded);
        let last = group.chain(&self.loaded).rev().find(|known| known.spec.id == *run);
        last.cloned().or_else(|| turn.memory.of(run))
    }

    /// Has a run's state remembered for the next transaction, once this one is committed.
    pub(crate) fn remember(&mut self, run: Loaded) {
        self.loaded.push(Arc::new(run));
    }

    /// Makes everything durable. `what` names the transaction: a test can kill the process right before and right after.
    pub(crate) async fn commit(self, what: &str) -> Result<(), StoreError> {
        self.commit_with(what, Batch::default()).await
    }

    /// Performs `last`, and [commits](Self::commit).
    pub(crate) async fn commit_with(mut self, what: &str, mut last: Batch) -> Result<(), StoreError> {
        forgeline_failpoint::pass(what, "written");
        let is_member = self.turn().group.is_some();
        let is_last = self.writer.waiting.load(Ordering::SeqCst) == 0;
        if is_last && !is_member {
            last.add("COMMIT");
            last.perform(&mut self).await?;
            let (turn, loaded) = self.end();
            loaded.into_iter().for_each(|run| turn.memory.remember(run));
        } else {
            if is_member {
                last.add("RELEASE one");
            }
            last.perform(&mut self).await?;
            self.leave_to_group(is_last).await?;
        }
        forgeline_failpoint::pass(what, "committed");
        Ok(())
    }

    /// Gives the turn to the next one and waits until somebody has committed.
    async fn leave_to_group(self, is_last: bool) -> Result<(), StoreError> {
        let writer = self.writer.clone();
        let (mut turn, loaded) = self.end();
        let is_new = turn.group.is_none();
        let group = turn.group.get_or_insert_default();
        group.loaded.extend(loaded);
        group.members += 1;
        let is_last = is_last || group.members == MOST;
        let mut outcome = group.outcome.subscribe();
        // On tasks of their own: somebody who no longer waits for the answer must not take the commit away from others.
        if is_last {
            tokio::spawn(async move { turn.end_group().await });
        } else {
            drop(turn);
            if is_new {
                tokio::spawn(async move { writer.turn.lock().await.end_group().await });
            }
        }
        match outcome.wait_for(Option::is_some).await.map(|outcome| outcome.clone()) {
            Ok(Some(outcome)) => Ok(outcome?),
            _ => Err(sqlx::Error::WorkerCrashed.into()),
        }
    }

    /// The turn, in which nothing is left to undo, and what to remember.
    fn end(mut self) -> (OwnedMutexGuard<Turn>, Vec<Arc<Loaded>>) {
        let mut turn = self.turn.take().expect("until it is committed");
        turn.is_unfinished = false;
        (turn, std::mem::take(&mut self.loaded))
    }

    fn beginning(&self) -> &'static str {
        if self.turn().group.is_some() { "SAVEPOINT one" } else { "BEGIN IMMEDIATE" }
    }

    fn turn(&self) -> &Turn {
        self.turn.as_ref().expect("until it is committed")
    }
}

impl Drop for WriteTx {
    fn drop(&mut self) {
        let Some(mut turn) = self.turn.take() else { return };
        // Other processes wait for it. Where nothing runs any more, the next turn does it, or the end of the connection.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { turn.undo().await });
        }
    }
}

impl Deref for WriteTx {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        self.turn().connection.as_ref().expect("looked at when the turn came")
    }
}

impl DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        let turn = self.turn.as_mut().expect("until it is committed");
        turn.connection.as_mut().expect("looked at when the turn came")
    }
}

/// Counts one that waits, also if it gives up waiting.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn one_more(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether SQLite says that there is no such savepoint: it was not begun yet, or its writes are the group's already, or SQLite
/// has given up the whole transaction.
fn is_mistaken(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|it| it.code()).is_some_and(|code| code == "1")
}

/// Whether a transaction is open: another one cannot begin inside it.
async fn is_open(connection: &mut SqliteConnection) -> bool {
    execute(connection, "BEGIN").await.is_err()
}

async fn execute(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sql).execute(connection).await.map(|_| ())
}

#[cfg(test)]
mod tests;
