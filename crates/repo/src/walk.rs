//! What a tree holds.

use git2::{ObjectType, Odb, Tree};

use crate::{BlobId, CommitId, Repo, RepoError, TreeId};

/// How deep a tree may be.
const MAX_DEPTH: usize = 128;

/// Kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileMode {
    /// `100644`.
    Regular,
    /// `100755`.
    Executable,
    /// `120000`; the blob is the target.
    Symlink,
}

/// A file in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Path from the root, `/`-separated.
    pub path: String,
    /// Its content.
    pub blob: BlobId,
    /// Its kind.
    pub mode: FileMode,
    /// Bytes.
    pub size: u64,
}

/// An entry that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Path from the root, with replacement characters where it is not UTF-8.
    pub path: String,
    /// Why.
    pub reason: &'static str,
}

/// All files below a tree, in Git's order, and what was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Files.
    pub entries: Vec<TreeEntry>,
    /// Submodules and paths that are not UTF-8.
    pub skipped: Vec<Skipped>,
}

/// One level of a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Level {
    /// Files and folders.
    pub entries: Vec<LevelEntry>,
    /// Submodules and names that are not UTF-8.
    pub skipped: Vec<Skipped>,
}

/// A file or folder in one level of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelEntry {
    /// Its name, without the path.
    pub name: String,
    /// What it is.
    pub kind: LevelKind,
}

/// What an entry of a tree is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LevelKind {
    /// A folder: equal ids mean equal content, all the way down.
    Tree(TreeId),
    /// A file.
    File {
        /// Its content.
        blob: BlobId,
        /// Its kind.
        mode: FileMode,
        /// Bytes.
        size: u64,
    },
}

impl Repo {
    /// The root tree of a commit.
    ///
    /// # Errors
    /// The commit is not there.
    pub fn tree_of(&self, commit: CommitId) -> Result<TreeId, RepoError> {
        let commit = self.git.find_commit(commit.oid()).map_err(RepoError::lookup("commit", commit))?;
        Ok(TreeId::new(commit.tree_id()))
    }

    /// All files of a commit.
    ///
    /// # Errors
    /// An object is not there, or the tree is more than 128 levels deep.
    pub fn walk(&self, commit: CommitId) -> Result<Listing, RepoError> {
        self.walk_where(commit, &|_| true)
    }

    /// All files below a tree.
    ///
    /// # Errors
    /// An object is not there, or the tree is more than 128 levels deep.
    pub fn walk_files(&self, tree: TreeId) -> Result<Listing, RepoError> {
        let mut listing = Listing::default();
        self.collect(tree, "", 0, &|_| true, &mut listing)?;
        Ok(listing)
    }

    /// The files of a commit, without the folders that `enter` turns down.
    pub(crate) fn walk_where(&self, commit: CommitId, enter: &dyn Fn(&str) -> bool) -> Result<Listing, RepoError> {
        let mut listing = Listing::default();
        self.collect(self.tree_of(commit)?, "", 0, enter, &mut listing)?;
        Ok(listing)
    }

    /// One level of a tree, with the ids of its folders, so that a caller skips what it has seen.
    ///
    /// # Errors
    /// The tree is not there.
    pub fn walk_tree(&self, tree: TreeId) -> Result<Level, RepoError> {
        let odb = self.git.odb().map_err(RepoError::git("open the object store"))?;
        level(&odb, &self.find_tree(tree)?)
    }

    pub(crate) fn find_tree(&self, tree: TreeId) -> Result<Tree<'_>, RepoError> {
        self.git.find_tree(tree.oid()).map_err(RepoError::lookup("tree", tree))
    }

    fn collect(
        &self,
        tree: TreeId,
        prefix: &str,
        depth: usize,
        enter: &dyn Fn(&str) -> bool,
        listing: &mut Listing,
    ) -> Result<(), RepoError> {
        if depth > MAX_DEPTH {
            return Err(RepoError::TooLarge { what: format!("folder depth of {prefix}"), limit: MAX_DEPTH as u64 });
        }
        let level = self.walk_tree(tree)?;
        for skipped in level.skipped {
            listing.skipped.push(Skipped { path: format!("{prefix}{}", skipped.path), ..skipped });
        }
        for entry in level.entries {
            let path = format!("{prefix}{}", entry.name);
            match entry.kind {
                LevelKind::Tree(id) if enter(&path) => {
                    self.collect(id, &format!("{path}/"), depth + 1, enter, listing)?;
                }
                LevelKind::Tree(_) => {}
                LevelKind::File { blob, mode, size } => listing.entries.push(TreeEntry { path, blob, mode, size }),
            }
        }
        Ok(())
    }
}

fn level(odb: &Odb<'_>, tree: &Tree<'_>) -> Result<Level, RepoError> {
    let mut level = Level::default();
    for entry in tree {
        let skip = |reason| Skipped { path: String::from_utf8_lossy(entry.name_bytes()).into_owned(), reason };
        let Ok(name) = entry.name() else {
            level.skipped.push(skip("the name is not UTF-8"));
            continue;
        };
        let kind = match (entry.kind(), entry.filemode()) {
            (Some(ObjectType::Tree), _) => LevelKind::Tree(TreeId::new(entry.id())),
            (Some(ObjectType::Blob), mode) => {
                let blob = BlobId::new(entry.id());
                let (size, _) = odb.read_header(entry.id()).map_err(RepoError::lookup("blob", blob))?;
                LevelKind::File { blob, mode: file_mode(mode), size: size as u64 }
            }
            _ => {
                level.skipped.push(skip("it is a submodule"));
                continue;
            }
        };
        level.entries.push(LevelEntry { name: name.to_owned(), kind });
    }
    Ok(level)
}

fn file_mode(mode: i32) -> FileMode {
    match mode {
        0o120_000 => FileMode::Symlink,
        0o100_755 => FileMode::Executable,
        _ => FileMode::Regular,
    }
}

#[cfg(test)]
mod tests {
    use super::{FileMode, LevelKind};
    use crate::scratch::Scratch;

    #[test]
    fn files_are_listed_with_sizes_and_what_cannot_be_is_reported() {
        let scratch = Scratch::new();
        let tree = scratch.raw_tree(&[
            (b"a.txt", 0o100_644, b"12345"),
            (b"b\xff", 0o100_644, b"x"),
            (b"link", 0o120_000, b"a.txt"),
            (b"run.sh", 0o100_755, b"#!"),
        ]);
        let tip = scratch.commit_tree(tree);
        let listing = scratch.repo.walk(tip).expect("walks");
        let found: Vec<_> = listing.entries.iter().map(|e| (e.path.as_str(), e.mode, e.size)).collect();
        assert_eq!(
            found,
            [("a.txt", FileMode::Regular, 5), ("link", FileMode::Symlink, 5), ("run.sh", FileMode::Executable, 2)]
        );
        assert_eq!(listing.skipped.len(), 1);
        assert_eq!(listing.skipped[0].reason, "the name is not UTF-8");
    }

    #[test]
    fn an_unchanged_folder_keeps_its_tree_id() {
        let scratch = Scratch::new();
        let one = scratch.commit(&[("src/a", "1"), ("b", "1")]);
        let two = scratch.commit(&[("b", "2")]);
        let folder = |commit| {
            let level = scratch.repo.walk_tree(scratch.repo.tree_of(commit).expect("tree")).expect("level");
            level.entries.into_iter().find_map(|e| match e.kind {
                LevelKind::Tree(id) => Some(id),
                LevelKind::File { .. } => None,
            })
        };
        assert!(folder(one).is_some());
        assert_eq!(folder(one), folder(two));
    }
}
