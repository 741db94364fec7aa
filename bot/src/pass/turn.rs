//! One pass at a time over the same state, whichever process makes it.

use std::{fs::File, io};

use forgeline_store::StoreError;

use super::{Bot, PassError};

/// Name of the lock file in the state directory.
const LOCK: &str = "bot.lock";

/// Whoever holds it makes the pass; dropped, or with the process gone, the next one has its turn.
pub(crate) struct Turn {
    _file: File,
}

impl Bot {
    /// Waits until no other pass is under way.
    pub(crate) async fn turn(&self) -> Result<Turn, PassError> {
        let path = self.runner.store.folder().join(LOCK);
        let lock = path.clone();
        let job = move || -> io::Result<File> {
            let file = File::options().create(true).truncate(false).write(true).open(lock)?;
            file.lock()?;
            Ok(file)
        };
        match tokio::task::spawn_blocking(job).await.map_err(io::Error::other).flatten() {
            Ok(file) => Ok(Turn { _file: file }),
            Err(source) => Err(StoreError::File { path, source }.into()),
        }
    }
}
