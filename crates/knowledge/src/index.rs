//! An open index: the truth, the table and the model, and who may use them when.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use forgeline_model::knowledge::{ForgetRequest, Forgotten, RefStatus, SearchMode, Status};
use forgeline_repo::{CommitId, Repo};

use crate::{
    KnowledgeError,
    chunk::{ChunkId, under},
    embed::{BATCH, Embedder, ModelFiles},
    indexing::Tally,
    lock::DirLock,
    runtime::LibrarySource,
    search::RefView,
    table::ChunkTable,
    truth::{BlobKey, BlobLog, RefHead, RefHeads, RefKey, short_name},
};

/// Rows that nothing needs any more are kept for a revert or a branch that comes back, up to this part of all.
const MOST_DEAD: f64 = 0.5;
/// And never removed below this number, which costs nothing to keep.
const FEW_DEAD: usize = 2_000;
/// Most commits that are counted to say how far a reference has moved.
const MOST_BEHIND: usize = 1_000;

/// Where an index lies and what it works with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The index directory.
    pub dir: PathBuf,
    /// The embedding model's directory.
    pub model: PathBuf,
    /// ONNX Runtime.
    pub library: LibrarySource,
}

/// An open index. Searching and indexing go on at the same time; indexing waits for other indexing.
pub struct Index {
    _lock: DirLock,
    pub(crate) table: ChunkTable,
    embedder: Result<Arc<Mutex<Embedder>>, String>,
    fingerprint: String,
    state: RwLock<State>,
    /// One writer at a time.
    pub(crate) writer: tokio::sync::Mutex<()>,
}

/// What changes. Never held over an await.
pub(crate) struct State {
    pub(crate) heads: RefHeads,
    pub(crate) blobs: BlobLog,
    /// The rows of the table, with whether they have a vector.
    pub(crate) stored: HashMap<ChunkId, bool>,
    /// Made when a reference is first searched, valid for its generation.
    pub(crate) views: HashMap<RefKey, Arc<RefView>>,
    /// References whose indexing goes on with the next request.
    pub(crate) unfinished: HashMap<RefKey, Tally>,
}

impl Index {
    /// Opens an index directory, which is made when it is missing. Without embeddings the index still works, by words.
    ///
    /// # Errors
    /// Another process has it, or it cannot be read or written.
    pub async fn open(setup: &Setup) -> Result<Self, KnowledgeError> {
        let lock = DirLock::take(&setup.dir)?;
        let (fingerprint, embedder) = load_model(setup);
        if let Err(reason) = &embedder {
            tracing::warn!(%reason, "no search by meaning");
        }
        let table = ChunkTable::open(&setup.dir, &fingerprint).await?;
        let state = State {
            heads: RefHeads::open(&setup.dir)?,
            blobs: BlobLog::open(&setup.dir)?,
            stored: table.ids().await?,
            views: HashMap::new(),
            unfinished: HashMap::new(),
        };
        Ok(Self {
            _lock: lock,
            table,
            embedder,
            fingerprint,
            state: RwLock::new(state),
            writer: tokio::sync::Mutex::new(()),
        })
    }

    /// What the index holds.
    ///
    /// # Errors
    /// Never for now; a repository that cannot be read shows as a reference without a head.
    pub fn status(&self) -> Result<Status, KnowledgeError> {
        let state = self.read();
        let refs = state.heads.iter().map(|head| RefStatus {
            repo: head.key.repo.clone(),
            ref_name: head.key.ref_name.clone(),
            role: head.role,
            commit: head.commit.clone(),
            head: present_head(head),
            generation: head.generation,
            files: head.files.len() as u64,
            missing: state.missing(head, self.embedder.is_ok()) as u64,
        });
        Ok(Status {
            mode: self.mode(),
            reason: self.reason(),
            model: self.fingerprint.clone(),
            chunks: state.stored.len() as u64,
            refs: refs.collect(),
        })
    }

