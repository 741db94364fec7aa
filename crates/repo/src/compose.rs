//! Making a tree from a base and changes, without a work tree.
//!
//! Regular files only. Nothing is written through a symbolic link or a submodule of the base, and no two paths of the
//! result are the same on a file system that ignores case or Unicode form.

use std::collections::BTreeMap;

use forgeline_model::SafePath;
use git2::{Oid, Tree};
use unicode_normalization::UnicodeNormalization;

use crate::{CommitId, Repo, RepoError, TreeId};

const REGULAR: i32 = 0o100_644;
const EXECUTABLE: i32 = 0o100_755;
const FOLDER: i32 = 0o040_000;
const SYMLINK: i32 = 0o120_000;

/// What to do with a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Create or replace the file. A file that was executable stays so; a new one is not.
    Write(Vec<u8>),
    /// Remove the file; one that is not there is no error.
    Delete,
}

/// Why a tree is refused.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The path, or a parent of it, is a symbolic link in the base.
    #[error("`{path}` is refused: `{link}` is a symbolic link in the base; write to its target instead")]
    ThroughSymlink {
        /// The path to change.
        path: String,
        /// The link.
        link: String,
    },
    /// The path, or a parent of it, is a submodule in the base.
    #[error("`{path}` is refused: `{module}` is a submodule in the base; change it in its own repository")]
    ThroughSubmodule {
        /// The path to change.
        path: String,
        /// The submodule.
        module: String,
    },
    /// A file stands where a folder is needed, or the other way round.
    #[error("`{path}` is refused: `{other}` would be a file and a folder at once; delete one of them")]
    FileAndFolder {
        /// The path to change.
        path: String,
        /// The one in the way.
        other: String,
    },
    /// Two names are the same where case or Unicode form does not count.
    #[error("`{path}` is refused: it is the same as `{other}` where letter case does not count; use one spelling")]
    CaseCollision {
        /// The path to write.
        path: String,
        /// The existing one.
        other: String,
    },
    /// The repository failed.
    #[error(transparent)]
    Repo(#[from] RepoError),
}

/// The changes at and below one name.
#[derive(Default)]
struct Node<'a> {
    change: Option<&'a Change>,
    children: BTreeMap<&'a str, Node<'a>>,
}

impl Repo {
    /// The tree of `base`, or the empty one, with `changes` applied. Objects are written, no reference moves.
    ///
    /// # Errors
    /// A change is refused, or the base is not there.
    pub fn compose(
        &self,
        base: Option<CommitId>,
        changes: &BTreeMap<SafePath, Change>,
    ) -> Result<TreeId, ComposeError> {
        let mut root = Node::default();
        for (path, change) in changes {
            let mut node = &mut root;
            for name in path.as_str().split('/') {
                node = node.children.entry(name).or_default();
            }
            node.change = Some(change);
        }
        let base = base.map(|commit| self.tree_of(commit)).transpose()?;
        let base = base.map(|tree| self.find_tree(tree)).transpose()?;
        match self.compose_folder(base.as_ref(), &root, "")? {
            Some(tree) => Ok(TreeId::new(tree)),
            None => self.empty_tree().map_err(ComposeError::Repo),
        }
    }

    /// The tree without entries.
    pub(crate) fn empty_tree(&self) -> Result<TreeId, RepoError> {
        let failed = || RepoError::git("write the empty tree");
        let builder = self.git.treebuilder(None).map_err(failed())?;
        builder.write().map(TreeId::new).map_err(failed())
    }

    /// `None` when nothing is left in it.
    fn compose_folder(
        &self,
        base: Option<&Tree<'_>>,
        node: &Node<'_>,
        prefix: &str,
    ) -> Result<Option<Oid>, ComposeError> {
        let failed = |path: &str| RepoError::git(format!("build the tree for `{path}`"));
        let mut builder = self.git.treebuilder(base).map_err(failed(prefix))?;
        for (name, child) in &node.children {
            let path = format!("{prefix}{name}");
            let existing = base.and_then(|tree| tree.get_name(name)).map(|entry| (entry.filemode(), entry.id()));
            refuse_special(existing.map(|(mode, _)| mode), &path, child)?;
            match self.compose_entry(existing, child, &path)? {
                Some((oid, mode)) => {
                    builder.insert(name, oid, mode).map_err(failed(&path))?;
                }
                None if existing.is_some() => builder.remove(name).map_err(failed(&path))?,
                None => {}
            }
        }
        if builder.is_empty() {
            return Ok(None);
        }
        let tree = builder.write().map_err(failed(prefix))?;
        self.refuse_collisions(tree, node, prefix)?;
        Ok(Some(tree))
    }

