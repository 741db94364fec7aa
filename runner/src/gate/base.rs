//! The tree that a proposal goes on top of.

use std::collections::BTreeMap;

/// What a path of the base is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseEntry {
    /// A regular file.
    File,
    /// A regular file that can be run.
    Executable,
    /// A symbolic link.
    Symlink,
    /// A submodule.
    Submodule,
}

/// Every path of the base tree; folders follow from them.
#[derive(Debug, Clone, Default)]
pub struct BaseTree {
    id: String,
    entries: BTreeMap<String, BaseEntry>,
}

impl BaseTree {
    /// The tree with this id, 40 hex digits, and these entries.
    pub fn new<S: Into<String>>(id: impl Into<String>, entries: impl IntoIterator<Item = (S, BaseEntry)>) -> Self {
        Self { id: id.into(), entries: entries.into_iter().map(|(path, entry)| (path.into(), entry)).collect() }
    }

    /// Its id, 40 hex digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What lies at this path, unless it is a folder or nothing.
    pub fn entry(&self, path: &str) -> Option<BaseEntry> {
        self.entries.get(path).copied()
    }

    /// Whether this path is a folder.
    pub fn is_folder(&self, path: &str) -> bool {
        let prefix = format!("{path}/");
        self.entries.range(prefix.clone()..).next().is_some_and(|(first, _)| first.starts_with(&prefix))
    }

    /// All paths in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }
}
