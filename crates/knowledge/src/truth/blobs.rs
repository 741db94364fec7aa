//! Which chunks a blob has, and on which lines.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::replace;
use crate::{
    KnowledgeError,
    chunk::{CHUNKER_VERSION, ChunkId},
};

/// A blob read as a language: the same bytes are cut differently under another extension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct BlobKey {
    #[serde(rename = "b")]
    pub(crate) blob: Arc<str>,
    #[serde(rename = "l")]
    pub(crate) language: Arc<str>,
}

/// A chunk at its place in a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) chunk: ChunkId,
    /// First and last line, from 1.
    pub(crate) lines: (u32, u32),
}

/// What a blob holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlobChunks {
    pub(crate) chunks: Vec<Placed>,
    /// It says itself that a tool wrote it.
    pub(crate) generated: bool,
    /// It is no text, so it has no chunks.
    pub(crate) unreadable: Option<String>,
}

/// One line of the log.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    key: BlobKey,
    #[serde(rename = "c")]
    chunks: Vec<(String, u32, u32)>,
    #[serde(rename = "g", default, skip_serializing_if = "std::ops::Not::not")]
    generated: bool,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

/// The log, and all of it in memory.
#[derive(Debug)]
pub(crate) struct BlobLog {
    path: PathBuf,
    file: File,
    blobs: HashMap<BlobKey, Arc<BlobChunks>>,
}

impl BlobLog {
    /// Opens the log of this chunker version; those of other versions are of no use and are removed.
    pub(crate) fn open(index: &Path) -> Result<Self, KnowledgeError> {
        let name = format!("blobs-{CHUNKER_VERSION}.jsonl");
        let path = index.join(&name);
        for entry in fs::read_dir(index).map_err(KnowledgeError::io("read", index))?.flatten() {
            let other = entry.file_name().to_string_lossy().into_owned();
            if other.starts_with("blobs-") && other != name {
                fs::remove_file(entry.path()).map_err(KnowledgeError::io("remove", &entry.path()))?;
            }
        }
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(KnowledgeError::io("read", &path)(error)),
        };
        let (blobs, good) = parse(&bytes);
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file = file.map_err(KnowledgeError::io("open", &path))?;
        if good < bytes.len() {
            tracing::warn!(path = %path.display(), bytes = bytes.len() - good, "cut off a torn end of the log");
            file.set_len(good as u64).map_err(KnowledgeError::io("shorten", &path))?;
        }
        Ok(Self { path, file, blobs })
    }

    pub(crate) fn get(&self, key: &BlobKey) -> Option<&Arc<BlobChunks>> {
        self.blobs.get(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.blobs.len()
    }

    /// Adds blobs; they are on disk when this returns.
    pub(crate) fn append(&mut self, blobs: Vec<(BlobKey, BlobChunks)>) -> Result<(), KnowledgeError> {
        if blobs.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        for (key, chunks) in &blobs {
            write_line(key, chunks, &mut bytes);
        }
        let written = self.file.write_all(&bytes).and_then(|()| self.file.sync_data());
        written.map_err(KnowledgeError::io("write", &self.path))?;
        self.blobs.extend(blobs.into_iter().map(|(key, chunks)| (key, Arc::new(chunks))));
        Ok(())
    }

    /// Writes the log anew with these blobs only.
    pub(crate) fn retain(&mut self, live: &HashSet<&BlobKey>) -> Result<(), KnowledgeError> {
        self.blobs.retain(|key, _| live.contains(key));
        let mut bytes = Vec::new();
        for (key, chunks) in &self.blobs {
            write_line(key, chunks, &mut bytes);
        }
        replace(&self.path, &bytes)?;
        let file = OpenOptions::new().append(true).open(&self.path);
        self.file = file.map_err(KnowledgeError::io("open", &self.path))?;
        Ok(())
    }
}

fn write_line(key: &BlobKey, blob: &BlobChunks, out: &mut Vec<u8>) {
    let line = Line {
        key: key.clone(),
        chunks: blob.chunks.iter().map(|at| (at.chunk.to_string(), at.lines.0, at.lines.1)).collect(),
        generated: blob.generated,
        unreadable: blob.unreadable.clone(),
    };
    serde_json::to_writer(&mut *out, &line).expect("writing to memory cannot fail");
    out.push(b'\n');
}

/// All whole lines, and how many bytes they take.
fn parse(bytes: &[u8]) -> (HashMap<BlobKey, Arc<BlobChunks>>, usize) {
    let mut blobs = HashMap::new();
    let mut good = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let Some((key, chunks)) = line.strip_suffix(b"\n").and_then(parse_line) else { break };
        blobs.insert(key, Arc::new(chunks));
        good += line.len();
    }
    (blobs, good)
}

fn parse_line(line: &[u8]) -> Option<(BlobKey, BlobChunks)> {
    let line: Line = serde_json::from_slice(line).ok()?;
    let placed =
        |(chunk, first, last): (String, u32, u32)| Some(Placed { chunk: chunk.parse().ok()?, lines: (first, last) });
    let chunks = line.chunks.into_iter().map(placed).collect::<Option<Vec<_>>>()?;
    Some((line.key, BlobChunks { chunks, generated: line.generated, unreadable: line.unreadable }))
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use super::{BlobChunks, BlobKey, BlobLog, Placed};
    use crate::{chunk, classify::language};

    fn blob(name: &str) -> (BlobKey, BlobChunks) {
        let cut = chunk::cut(language("a.txt"), name);
        let chunks = cut.iter().map(|chunk| Placed { chunk: chunk.id, lines: chunk.lines }).collect();
        (
            BlobKey { blob: name.into(), language: "text".into() },
            BlobChunks { chunks, generated: true, unreadable: None },
        )
    }

    #[test]
    fn a_torn_line_is_cut_off_and_the_log_goes_on() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let mut log = BlobLog::open(dir.path()).expect("opens");
        log.append(vec![blob("one"), blob("two")]).expect("appends");
        let path = log.path.clone();
        drop(log);
        let mut file = fs::OpenOptions::new().append(true).open(&path).expect("opens");
        file.write_all(br#"{"b":"three","l":"te"#).expect("writes");
        let mut log = BlobLog::open(dir.path()).expect("opens");
        assert_eq!(log.len(), 2);
        log.append(vec![blob("four")]).expect("appends");
        drop(log);
        let log = BlobLog::open(dir.path()).expect("opens");
        let (key, chunks) = blob("four");
        assert_eq!((log.len(), log.get(&key).map(|found| found.as_ref() == &chunks)), (3, Some(true)));
    }

    #[test]
    fn only_what_is_live_stays() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let mut log = BlobLog::open(dir.path()).expect("opens");
        log.append(vec![blob("one"), blob("two")]).expect("appends");
        log.retain(&[&blob("two").0].into()).expect("rewrites");
        log.append(vec![blob("three")]).expect("appends");
        drop(log);
        let log = BlobLog::open(dir.path()).expect("opens");
        assert_eq!((log.len(), log.get(&blob("one").0).is_some()), (2, false));
    }
}
