//! What the index knows for certain: which blob is at which path of which reference, and which chunks a blob has.
//!
//! Kept in plain files, not in a database: there is one writer (the directory's lock), nothing is queried but by key,
//! and everything fits in memory. A reference is one file, replaced whole and atomically, so that a reader after a
//! crash sees one generation or the next. Chunks of blobs are an append-only log of lines; a line that a crash tore is
//! cut off when the log is opened. Order of writing is: chunk rows, then blob lines, then the reference. What is
//! missing after a crash is therefore only ever work to do again, never a citation of something that is not there.

mod blobs;
mod refs;

pub(crate) use blobs::{BlobChunks, BlobKey, BlobLog, Placed};
pub(crate) use refs::{RefFile, RefHead, RefHeads, RefKey, short_name};

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use crate::KnowledgeError;

/// Replaces a file: after a crash it has the old content or the new.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), KnowledgeError> {
    let new = path.with_extension("new");
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(KnowledgeError::io("write", &new))?;
    fs::rename(&new, path).map_err(KnowledgeError::io("replace", path))?;
    let dir = path.parent().unwrap_or(Path::new("."));
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(KnowledgeError::io("write", dir))
}
