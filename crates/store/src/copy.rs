//! A copy of the state, to try something out on.

use std::{fs, path::Path};

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{StoreError, open::DATABASE};

/// What is copied besides the database. The knowledge index is left out: it is made again from Git.
const FOLDERS: [&str; 2] = ["blobs", "local"];

/// Copies the state of one folder into another, which is empty: the database as it is at one moment, whoever writes to it
/// meanwhile, and the files that it names. Where there is no state yet, nothing is copied.
///
/// # Errors
/// [`StoreError::File`] and [`StoreError::Database`].
pub async fn copy_state(from: &Path, to: &Path) -> Result<(), StoreError> {
    let database = from.join(DATABASE);
    if !database.try_exists().map_err(StoreError::file(&database))? {
        return Ok(());
    }
    let mut source = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(&database)).await?;
    let copied = sqlx::query("VACUUM INTO ?").bind(to.join(DATABASE).display().to_string());
    let copied = copied.execute(&mut source).await;
    source.close().await?;
    copied?;
    // After the database: what it names is there, and what came later does no harm.
    for folder in FOLDERS {
        let place = from.join(folder);
        if place.is_dir() {
            copy_folder(&place, &to.join(folder))?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(to).map_err(StoreError::file(to))?;
    for entry in fs::read_dir(from).map_err(StoreError::file(from))? {
        let entry = entry.map_err(StoreError::file(from))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(StoreError::file(&path))?;
        if kind.is_dir() {
            copy_folder(&path, &target)?;
        } else if kind.is_file() {
            match fs::copy(&path, &target) {
                Ok(_) => {}
                // A lock or a draft that somebody has put away meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::file(&path)(error)),
            }
        }
    }
    Ok(())
}