    fn compose_entry(
        &self,
        existing: Option<(i32, Oid)>,
        node: &Node<'_>,
        path: &str,
    ) -> Result<Option<(Oid, i32)>, ComposeError> {
        let conflict = |path: String, other: &str| ComposeError::FileAndFolder { path, other: other.to_owned() };
        let base_folder = existing.filter(|(mode, _)| *mode == FOLDER).map(|(_, oid)| oid);
        let base_file = existing.filter(|(mode, _)| *mode != FOLDER);
        // Files below this path.
        let folder = if node.children.is_empty() {
            base_folder
        } else {
            if base_file.is_some() && node.change != Some(&Change::Delete) && writes_below(node) {
                return Err(conflict(first_path(node, path), path));
            }
            let base = base_folder.map(|oid| self.find_tree(TreeId::new(oid))).transpose()?;
            self.compose_folder(base.as_ref(), node, &format!("{path}/"))?
        };
        // The path itself as a file.
        match (node.change, folder) {
            (Some(_), Some(_)) if base_folder.is_some() => Err(conflict(path.to_owned(), path)),
            (Some(Change::Write(_)), Some(_)) => Err(conflict(first_path(node, path), path)),
            (Some(Change::Write(bytes)), None) => {
                let blob = self.git.blob(bytes).map_err(RepoError::git(format!("write `{path}`")))?;
                let mode = if base_file.is_some_and(|(mode, _)| mode == EXECUTABLE) { EXECUTABLE } else { REGULAR };
                Ok(Some((blob, mode)))
            }
            (Some(Change::Delete) | None, Some(tree)) => Ok(Some((tree, FOLDER))),
            (Some(Change::Delete), None) => Ok(None),
            (None, None) => Ok(base_file.map(|(mode, oid)| (oid, mode))),
        }
    }

    /// Every name that is written must be alone with its folded form in its folder.
    fn refuse_collisions(&self, tree: Oid, node: &Node<'_>, prefix: &str) -> Result<(), ComposeError> {
        let written = |name: &str| node.children.get(name).is_some_and(writes_at_or_below);
        let tree = self.find_tree(TreeId::new(tree))?;
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for entry in &tree {
            let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
            if let Some(other) = seen.insert(folded(&name), name.clone()) {
                // Two names of the base that nobody touches are the base's own affair.
                let (path, other) = if written(&name) { (name, other) } else { (other, name) };
                if written(&path) {
                    return Err(ComposeError::CaseCollision {
                        path: format!("{prefix}{path}"),
                        other: format!("{prefix}{other}"),
                    });
                }
            }
        }
        Ok(())
    }
}

fn refuse_special(mode: Option<i32>, path: &str, node: &Node<'_>) -> Result<(), ComposeError> {
    let (path, other) = (first_path(node, path), path.to_owned());
    match mode {
        Some(SYMLINK) => Err(ComposeError::ThroughSymlink { path, link: other }),
        Some(REGULAR | EXECUTABLE | FOLDER) | None => Ok(()),
        Some(_) => Err(ComposeError::ThroughSubmodule { path, module: other }),
    }
}

/// The first changed path at or below a node, for the message.
fn first_path(node: &Node<'_>, path: &str) -> String {
    match node.children.iter().next() {
        Some((name, child)) => first_path(child, &format!("{path}/{name}")),
        None => path.to_owned(),
    }
}

fn writes_below(node: &Node<'_>) -> bool {
    node.children.values().any(writes_at_or_below)
}

fn writes_at_or_below(node: &Node<'_>) -> bool {
    matches!(node.change, Some(Change::Write(_))) || writes_below(node)
}