    /// The texts that were given to the model, for measuring it alone.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn embedded_texts(&self) -> Result<Vec<String>, KnowledgeError> {
        let ids: Vec<ChunkId> = self.read().stored.keys().copied().collect();
        let stored = self.table.texts(&ids).await?;
        Ok(stored.into_values().map(|stored| under(&stored.breadcrumb, &stored.text)).collect())
    }

    /// Leaves references out, and with them the chunks that nothing else needs.
    ///
    /// # Errors
    /// There is no such reference, or a file or the table cannot be written.
    pub async fn forget(&self, request: &ForgetRequest) -> Result<Forgotten, KnowledgeError> {
        let _writer = self.writer.lock().await;
        let keys: Vec<RefKey> = {
            let state = self.read();
            let meant = |key: &RefKey| {
                key.repo == request.repo
                    && request.ref_name.as_ref().is_none_or(|name| short_name(name) == key.ref_name)
            };
            state.heads.iter().map(|head| head.key.clone()).filter(meant).collect()
        };
        if keys.is_empty() {
            let what = match &request.ref_name {
                Some(ref_name) => format!("reference `{ref_name}` of `{}`", request.repo),
                None => format!("repository `{}`", request.repo),
            };
            return Err(KnowledgeError::NotIndexed { what, known: self.read().known() });
        }
        {
            let mut state = self.write();
            for key in &keys {
                state.heads.remove(key)?;
                state.views.remove(key);
            }
        }
        let chunks = self.sweep(0).await?;
        self.table.tend().await?;
        Ok(Forgotten { refs: keys.len() as u64, chunks })
    }

    /// Removes what no reference needs, when it is more than `bearable` rows. The caller holds the writer lock.
    async fn sweep(&self, bearable: usize) -> Result<u64, KnowledgeError> {
        let dead: Vec<ChunkId> = {
            let mut state = self.write();
            let live = state.live_chunks();
            let dead: Vec<ChunkId> = state.stored.keys().filter(|id| !live.contains(id)).copied().collect();
            if dead.len() <= bearable && bearable > 0 {
                return Ok(0);
            }
            // The log first: a blob that it does not know is cut again, a row that is missing is embedded again.
            let heads: Vec<Arc<RefHead>> = state.heads.iter().cloned().collect();
            let live: HashSet<&BlobKey> =
                heads.iter().flat_map(|head| head.files.iter().map(|file| &file.blob)).collect();
            if live.len() < state.blobs.len() {
                state.blobs.retain(&live)?;
            }
            for id in &dead {
                state.stored.remove(id);
            }
            dead
        };
        self.table.remove(&dead).await?;
        Ok(dead.len() as u64)
    }

    /// After indexing: indexes, compaction, rows that nobody needs, tables of models that nobody needs.
    pub(crate) async fn tend(&self) -> Result<(), KnowledgeError> {
        let (rows, all_here) = {
            let state = self.read();
            let all_here = state.heads.iter().all(|head| state.missing(head, self.embedder.is_ok()) == 0);
            (state.stored.len(), all_here)
        };
        self.sweep(FEW_DEAD.max((rows as f64 * MOST_DEAD) as usize)).await?;
        self.table.tend().await?;
        if all_here {
            self.table.remove_others().await?;
        }
        Ok(())
    }

    pub(crate) fn mode(&self) -> SearchMode {
        if self.embedder.is_ok() { SearchMode::Hybrid } else { SearchMode::Keywords }
    }

    pub(crate) fn reason(&self) -> Option<String> {
        self.embedder.as_ref().err().cloned()
    }

    /// The vectors of these texts; none without embeddings. The model is free for a question between two batches.
    pub(crate) async fn embed(&self, texts: Vec<String>) -> Result<Option<Vec<Vec<f32>>>, KnowledgeError> {
        let Ok(embedder) = &self.embedder else { return Ok(None) };
        let embedder = embedder.clone();
        let work = move || {
            let mut order: Vec<usize> = (0..texts.len()).collect();
            order.sort_by_key(|&index| texts[index].len());
            let mut vectors = vec![Vec::new(); texts.len()];
            for batch in order.chunks(BATCH) {
                let batch_texts: Vec<String> = batch.iter().map(|&index| texts[index].clone()).collect();
                let embedded = lock(&embedder).embed(&batch_texts)?;
                for (&index, vector) in batch.iter().zip(embedded) {
                    vectors[index] = vector;
                }
            }
            Ok(Some(vectors))
        };
        tokio::task::spawn_blocking(work).await?
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock(embedder: &Mutex<Embedder>) -> MutexGuard<'_, Embedder> {
    embedder.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Chunks of a reference that the table does not hold as they should be.
    pub(crate) fn missing(&self, head: &RefHead, with_vector: bool) -> usize {
        let chunks: BTreeSet<ChunkId> = self.chunks_of(head).collect();
        chunks.iter().filter(|id| !self.has(**id, with_vector)).count()
    }

    /// Whether a chunk is stored, and with a vector if it should be.
    pub(crate) fn has(&self, id: ChunkId, with_vector: bool) -> bool {
        self.stored.get(&id).is_some_and(|embedded| *embedded || !with_vector)
    }

    /// All chunks of a reference, as often as they occur.
    pub(crate) fn chunks_of(&self, head: &RefHead) -> impl Iterator<Item = ChunkId> {
        let blobs = head.files.iter().filter_map(|file| self.blobs.get(&file.blob));
        blobs.flat_map(|blob| blob.chunks.iter().map(|placed| placed.chunk))
    }

    fn live_chunks(&self) -> HashSet<ChunkId> {
        self.heads.iter().flat_map(|head| self.chunks_of(head)).collect()
    }

    /// What is indexed, for messages.
    pub(crate) fn known(&self) -> Vec<String> {
        self.heads.iter().take(10).map(|head| format!("{} {}", head.key.repo, head.key.ref_name)).collect()
    }
}

/// The table's name and the model, or why there is none.
fn load_model(setup: &Setup) -> (String, Result<Arc<Mutex<Embedder>>, String>) {
    match ModelFiles::read(&setup.model) {
        Ok(files) => {
            let fingerprint = files.fingerprint().to_owned();
            let embedder = Embedder::from_files(&setup.library, files);
            (fingerprint, embedder.map(|embedder| Arc::new(Mutex::new(embedder))))
        }
        Err(reason) => ("none".to_owned(), Err(reason)),
    }
}

/// The full name of a reference.
pub(crate) fn full_name(ref_name: &str) -> String {
    if ref_name.starts_with("refs/") || ref_name == "HEAD" {
        ref_name.to_owned()
    } else {
        format!("refs/heads/{ref_name}")
    }
}

/// What a reference names now.
pub(crate) fn present_head(head: &RefHead) -> Option<String> {
    let repo = Repo::open(Path::new(&head.git_dir)).ok()?;
    repo.resolve(&full_name(&head.key.ref_name)).ok()?.map(|commit| commit.to_string())
}

/// How many commits a reference has moved on; none when that is unknown.
pub(crate) fn behind(head: &RefHead, present: &str) -> Option<u64> {
    if head.commit == present {
        return Some(0);
    }
    let (from, to): (CommitId, CommitId) = (head.commit.parse().ok()?, present.parse().ok()?);
    let repo = Repo::open(Path::new(&head.git_dir)).ok()?;
    repo.log(to, Some(from), MOST_BEHIND).ok().map(|commits| commits.len() as u64)
}
