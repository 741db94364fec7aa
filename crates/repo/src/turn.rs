//! One swap at a time among Forgeline's processes, so that a lock that was left behind is never removed under a live one.
//!
//! Git's own lock on a reference is a file, which stays when its process is killed. So whoever has the turn notes which such
//! file it made: the next one finds the note only if the writer died, and removes exactly that file. The kernel gives the
//! turn itself back.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::RepoError;

/// The turn; dropping it hands it on.
pub(crate) struct Turn {
    file: File,
}

impl Turn {
    /// Waits for the turn, and clears away what the one before left.
    pub(crate) fn take(git_dir: &Path) -> Result<Self, RepoError> {
        let path = git_dir.join("forgeline-refs.lock");
        let failed = |source| RepoError::Io { action: "lock", path: path.clone(), source };
        if path.is_symlink() {
            return Err(failed(io::Error::other("it is a symbolic link; remove it")));
        }
        let file = File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(failed)?;
        file.lock().map_err(failed)?;
        let mut turn = Self { file };
        let mut note = String::new();
        // A note that cannot be read is none: the lock is removed later, by its age. It names a reference, so that no file
        // but a reference's lock is ever removed.
        if turn.file.read_to_string(&mut note).is_ok()
            && let Some((mark, refname)) = note.trim_end().split_once(' ')
            && refname.starts_with("refs/")
            && git2::Reference::is_valid_name(refname)
        {
            let lock = lock_file(git_dir, refname);
            if mark_of(&lock).as_deref() == Some(mark) {
                remove(&lock);
            }
        }
        turn.forget();
        Ok(turn)
    }

    /// Notes that the reference's lock was just made.
    pub(crate) fn note(&mut self, git_dir: &Path, refname: &str) {
        if let Some(mark) = mark_of(&lock_file(git_dir, refname)) {
            self.write(&format!("{mark} {refname}\n"));
        }
    }

    fn forget(&mut self) {
        self.write("");
    }

    /// The note only saves the next one a wait, so that one that cannot be written is no error.
    fn write(&mut self, note: &str) {
        let written =
            self.file.set_len(0).and_then(|()| self.file.rewind()).and_then(|()| self.file.write_all(note.as_bytes()));
        if let Err(error) = written {
            tracing::debug!(%error, "the turn's note is not written");
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.forget();
    }
}

/// The file that is Git's lock on a reference.
pub(crate) fn lock_file(git_dir: &Path, refname: &str) -> PathBuf {
    git_dir.join(format!("{refname}.lock"))
}

/// Removes a lock file; whether it is gone.
pub(crate) fn remove(lock: &Path) -> bool {
    match fs::remove_file(lock) {
        Ok(()) => {
            tracing::warn!(lock = %lock.display(), "removed a reference lock that a dead process left");
            true
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => {
            tracing::warn!(lock = %lock.display(), %error, "cannot remove a reference lock that a dead process left");
            false
        }
    }
}

/// What tells this very file from a later one of the same name.
fn mark_of(file: &Path) -> Option<String> {
    let meta = fs::metadata(file).ok()?;
    Some(format!("{}:{}:{}:{}", meta.ino(), meta.ctime(), meta.ctime_nsec(), meta.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Turn, lock_file};

    #[test]
    fn only_the_noted_file_of_a_dead_one_is_removed() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let lock = lock_file(folder.path(), "refs/heads/x");
        fs::create_dir_all(lock.parent().expect("a folder")).expect("a folder");
        fs::write(&lock, "").expect("a file");
        let mut turn = Turn::take(folder.path()).expect("free");
        turn.note(folder.path(), "refs/heads/x");
        // It dies: nothing is forgotten, the kernel closes the file.
        let Turn { file } = &turn;
        let note = file.try_clone().expect("cloned");
        note.unlock().expect("unlocked");
        std::mem::forget(turn);
        fs::remove_file(&lock).expect("removed");
        fs::write(&lock, "another's").expect("a file");
        drop(Turn::take(folder.path()).expect("free"));
        assert!(lock.exists(), "another file of that name");

        let mut turn = Turn::take(folder.path()).expect("free");
        turn.note(folder.path(), "refs/heads/x");
        let Turn { file } = &turn;
        file.try_clone().expect("cloned").unlock().expect("unlocked");
        std::mem::forget(turn);
        drop(Turn::take(folder.path()).expect("free"));
        assert!(!lock.exists(), "the dead one's own");

        fs::write(&lock, "").expect("a file");
        let mut turn = Turn::take(folder.path()).expect("free");
        turn.note(folder.path(), "refs/heads/x");
        drop(turn);
        drop(Turn::take(folder.path()).expect("free"));
        assert!(lock.exists(), "who lived on looked after its own");
    }
}