/// A form in which names, or paths, that some file system holds for the same are equal.
pub fn folded(name: &str) -> String {
    name.nfc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Change, ComposeError};
    use crate::{CommitId, FileMode, scratch::Scratch};

    fn compose(
        scratch: &Scratch,
        base: Option<CommitId>,
        changes: &[(&str, Option<&str>)],
    ) -> Result<Vec<String>, String> {
        let changes: BTreeMap<_, _> = changes
            .iter()
            .map(|(path, text)| {
                let change = text.map_or(Change::Delete, |text| Change::Write(text.into()));
                (path.parse().expect("safe path"), change)
            })
            .collect();
        let tree = scratch.repo.compose(base, &changes).map_err(|error| match error {
            ComposeError::ThroughSymlink { link, .. } => format!("symlink {link}"),
            ComposeError::ThroughSubmodule { module, .. } => format!("submodule {module}"),
            ComposeError::FileAndFolder { other, .. } => format!("file and folder {other}"),
            ComposeError::CaseCollision { path, other } => format!("{path} is {other}"),
            ComposeError::Repo(error) => panic!("{error}"),
        })?;
        scratch.git(&["fsck", "--strict"]);
        let listing = scratch.repo.walk(scratch.commit_tree(tree)).expect("walks");
        Ok(listing
            .entries
            .into_iter()
            .map(|e| format!("{}{}", e.path, if e.mode == FileMode::Executable { "*" } else { "" }))
            .collect())
    }

    #[test]
    fn files_are_written_replaced_and_deleted() {
        let scratch = Scratch::new();
        let base = scratch.commit(&[("a", "1"), ("src/b", "2"), ("src/deep/c", "3")]);
        let base = Some(base);
        #[track_caller]
        fn check(result: Result<Vec<String>, String>, expected: &[&str]) {
            assert_eq!(result.expect("accepted"), expected);
        }
        check(compose(&scratch, None, &[]), &[]);
        check(compose(&scratch, None, &[("x/y/z", Some("1"))]), &["x/y/z"]);
        check(compose(&scratch, base, &[("new", Some("1"))]), &["a", "new", "src/b", "src/deep/c"]);
        check(compose(&scratch, base, &[("src/deep/c", None)]), &["a", "src/b"]);
        check(compose(&scratch, base, &[("none/x", None), ("src/none", None)]), &["a", "src/b", "src/deep/c"]);
        check(compose(&scratch, base, &[("a/none", None)]), &["a", "src/b", "src/deep/c"]);
        check(compose(&scratch, base, &[("a", None), ("src/b", None), ("src/deep/c", None)]), &[]);
        check(compose(&scratch, base, &[("a", None), ("a/x", Some("1"))]), &["a/x", "src/b", "src/deep/c"]);
        check(compose(&scratch, base, &[("src/deep", Some("1")), ("src/deep/c", None)]), &["a", "src/b", "src/deep"]);
        check(compose(&scratch, base, &[("a", None), ("A", Some("1"))]), &["A", "src/b", "src/deep/c"]);
    }

    #[test]
    fn hostile_changes_are_refused() {
        let scratch = Scratch::new();
        let module = scratch.commit(&[("x", "1")]);
        let tree = scratch.raw_tree(&[
            (b"Readme.md", 0o100_644, b"1"),
            (b"file", 0o100_644, b"1"),
            (b"folder", 0o040_000, b""),
            (b"gro\xc3\x9f", 0o100_644, b"1"),
            (b"link", 0o120_000, b"/etc"),
            (b"module", 0o160_000, module.to_string().as_bytes()),
            (b"nfd-e\xcc\x81", 0o100_644, b"1"),
            (b"run.sh", 0o100_755, b"1"),
        ]);
        let base = Some(scratch.commit_tree(tree));
        let refused = |changes: &[(&str, Option<&str>)]| compose(&scratch, base, changes).expect_err("refused");
        let write = Some("1");
        assert_eq!(refused(&[("link", write)]), "symlink link");
        assert_eq!(refused(&[("link/passwd", write)]), "symlink link");
        assert_eq!(refused(&[("link", None)]), "symlink link");
        assert_eq!(refused(&[("module/x", write)]), "submodule module");
        assert_eq!(refused(&[("module", write)]), "submodule module");
        assert_eq!(refused(&[("file/x", write)]), "file and folder file");
        assert_eq!(refused(&[("folder", write)]), "file and folder folder");
        assert_eq!(refused(&[("folder", None)]), "file and folder folder");
        assert_eq!(refused(&[("n", write), ("n/x", write)]), "file and folder n");
        assert_eq!(refused(&[("README.md", write)]), "README.md is Readme.md");
        assert_eq!(refused(&[("README.md/x", write)]), "README.md is Readme.md");
        assert_eq!(refused(&[("Folder/y", write)]), "Folder is folder");
        assert_eq!(refused(&[("nfd-é", write)]), "nfd-é is nfd-e\u{301}");
        assert_eq!(refused(&[("gross", write)]), "gross is groß");
        assert_eq!(refused(&[("d/A", write), ("d/a", write)]), "d/a is d/A");
        let kept = compose(&scratch, base, &[("run.sh", Some("2"))]).expect("accepted");
        assert!(kept.contains(&"run.sh*".to_owned()), "{kept:?}");
    }
}
