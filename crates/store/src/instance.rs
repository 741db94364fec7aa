//! A process's identity: a file it holds a lock on while it lives.
//!
//! A lease whose owner's lock is free belongs to a process that is gone, and may be claimed at once. No clock is
//! involved, so a suspended process or a clock that jumps cannot make two owners.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use crate::{StoreError, open::take_turn};

/// This process, as an owner of leases.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) id: String,
    folder: PathBuf,
    // Held, never read: dropping it gives the lock back.
    _lock: File,
}

impl Instance {
    /// Takes a new identity in `<state>/instances`.
    pub(crate) fn start(state: &Path) -> Result<Self, StoreError> {
        let folder = state.join("instances");
        fs::create_dir_all(&folder).map_err(StoreError::file(&folder))?;
        let id = uuid::Uuid::new_v4().simple().to_string();
        let path = folder.join(format!("{id}.lock"));
        let lock = OpenOptions::new().create_new(true).write(true).open(&path).map_err(StoreError::file(&path))?;
        lock.lock().map_err(StoreError::file(&path))?;
        Ok(Self { id, folder, _lock: lock })
    }

    /// Whether a process with another identity lives.
    pub(crate) fn others_live(state: &Path, own: &str) -> Result<bool, StoreError> {
        let folder = state.join("instances");
        for entry in fs::read_dir(&folder).map_err(StoreError::file(&folder))? {
            let path = entry.map_err(StoreError::file(&folder))?.path();
            let is_own = path.file_stem().is_some_and(|name| name == own);
            if !is_own && File::open(&path).is_ok_and(|file| file.try_lock().is_err()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the owner's process is gone.
    pub(crate) fn is_gone(&self, owner: &str) -> bool {
        if owner == self.id {
            return false;
        }
        match File::open(self.folder.join(format!("{owner}.lock"))) {
            // Any other error says nothing about the owner.
            Err(error) => error.kind() == io::ErrorKind::NotFound,
            Ok(file) => file.try_lock().is_ok(),
        }
    }
}

/// Lock files of processes that are gone.
///
/// # Errors
/// [`StoreError::File`].
pub async fn stale_instances(state: &Path) -> Result<Vec<PathBuf>, StoreError> {
    each_stale(state, |_| Ok(())).await
}

/// Removes the lock files of processes that are gone, and says which. A missing file and one whose lock is free mean the
/// same, so nothing is lost.
///
/// # Errors
/// [`StoreError::File`]; what was removed until then stays removed.
pub async fn remove_stale_instances(state: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let removed = each_stale(state, |path| fs::remove_file(path)).await?;
    if !removed.is_empty() {
        // The next one to open the database still hears that somebody died.
        crate::open::forget_look(state);
    }
    Ok(removed)
}

async fn each_stale(state: &Path, act: impl Fn(&Path) -> io::Result<()>) -> Result<Vec<PathBuf>, StoreError> {
    let folder = state.join("instances");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    // A process that starts makes its file first and locks it then, under this lock.
    let _gate = take_turn(state.join("open.lock")).await?;
    let found = stale(state)?;
    for path in &found {
        act(path).map_err(StoreError::file(path))?;
    }
    Ok(found)
}

/// Lock files that nobody holds. A process that starts makes its file first and locks it then: hold `open.lock`.
pub(crate) fn stale(state: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let folder = state.join("instances");
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).map_err(StoreError::file(&folder))? {
        let path = entry.map_err(StoreError::file(&folder))?.path();
        let is_lock = path.extension().is_some_and(|it| it == "lock");
        if is_lock && File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Best effort: a file left behind has a free lock and means the same.
        let _ = fs::remove_file(self.folder.join(format!("{}.lock", self.id)));
    }
}
