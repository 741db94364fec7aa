//! Which files a reference has, at the commit that is indexed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use forgeline_model::knowledge::RefRole;
use serde::{Deserialize, Serialize};

use super::{BlobKey, replace};
use crate::KnowledgeError;

/// A reference of a repository; a branch is named without `refs/heads/`, however it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct RefKey {
    pub(crate) repo: String,
    pub(crate) ref_name: String,
}

impl RefKey {
    pub(crate) fn new(repo: &str, ref_name: &str) -> Self {
        Self { repo: repo.to_owned(), ref_name: short_name(ref_name).to_owned() }
    }
}

/// The one name under which a reference is kept.
pub(crate) fn short_name(ref_name: &str) -> &str {
    ref_name.strip_prefix("refs/heads/").unwrap_or(ref_name)
}

/// A file of a reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefFile {
    pub(crate) path: String,
    pub(crate) blob: BlobKey,
}

/// The indexed state of a reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefHead {
    #[serde(flatten)]
    pub(crate) key: RefKey,
    pub(crate) git_dir: String,
    pub(crate) role: RefRole,
    pub(crate) commit: String,
    /// Raised with every indexing, so that what was derived from an older one is known to be old.
    pub(crate) generation: u64,
    pub(crate) files: Vec<RefFile>,
    /// Files left out, by reason.
    pub(crate) skipped: BTreeMap<String, u64>,
    /// Paths that merged runs wrote.
    pub(crate) generated: BTreeSet<String>,
}

/// All indexed references, in memory and on disk.
#[derive(Debug)]
pub(crate) struct RefHeads {
    dir: PathBuf,
    heads: BTreeMap<RefKey, Arc<RefHead>>,
}

impl RefHeads {
    pub(crate) fn open(index: &Path) -> Result<Self, KnowledgeError> {
        let dir = index.join("refs");
        fs::create_dir_all(&dir).map_err(KnowledgeError::io("create", &dir))?;
        let mut heads = BTreeMap::new();
        for entry in fs::read_dir(&dir).map_err(KnowledgeError::io("read", &dir))? {
            let path = entry.map_err(KnowledgeError::io("read", &dir))?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let bytes = fs::read(&path).map_err(KnowledgeError::io("read", &path))?;
            match serde_json::from_slice::<RefHead>(&bytes) {
                Ok(head) => _ = heads.insert(head.key.clone(), Arc::new(head)),
                // Someone else's doing: writes are atomic. Indexing the reference again replaces it.
                Err(error) => tracing::warn!(path = %path.display(), %error, "a reference of the index is unreadable"),
            }
        }
        Ok(Self { dir, heads })
    }

    pub(crate) fn get(&self, key: &RefKey) -> Option<&Arc<RefHead>> {
        self.heads.get(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<RefHead>> {
        self.heads.values()
    }

    /// The reference that is searched when a question names none.
    pub(crate) fn default_of(&self, repo: &str) -> Option<&Arc<RefHead>> {
        self.iter().find(|head| head.key.repo == repo && head.role == RefRole::Default)
    }

    /// Stores a reference. A new default branch takes the place of the old one, which stays as a branch.
    pub(crate) fn put(&mut self, head: RefHead) -> Result<(), KnowledgeError> {
        if head.role == RefRole::Default {
            let others: Vec<_> = self
                .iter()
                .filter(|other| other.key.repo == head.key.repo && other.key != head.key)
                .filter(|other| other.role == RefRole::Default)
                .map(|other| RefHead { role: RefRole::Branch, ..RefHead::clone(other) })
                .collect();
            for other in others {
                self.write(other)?;
            }
        }
        self.write(head)
    }

    fn write(&mut self, head: RefHead) -> Result<(), KnowledgeError> {
        let bytes = serde_json::to_vec(&head).expect("string keys only");
        replace(&self.path(&head.key), &bytes)?;
        self.heads.insert(head.key.clone(), Arc::new(head));
        Ok(())
    }

    /// Removes a reference; it is no error when there is none.
    pub(crate) fn remove(&mut self, key: &RefKey) -> Result<(), KnowledgeError> {
        let path = self.path(key);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(KnowledgeError::io("remove", &path)(error));
            }
            _ => {}
        }
        self.heads.remove(key);
        Ok(())
    }

    fn path(&self, key: &RefKey) -> PathBuf {
        let name = blake3::hash(format!("{}\0{}", key.repo, key.ref_name).as_bytes()).to_hex();
        self.dir.join(format!("{}.json", &name[..32]))
    }
}
