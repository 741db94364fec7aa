//! A repository: a graph of commits, and refs that are swapped, never just written.

use std::collections::{BTreeMap, BTreeSet};

use forgeline_model::{Digest, RunKey};

/// A commit, by its place in the repository.
pub(crate) type CommitId = usize;
/// Content by path.
pub(crate) type Tree = BTreeMap<String, Digest>;

/// The branch that pull requests merge into.
pub(crate) const MAIN: &str = "main";

#[derive(Debug, PartialEq)]
pub(crate) struct Commit {
    pub(crate) parents: Vec<CommitId>,
    pub(crate) tree: Tree,
    /// The trailer of a run's commit.
    pub(crate) key: Option<RunKey>,
    /// Who wrote it.
    pub(crate) by: String,
}

#[derive(Debug)]
pub(crate) struct Git {
    pub(crate) commits: Vec<Commit>,
    pub(crate) refs: BTreeMap<String, CommitId>,
    /// Everything that ever was the tip of a branch.
    pub(crate) published: BTreeSet<CommitId>,
}

impl Git {
    /// A repository whose main branch has one commit.
    pub(crate) fn new() -> Self {
        let root = Commit { parents: Vec::new(), tree: Tree::new(), key: None, by: "root".into() };
        Self { commits: vec![root], refs: BTreeMap::from([(MAIN.to_owned(), 0)]), published: BTreeSet::from([0]) }
    }

    pub(crate) fn tip(&self, branch: &str) -> Option<CommitId> {
        self.refs.get(branch).copied()
    }

    pub(crate) fn main(&self) -> CommitId {
        self.tip(MAIN).expect("the main branch is never deleted")
    }

    /// Writes a commit object; the same commit has the same id.
    pub(crate) fn commit(&mut self, commit: Commit) -> CommitId {
        self.commits.iter().position(|known| *known == commit).unwrap_or_else(|| {
            self.commits.push(commit);
            self.commits.len() - 1
        })
    }

    /// Moves a branch if it is where it is believed to be. False: it is not, and nothing was written.
    pub(crate) fn swap(&mut self, branch: &str, from: Option<CommitId>, to: CommitId) -> bool {
        let is_there = self.tip(branch) == from;
        if is_there {
            self.write(branch, to);
        }
        is_there
    }

    /// Moves a branch, whatever it was.
    pub(crate) fn write(&mut self, branch: &str, to: CommitId) {
        self.refs.insert(branch.to_owned(), to);
        self.published.insert(to);
    }

    /// A commit and everything before it.
    pub(crate) fn history(&self, tips: impl IntoIterator<Item = CommitId>) -> BTreeSet<CommitId> {
        let mut seen = BTreeSet::new();
        let mut next: Vec<CommitId> = tips.into_iter().collect();
        while let Some(id) = next.pop() {
            if seen.insert(id) {
                next.extend(&self.commits[id].parents);
            }
        }
        seen
    }

    /// Everything that some branch still holds.
    pub(crate) fn reachable(&self) -> BTreeSet<CommitId> {
        self.history(self.refs.values().copied())
    }

    /// The commit with this key in the history of `tip`, without what was there at `base`.
    pub(crate) fn find_key(&self, tip: CommitId, base: CommitId, key: &RunKey) -> Option<CommitId> {
        let before = self.history([base]);
        self.history([tip]).into_iter().find(|id| !before.contains(id) && self.commits[*id].key.as_ref() == Some(key))
    }

    /// Whether `branch` holds everything that led to `commit`.
    pub(crate) fn holds(&self, tip: CommitId, commit: CommitId) -> bool {
        self.history([tip]).contains(&commit)
    }
}

/// A commit's id as 40 hex digits.
pub(crate) fn hex(id: CommitId) -> String {
    format!("{id:040x}")
}

/// The inverse of [`hex`].
pub(crate) fn of_hex(text: &str) -> Option<CommitId> {
    usize::from_str_radix(text, 16).ok()
}
