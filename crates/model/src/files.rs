//! A set of files read from one place: a commit, a directory, or the binary.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Digest;

/// Files by `/`-separated path, with a word on where they come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSet {
    /// Where the files come from, for people: `acme/factory@1a2b3c`, `./factory (working tree)`, `built in`.
    pub origin: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl FileSet {
    /// An empty set from this origin.
    pub fn new(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), files: BTreeMap::new() }
    }

    /// Adds or replaces a file.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), bytes.into());
    }

    /// A file's bytes.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// All files in path order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The files below `folder`, their paths made relative to it.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        let prefix = format!("{}/", folder.trim_end_matches('/'));
        let files = self
            .files
            .range(prefix.clone()..)
            .map_while(|(path, bytes)| Some((path.strip_prefix(&prefix)?.to_owned(), bytes.clone())))
            .collect();
        Self { origin: self.origin.clone(), files }
    }

    /// The names of the folders directly below `folder`.
    pub fn folders(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> =
            self.below(folder).files.keys().filter_map(|path| Some(path.split_once('/')?.0.to_owned())).collect();
        names.dedup();
        names
    }

    /// The digest of paths and contents; where they come from does not count.
    pub fn digest(&self) -> Digest {
        #[derive(Serialize)]
        struct Entry<'a>(&'a str, Digest);
        Digest::of(&self.iter().map(|(path, bytes)| Entry(path, Digest::of_bytes(bytes))).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::FileSet;

    #[test]
    fn a_folder_is_a_set_of_its_own() {
        let mut files = FileSet::new("test");
        files.insert("agents/a/agent.yaml", "1");
        files.insert("agents/a/templates/x.hbs", "2");
        files.insert("agents/b/agent.yaml", "3");
        files.insert("agents.md", "4");
        assert_eq!(files.folders("agents"), ["a", "b"]);
        let below = files.below("agents/a");
        assert_eq!(below.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["agent.yaml", "templates/x.hbs"]);
        assert_ne!(below.digest(), files.below("agents/b").digest());
    }
}
