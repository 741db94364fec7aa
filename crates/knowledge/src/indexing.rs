//! Brings the index of a reference up to a commit, at a cost that is proportional to what is new.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use forgeline_model::knowledge::{IndexRequest, Indexed, Progress};
use forgeline_repo::{BlobId, CommitId, FileMode, Repo};

use crate::{
    Index, KnowledgeError,
    chunk::{self, Chunk, ChunkId},
    classify::{self, Language},
    index::full_name,
    table::Row,
    truth::{BlobChunks, BlobKey, Placed, RefFile, RefHead, RefKey, short_name},
};

/// Chunks that are embedded and written at a time: enough to sort by length and to make few table versions, few
/// enough that a crash loses seconds.
const WINDOW: usize = 512;

/// Files that are read at a time, so that a window is not much larger than it should be.
const FILES_PER_READ: usize = 8;

/// What is on a commit, before anything of it is read.
struct Listing {
    commit: CommitId,
    files: Vec<(RefFile, BlobId, Language)>,
    skipped: BTreeMap<String, u64>,
}

/// Blobs that were read and chunks that are to be stored, up to a window full.
#[derive(Default)]
struct Window {
    blobs: Vec<(BlobKey, BlobChunks)>,
    chunks: Vec<(Chunk, &'static str)>,
}

/// How far indexing of a reference has come, kept from one step to the next.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    read: u64,
    stored: u64,
    embedded: u64,
    spent: Duration,
}

/// What one step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The reference is indexed.
    Done(Indexed),
    /// The budget is used up; the same request again goes on from here.
    More(Progress),
}

impl Index {
    /// Indexes a reference, or goes on with it: after a crash or a used-up budget, what is done stays done.
    ///
    /// # Errors
    /// The repository, the reference or the commit cannot be read, or the index cannot be written.
    pub async fn index(&self, request: &IndexRequest) -> Result<Step, KnowledgeError> {
        let _writer = self.writer.lock().await;
        let started = Instant::now();
        let budget = request.budget_ms.map(Duration::from_millis);
        let key = RefKey::new(&request.repo, &request.ref_name);
        let mut tally = self.write().unfinished.remove(&key).unwrap_or_default();
        let listing = {
            let request = request.clone();
            tokio::task::spawn_blocking(move || list(&request)).await??
        };
        let mut planned: HashSet<ChunkId> = HashSet::new();
        let mut at = 0;
        while at < listing.files.len() {
            let (window, next) = self.next_window(request, &listing, at, &mut planned).await?;
            at = next;
            tally.read += window.blobs.len() as u64;
            let (stored, embedded) = self.flush(window).await?;
            tally.stored += stored;
            tally.embedded += embedded;
            if at < listing.files.len() && budget.is_some_and(|budget| started.elapsed() >= budget) {
                tally.spent += started.elapsed();
                self.write().unfinished.insert(key, tally);
                let total = listing.files.len() as u64;
                return Ok(Step::More(Progress { files: at as u64, files_total: total, chunks: tally.stored }));
            }
        }
        let chunks = self.publish(request, &listing)?;
        if tally.stored > 0 || !self.table.is_searchable().await? {
            self.tend().await?;
        }
        tally.spent += started.elapsed();
        Ok(Step::Done(self.report(request, listing, tally, chunks)))
    }

    fn report(&self, request: &IndexRequest, listing: Listing, tally: Tally, chunks: u64) -> Indexed {
        let mut skipped = listing.skipped;
        let state = self.read();
        for (file, ..) in &listing.files {
            if let Some(reason) = state.blobs.get(&file.blob).and_then(|blob| blob.unreadable.clone()) {
                *skipped.entry(reason).or_default() += 1;
            }
        }
        Indexed {
            repo: request.repo.clone(),
            ref_name: short_name(&request.ref_name).to_owned(),
            commit: listing.commit.to_string(),
            files: listing.files.len() as u64,
            skipped,
            files_read: tally.read,
            chunks,
            chunks_stored: tally.stored,
            chunks_embedded: tally.embedded,
            millis: u64::try_from(tally.spent.as_millis()).unwrap_or(u64::MAX),
            mode: self.mode(),
            reason: self.reason(),
        }
    }

    /// Reads and cuts files from `at` on that are new, until a window is full.
    async fn next_window(
        &self,
        request: &IndexRequest,
        listing: &Listing,
        at: usize,
        planned: &mut HashSet<ChunkId>,
    ) -> Result<(Window, usize), KnowledgeError> {
        let with_vector = self.reason().is_none();
        let mut window = Window::default();
        let mut next = at;
        while next < listing.files.len() && window.chunks.len() < WINDOW {
            let batch_end = listing.files.len().min(next + FILES_PER_READ);
            let new: Vec<(BlobKey, BlobId, Language)> = {
                let state = self.read();
                let is_new = |key: &BlobKey| {
                    let whole = |blob: &Arc<BlobChunks>| {
                        blob.chunks.iter().all(|at| planned.contains(&at.chunk) || state.has(at.chunk, with_vector))
                    };
                    !state.blobs.get(key).is_some_and(whole)
                };
                let files = listing.files[next..batch_end].iter();
                let mut seen: HashSet<&BlobKey> = HashSet::new();
                files
                    .filter(|(file, ..)| seen.insert(&file.blob) && is_new(&file.blob))
                    .map(|(file, blob, language)| (file.blob.clone(), *blob, *language))
                    .collect()
            };
            next = batch_end;
            if new.is_empty() {
                continue;
            }
            let git_dir = request.git_dir.clone();
            for (key, language, blob, chunks) in tokio::task::spawn_blocking(move || cut_all(&git_dir, new)).await?? {
                let state = self.read();
                let fresh =
                    chunks.into_iter().filter(|chunk| !state.has(chunk.id, with_vector) && planned.insert(chunk.id));
                window.chunks.extend(fresh.map(|chunk| (chunk, language)));
                window.blobs.push((key, blob));
            }
        }
        Ok((window, next))
    }

