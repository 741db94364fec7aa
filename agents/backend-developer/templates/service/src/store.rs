//! The database: one SQLite file that is brought up to date when it is opened.

use std::{path::Path, time::Duration};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

/// How a transaction that writes begins: it waits for its turn at once and cannot fail half-way.
pub const BEGIN: &str = "BEGIN IMMEDIATE";

/// Connections. SQLite has one writer, so more would only wait.
const CONNECTIONS: u32 = 4;
/// How long a writer waits for its turn.
const BUSY: Duration = Duration::from_secs(5);

/// Opens or makes the file, and brings its tables up to date. What was answered is on the disk.
///
/// # Errors
/// A file that cannot be opened, or a migration that fails.
pub async fn open(file: &Path) -> Result<SqlitePool, sqlx::Error> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY);
    let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(BUSY).connect_with(options).await?;
    sqlx::migrate!("./migrations").run(&pool).await?;
    Ok(pool)
}
