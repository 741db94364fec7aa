//! Opening the state directory.

use std::{
    fs,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use forgeline_model::{Digest, Event};
use sqlx::{
    ConnectOptions, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    Blobs, StoreError, filesystem, hooks,
    instance::{self, Instance},
    memory::Memory,
    writer::Writer,
};

/// Checks an event against its contract: of the registry with this digest for an event of a run, else of the process's own.
/// The text says what is wrong.
pub type EventCheck = Arc<dyn Fn(&Event, Option<&Digest>) -> Result<(), String> + Send + Sync>;

/// The database's name in the state directory.
pub const DATABASE: &str = "forgeline.db";

/// Names those that were dead when somebody last looked at the database's health, which is when it was written.
const CHECKED: &str = "checked";

/// How long a writer waits for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Readers beside the one writer; SQLite in WAL mode lets them read while it writes.
const READERS: u32 = 4;
/// Pages that each of them keeps, in KiB, negative as SQLite wants it. The system has the file in memory anyway; a process that
/// runs for weeks should not hold it five times.
const READER_CACHE: &str = "-512";
/// How long a look at the database's health holds, if every process ends well.
const CHECK_EVERY: Duration = Duration::from_secs(24 * 3_600);
/// Oldest SQLite whose log reset is safe.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];

/// A handle on the state directory: cheap to clone, safe to share.
#[derive(Clone)]
pub struct Store {
    pub(crate) writer: Writer,
    pub(crate) reader: SqlitePool,
    pub(crate) instance: Arc<Instance>,
    pub(crate) memory: Arc<Memory>,
    pub(crate) check: EventCheck,
    pub(crate) hooks: Arc<hooks::Queue>,
    blobs: Blobs,
    folder: PathBuf,
}

impl Store {
    /// Opens or creates the state in `folder`. `check` is asked before an event is stored.
    ///
    /// # Errors
    /// [`StoreError::File`] when the folder cannot be used, [`StoreError::Damaged`], [`StoreError::OldSqlite`],
    /// [`StoreError::Migration`] when a newer Forgeline wrote it.
    pub async fn open(folder: &Path, check: EventCheck) -> Result<Self, StoreError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder).map_err(StoreError::file(folder))?;
        filesystem::check(folder)?;
        let path = folder.join(DATABASE);
        // SQLite's migrations take no lock of their own: one process at a time makes the tables.
        let gate = take_turn(folder.join("open.lock")).await?;
        let instance = Arc::new(Instance::start(folder)?);
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("mmap_size", "0")
            .disable_statement_logging();
        let mut writer = options.connect().await.map_err(|error| of_opening(&path, error))?;
        check_library(&mut writer).await?;
        let (checked, dead) = (folder.join(CHECKED), instance::stale(folder)?);
        if is_overdue(&checked, &dead) {
            check_health(&mut writer, &path).await?;
            // Where it cannot be noted, the next one looks again.
            if let Err(error) = fs::write(&checked, names(&dead)) {
                tracing::debug!(%error, "the look at the database's health is not noted");
            }
        }
        // `run` would make this future one that cannot go to another thread.
        sqlx::migrate!("./migrations").run_direct(None, &mut writer, false).await?;
        drop(gate);
        // A file does not go away as a server does: asking each time whether it is still there would cost more than most reads.
        let readers = SqlitePoolOptions::new().max_connections(READERS).test_before_acquire(false);
        let reader = readers.connect_lazy_with(options.read_only(true).pragma("cache_size", READER_CACHE));
        let memory = Arc::<Memory>::default();
        let writer = Writer::new(writer, memory.clone());
        let blobs = Blobs::open(folder)?;
        let hooks = Arc::default();
        Ok(Self { writer, reader, instance, memory, check, hooks, blobs, folder: folder.to_owned() })
    }

    /// Looks through the whole database for damage.
    ///
    /// # Errors
    /// [`StoreError::Damaged`].
    pub async fn check_health(&self) -> Result<(), StoreError> {
        check_health(self.writer.alone().await.connection()?, &self.folder.join(DATABASE)).await
    }

    /// Bytes by digest.
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// The state directory.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Waits for what is being written and closes the files.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Waits for the exclusive lock on a file, on a thread that may block.
pub(crate) async fn take_turn(path: PathBuf) -> Result<fs::File, StoreError> {
    let shown = path.clone();
    let wait = move || {
        let file = fs::File::options().create(true).truncate(false).write(true).open(&path)?;
        file.lock()?;
        Ok(file)
    };
    let locked = tokio::task::spawn_blocking(wait).await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    locked.map_err(StoreError::file(shown))
}

async fn check_library(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(connection).await?;
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let parts = [parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0)];
    if parts < OLDEST_SQLITE { Err(StoreError::OldSqlite(version)) } else { Ok(()) }
}

/// Whether to look at the database's health: a process has died since the last look, or that is a day ago. Looking takes time
/// that grows with the database, so that not every command does it. `checked` names those that were dead at the last look.
fn is_overdue(checked: &Path, dead: &[PathBuf]) -> bool {
    let age = fs::metadata(checked).and_then(|meta| meta.modified()).map(|at| at.elapsed());
    let is_fresh = matches!(age, Ok(Ok(age)) if age < CHECK_EVERY);
    let known = fs::read_to_string(checked).unwrap_or_default();
    !is_fresh || !names(dead).lines().all(|name| known.lines().any(|it| it == name))
}

/// Has the next one look at the database's health.
pub(crate) fn forget_look(folder: &Path) {
    // One that is not there is forgotten too.
    let _ = fs::remove_file(folder.join(CHECKED));
}

/// File names, one a line.
fn names(files: &[PathBuf]) -> String {
    files.iter().filter_map(|path| Some(format!("{}\n", path.file_name()?.to_str()?))).collect()
}

/// SQLite's primary codes for a file that is malformed, or no database at all.
const DAMAGE: [i32; 2] = [11, 26];

/// What an error means while a database is opened and looked through: damage is said as such.
fn of_opening(path: &Path, error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|it| it.code()?.parse::<i32>().ok());
    match code {
        Some(code) if DAMAGE.contains(&(code & 0xff)) => {
            StoreError::Damaged { path: path.to_owned(), finding: error.to_string() }
        }
        _ => error.into(),
    }
}

async fn check_health(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let found = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(connection).await;
    let finding: String = found.map_err(|error| of_opening(path, error))?;
    if finding == "ok" { Ok(()) } else { Err(StoreError::Damaged { path: path.to_owned(), finding }) }
}