    /// Embeds and stores a window: rows first, then the blobs that need them.
    async fn flush(&self, window: Window) -> Result<(u64, u64), KnowledgeError> {
        let texts = window.chunks.iter().map(|(chunk, _)| chunk.embedded_text()).collect();
        let vectors = if window.chunks.is_empty() { None } else { self.embed(texts).await? };
        let embedded = vectors.as_ref().map_or(0, Vec::len) as u64;
        let mut vectors = vectors.into_iter().flatten();
        let rows: Vec<Row> = window
            .chunks
            .into_iter()
            .map(|(chunk, language)| Row { chunk, language, vector: vectors.next() })
            .collect();
        self.table.store(&rows).await?;
        let mut state = self.write();
        state.stored.extend(rows.iter().map(|row| (row.chunk.id, row.vector.is_some())));
        state.blobs.append(window.blobs)?;
        Ok((rows.len() as u64, embedded))
    }

    /// Makes the commit the reference's indexed state; how many chunks it has.
    fn publish(&self, request: &IndexRequest, listing: &Listing) -> Result<u64, KnowledgeError> {
        let key = RefKey::new(&request.repo, &request.ref_name);
        let mut state = self.write();
        let old = state.heads.get(&key).cloned();
        let present: HashSet<&str> = listing.files.iter().map(|(file, ..)| file.path.as_str()).collect();
        let earlier = old.iter().flat_map(|head| head.generated.iter());
        let generated =
            earlier.chain(&request.generated).filter(|path| present.contains(path.as_str())).cloned().collect();
        let head = RefHead {
            git_dir: absolute(&request.git_dir),
            role: request.role,
            commit: listing.commit.to_string(),
            generation: old.as_ref().map_or(0, |head| head.generation) + 1,
            files: listing.files.iter().map(|(file, ..)| file.clone()).collect(),
            skipped: listing.skipped.clone(),
            generated,
            key: key.clone(),
        };
        let chunks: HashSet<ChunkId> = state.chunks_of(&head).collect();
        let same = |old: &RefHead| RefHead { generation: head.generation, ..old.clone() } == head;
        if !old.as_deref().is_some_and(same) {
            state.heads.put(head)?;
            // A run's branch is compared with the default branch, so every view of the repository may be old.
            state.views.retain(|viewed, _| viewed.repo != key.repo);
        }
        Ok(chunks.len() as u64)
    }
}

/// Walks the commit's tree.
fn list(request: &IndexRequest) -> Result<Listing, KnowledgeError> {
    let repo = Repo::open(Path::new(&request.git_dir))?;
    let commit = match &request.commit {
        Some(text) => text.parse::<CommitId>().map_err(|error| KnowledgeError::Invalid(error.to_string()))?,
        None => repo.resolve(&full_name(&request.ref_name))?.ok_or_else(|| KnowledgeError::MissingRef {
            repo: request.repo.clone(),
            ref_name: request.ref_name.clone(),
        })?,
    };
    let walked = repo.walk(commit)?;
    let mut listing = Listing { commit, files: Vec::new(), skipped: BTreeMap::new() };
    // Many files share a language: one string each.
    let mut names: HashMap<&'static str, Arc<str>> = HashMap::new();
    let mut skip = |reason: &str| *listing.skipped.entry(reason.to_owned()).or_default() += 1;
    for _ in &walked.skipped {
        skip("not_a_file");
    }
    for entry in walked.entries {
        if entry.mode == FileMode::Symlink {
            skip("not_a_file");
        } else if let Some(reason) = classify::skip(&entry.path, entry.size) {
            skip(reason);
        } else {
            let language = classify::language(&entry.path);
            let name = names.entry(language.name).or_insert_with(|| language.name.into()).clone();
            let blob = BlobKey { blob: entry.blob.to_string().into(), language: name };
            listing.files.push((RefFile { path: entry.path, blob }, entry.blob, language));
        }
    }
    Ok(listing)
}

/// A blob's key, its language, what the log says of it, and its chunks.
type CutBlob = (BlobKey, &'static str, BlobChunks, Vec<Chunk>);

fn cut_all(git_dir: &str, blobs: Vec<(BlobKey, BlobId, Language)>) -> Result<Vec<CutBlob>, KnowledgeError> {
    let repo = Repo::open(Path::new(git_dir))?;
    let cut = |(key, blob, language): (BlobKey, BlobId, Language)| {
        let bytes = repo.read_blob(blob)?;
        let (text, unreadable) = match text_of(bytes) {
            Ok(text) => (text, None),
            Err(reason) => (String::new(), Some(reason.to_owned())),
        };
        let chunks = chunk::cut(language, &text);
        let placed = chunks.iter().map(|chunk| Placed { chunk: chunk.id, lines: chunk.lines }).collect();
        let blob = BlobChunks { chunks: placed, generated: classify::says_generated(&text), unreadable };
        Ok((key, language.name, blob, chunks))
    };
    blobs.into_iter().map(cut).collect()
}

/// The text of a file, or why it has none.
fn text_of(bytes: Vec<u8>) -> Result<String, &'static str> {
    if bytes.iter().take(8_000).any(|byte| *byte == 0) {
        return Err("binary");
    }
    String::from_utf8(bytes).map_err(|_| "not_text")
}

/// The directory as a later process finds it.
fn absolute(git_dir: &str) -> String {
    std::path::absolute(git_dir).ok().and_then(|path| path.to_str().map(str::to_owned)).unwrap_or(git_dir.to_owned())
}
