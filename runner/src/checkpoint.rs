//! Checkpoints of the audit chain, kept where the server can add and not rewrite.
//!
//! The file gets one line of JSON for each checkpoint, appended and synced. A key makes the line worth something to a
//! reader who cannot trust the file's place alone.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use forgeline_model::{Secret, SecretReference, canonical};
use forgeline_store::Checkpoint;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::Sha256;

use crate::secret::{self, SecretError};

/// Where checkpoints go, as the operator says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Witness {
    /// The file.
    pub checkpoint: PathBuf,
    /// The key that signs each line.
    pub key: Option<SecretReference>,
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Version of this document.
    #[serde(rename = "schemaVersion")]
    pub schema_version: u32,
    /// The checkpoint.
    #[serde(flatten)]
    pub checkpoint: Checkpoint,
    /// HMAC-SHA256 over the checkpoint's canonical JSON, 64 hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
}

/// A checkpoint cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The file cannot be used.
    #[error("the checkpoint file `{path}` cannot be used: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is no checkpoint, or its signature does not fit.
    #[error("line {line} of `{path}` {reason}", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The key cannot be had.
    #[error(transparent)]
    Key(#[from] SecretError),
}

impl Witness {
    /// Appends a checkpoint, unless the last line says the same. True: it was appended.
    ///
    /// # Errors
    /// [`WitnessError`].
    pub fn keep(&self, checkpoint: &Checkpoint) -> Result<bool, WitnessError> {
        let path = &self.checkpoint;
        let refuse = |source| WitnessError::File { path: path.clone(), source };
        if last(path).map_err(refuse)?.is_some_and(|last| last.checkpoint.hash == checkpoint.hash) {
            return Ok(false);
        }
        let key = self.key.as_ref().map(secret::read).transpose()?;
        let text = canonical::to_string(&line(checkpoint, key.as_ref()));
        append(path, &text).map_err(refuse)?;
        Ok(true)
    }

    /// All checkpoints of the file, each with a signature that fits when there is a key.
    ///
    /// # Errors
    /// [`WitnessError`].
    pub fn read(&self) -> Result<Vec<Checkpoint>, WitnessError> {
        let path = &self.checkpoint;
        let key = self.key.as_ref().map(secret::read).transpose()?;
        let text = fs::read_to_string(path).map_err(|source| WitnessError::File { path: path.clone(), source })?;
        let mut all = Vec::new();
        for (index, text) in text.lines().enumerate() {
            let refuse =
                |reason: &str| WitnessError::Line { path: path.clone(), line: index + 1, reason: reason.to_owned() };
            let read: Line = serde_json::from_str(text).map_err(|_| refuse("is no checkpoint"))?;
            if key.is_some() && read.mac != line(&read.checkpoint, key.as_ref()).mac {
                return Err(refuse("has a signature that does not fit the key; it was changed, or the key was"));
            }
            all.push(read.checkpoint);
        }
        Ok(all)
    }
}

/// The line of a checkpoint.
pub fn line(checkpoint: &Checkpoint, key: Option<&Secret<String>>) -> Line {
    let mac = key.map(|key| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).expect("a key of any length is taken");
        mac.update(canonical::to_string(&json!(checkpoint)).as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    });
    Line { schema_version: 1, checkpoint: checkpoint.clone(), mac }
}

fn last(path: &Path) -> io::Result<Option<Line>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().next_back().and_then(|line| serde_json::from_str(line).ok())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    let mut file = File::options().create(true).append(true).open(path)?;
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use forgeline_model::Digest;
    use forgeline_store::Checkpoint;

    use super::Witness;

    fn checkpoint(row: i64) -> Checkpoint {
        Checkpoint { row, hash: Digest::of_bytes(&row.to_be_bytes()), at: "2026-01-02T03:04:05.000Z".into() }
    }

    #[test]
    fn checkpoints_are_added_once_and_a_changed_line_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("audit.ndjson");
        let key = folder.path().join("key");
        fs::write(&key, "secret\n").expect("writes");
        let reference = format!("file:{}", key.display()).parse().expect("a reference");
        let witness = Witness { checkpoint: path.clone(), key: Some(reference) };
        for (row, expected) in [(3, true), (3, false), (9, true)] {
            assert_eq!(witness.keep(&checkpoint(row)).expect("keeps"), expected, "{row}");
        }
        assert_eq!(witness.read().expect("reads"), [checkpoint(3), checkpoint(9)]);
        let text = fs::read_to_string(&path).expect("reads");
        fs::write(&path, text.replace("\"row\":9", "\"row\":8")).expect("writes");
        let error = witness.read().expect_err("changed").to_string();
        assert!(error.contains("line 2") && error.contains("does not fit the key"), "{error}");
        let unsigned = Witness { key: None, ..witness };
        assert_eq!(unsigned.read().expect("reads").len(), 2, "without the key nobody can tell");
        fs::write(&path, "x\n").expect("writes");
        assert!(unsigned.read().expect_err("no checkpoint").to_string().contains("is no checkpoint"));
    }
}
