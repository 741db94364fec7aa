//! Bytes by digest in a directory: written, fsynced, renamed, the directory fsynced, before a row names them.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use forgeline_model::Digest;

use crate::StoreError;

/// The blob directory.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    pub(crate) fn open(state: &Path) -> Result<Self, StoreError> {
        let folder = state.join("blobs");
        fs::create_dir_all(&folder).map_err(StoreError::file(&folder))?;
        Ok(Self { folder })
    }

    /// Stores bytes; storing them again costs a look.
    ///
    /// # Errors
    /// [`StoreError::File`], for example on a full disk; a half written blob never has its final name.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of_bytes(bytes);
        let path = self.path(&digest);
        if path.exists() {
            return Ok(digest);
        }
        let draft = self.folder.join(format!(".{}", uuid::Uuid::new_v4().simple()));
        let write = || {
            let mut file = File::create_new(&draft)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            forgeline_failpoint::pass("blob", "written");
            fs::rename(&draft, &path)?;
            forgeline_failpoint::pass("blob", "named");
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| {
            let _ = fs::remove_file(&draft);
            StoreError::file(&path)(error)
        })?;
        Ok(digest)
    }

    /// Reads bytes and checks them against their name.
    ///
    /// # Errors
    /// [`StoreError::NoBlob`] when they are missing or damaged.
    pub fn get(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let bytes = fs::read(self.path(digest)).map_err(|_| StoreError::NoBlob(*digest))?;
        if Digest::of_bytes(&bytes) == *digest { Ok(bytes) } else { Err(StoreError::NoBlob(*digest)) }
    }

    /// Removes bytes that nothing names any more; what is not there is removed.
    pub(crate) fn remove(&self, digest: &Digest) -> Result<(), StoreError> {
        let path = self.path(digest);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::file(path)(error)),
            _ => Ok(()),
        }
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(digest.hex())
    }
}
