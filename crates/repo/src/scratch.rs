//! A real bare repository in a temporary directory, for tests.

use std::{cell::Cell, collections::BTreeMap, process::Command};

use forgeline_model::Timestamp;
use git2::Oid;
use tempfile::TempDir;

use crate::{Change, CommitId, Durability, NewCommit, Person, Repo, Trailer, TreeId};

pub(crate) struct Scratch {
    pub(crate) dir: TempDir,
    pub(crate) repo: Repo,
    clock: Cell<i64>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        let main = "main".parse().expect("valid");
        let repo = Repo::init_bare(&dir.path().join("scratch.git"), &main, Durability::Full).expect("creates");
        Self { dir, repo, clock: Cell::new(1_700_000_000_000) }
    }

    /// Runs git in the repository, without system and user configuration.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) {
        let output = Command::new("git")
            .current_dir(self.repo.root())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs([("GIT_COMMITTER_NAME", "t"), ("GIT_COMMITTER_EMAIL", "t@t")])
            .args(arguments)
            .output()
            .expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Commits changed files on `main`.
    pub(crate) fn commit(&self, files: &[(&str, &str)]) -> CommitId {
        let tip = self.repo.resolve("refs/heads/main").expect("reads");
        let tree = self.repo.compose(tip, &writes(files)).expect("composes");
        self.advance(tree, "change", &[])
    }

    /// Commits on `main` exactly these files.
    pub(crate) fn replace(&self, files: &[(&str, &str)]) -> CommitId {
        let tree = self.repo.compose(None, &writes(files)).expect("composes");
        self.advance(tree, "replace", &[])
    }

    /// Commits the unchanged tree on `main`.
    pub(crate) fn commit_with(&self, message: &str, trailers: &[Trailer]) -> CommitId {
        let tip = self.repo.resolve("refs/heads/main").expect("reads").expect("not empty");
        self.advance(self.repo.tree_of(tip).expect("tree"), message, trailers)
    }

    /// A commit after `base` that no branch names.
    pub(crate) fn commit_on(&self, base: CommitId, files: &[(&str, &str)]) -> CommitId {
        let tree = self.repo.compose(Some(base), &writes(files)).expect("composes");
        self.write(tree, &[base], "side", &[])
    }

    /// A commit with the tree of `one`, dated before both, that no branch names.
    pub(crate) fn commit_merge(&self, one: CommitId, other: CommitId) -> CommitId {
        self.clock.set(1_600_000_000_000);
        self.write(self.repo.tree_of(one).expect("tree"), &[one, other], "merge", &[])
    }

    /// A commit without parents that no branch names.
    pub(crate) fn orphan(&self, text: &str) -> CommitId {
        let tree = self.repo.compose(None, &writes(&[("file", text)])).expect("composes");
        self.write(tree, &[], text, &[])
    }

    /// A commit of this tree that no branch names.
    pub(crate) fn commit_tree(&self, tree: TreeId) -> CommitId {
        self.write(tree, &[], "tree", &[])
    }

    /// A tree with entries of any mode: a blob of the bytes, a folder with one file, or a submodule at an id.
    pub(crate) fn raw_tree(&self, entries: &[(&[u8], i32, &[u8])]) -> TreeId {
        let mut builder = self.repo.git.treebuilder(None).expect("builder");
        for (name, mode, content) in entries {
            let oid = match mode {
                0o160_000 => Oid::from_str(std::str::from_utf8(content).expect("hex")).expect("id"),
                0o040_000 => self.repo.compose(None, &writes(&[("x", "1")])).expect("composes").oid(),
                _ => self.repo.git.blob(content).expect("blob"),
            };
            builder.insert(*name, oid, *mode).expect("entry");
        }
        TreeId::new(builder.write().expect("tree"))
    }

    fn advance(&self, tree: TreeId, message: &str, trailers: &[Trailer]) -> CommitId {
        let tip = self.repo.resolve("refs/heads/main").expect("reads");
        let parents: Vec<_> = tip.into_iter().collect();
        let new = self.write(tree, &parents, message, trailers);
        self.repo.compare_and_swap("refs/heads/main", tip, Some(new), "test").expect("moves");
        new
    }

    fn write(&self, tree: TreeId, parents: &[CommitId], message: &str, trailers: &[Trailer]) -> CommitId {
        self.clock.set(self.clock.get() + 1000);
        let author = Person { name: "Test".into(), email: "test@example.com".into() };
        let at = Timestamp::from_millis(self.clock.get());
        self.repo.commit(&NewCommit { tree, parents, author: &author, at, message, trailers }).expect("commits")
    }
}

fn writes(files: &[(&str, &str)]) -> BTreeMap<forgeline_model::SafePath, Change> {
    files.iter().map(|(path, text)| (path.parse().expect("safe path"), Change::Write((*text).into()))).collect()
}
