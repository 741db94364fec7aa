//! One process per index directory.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

use crate::KnowledgeError;

/// The form of everything beside the table of chunks.
const FORMAT: u32 = 1;

/// The right to use an index directory. The system gives it back when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct DirLock {
    _file: File,
}

impl DirLock {
    /// Creates the directory when it is missing and takes the lock.
    ///
    /// # Errors
    /// Another process has it, the directory cannot be written, or a later build made it.
    pub(crate) fn take(dir: &Path) -> Result<Self, KnowledgeError> {
        std::fs::create_dir_all(dir).map_err(KnowledgeError::io("create", dir))?;
        let path = dir.join("lock");
        let failed = || KnowledgeError::io("open", &path);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let holder = file.read_to_string(&mut holder).ok().map(|_| holder.trim().to_owned());
                let holder = holder.filter(|pid| !pid.is_empty());
                return Err(KnowledgeError::InUse { dir: dir.to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed()(source)),
        }
        // Who has it, for the message that the next one gets.
        let written =
            file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(failed())?;
        check_format(dir)?;
        Ok(Self { _file: file })
    }
}

fn check_format(dir: &Path) -> Result<(), KnowledgeError> {
    let path = dir.join("format");
    match std::fs::read_to_string(&path) {
        Ok(found) if found.trim() == FORMAT.to_string() => Ok(()),
        Ok(found) => Err(KnowledgeError::Format { dir: dir.to_owned(), found: found.trim().to_owned(), known: FORMAT }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            std::fs::write(&path, format!("{FORMAT}\n")).map_err(KnowledgeError::io("write", &path))
        }
        Err(error) => Err(KnowledgeError::io("read", &path)(error)),
    }
}
