//! History that is cut off, as in the checkout of a pipeline: a commit at the cut has no parents here. libgit2's own walks do
//! not know that and look for commits that are not there; these do.

use std::{
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    fs,
};

use git2::Oid;

use crate::{CommitId, Repo, RepoError};

/// Name of the list of commits at the cut, in the Git directory.
const LIST: &str = "shallow";

/// The commits at which history is cut off.
pub(crate) struct Cut<'a> {
    repo: &'a Repo,
    at: BTreeSet<Oid>,
}

impl Repo {
    /// Where history is cut off; none when all of it is there.
    pub(crate) fn cut(&self) -> Option<Cut<'_>> {
        let list = fs::read_to_string(self.git_dir().join(LIST)).ok()?;
        let at: BTreeSet<Oid> = list.lines().filter_map(|line| line.trim().parse().ok()).collect();
        (!at.is_empty()).then_some(Cut { repo: self, at })
    }
}

impl Cut<'_> {
    pub(crate) fn parents(&self, id: Oid) -> Result<Vec<Oid>, RepoError> {
        let commit = self.repo.git.find_commit(id).map_err(RepoError::lookup("commit", id))?;
        Ok(if self.at.contains(&id) { Vec::new() } else { commit.parent_ids().collect() })
    }

    fn time(&self, id: Oid) -> i64 {
        self.repo.git.find_commit(id).map_or(0, |commit| commit.time().seconds())
    }

    /// All commits from `tip` on, each with its parents; not those in `without`.
    fn reach(&self, tip: Oid, without: &BTreeMap<Oid, Vec<Oid>>) -> Result<BTreeMap<Oid, Vec<Oid>>, RepoError> {
        let (mut found, mut open) = (BTreeMap::new(), vec![tip]);
        while let Some(id) = open.pop() {
            if found.contains_key(&id) || without.contains_key(&id) {
                continue;
            }
            let parents = self.parents(id)?;
            open.extend(&parents);
            found.insert(id, parents);
        }
        Ok(found)
    }

    /// The history of `tip`, without that of `base`: a commit comes before its parents, the newest of several first.
    ///
    /// # Errors
    /// A commit is not there.
    pub(crate) fn history(&self, tip: CommitId, base: Option<CommitId>) -> Result<Vec<CommitId>, RepoError> {
        let without = match base {
            Some(base) => self.reach(base.oid(), &BTreeMap::new())?,
            None => BTreeMap::new(),
        };
        let found = self.reach(tip.oid(), &without)?;
        let mut children: BTreeMap<Oid, usize> = BTreeMap::new();
        for parent in found.values().flatten() {
            *children.entry(*parent).or_default() += 1;
        }
        let mut order = Vec::with_capacity(found.len());
        let mut ready: BinaryHeap<(i64, Oid)> = BinaryHeap::new();
        if found.contains_key(&tip.oid()) {
            ready.push((self.time(tip.oid()), tip.oid()));
        }
        while let Some((_, id)) = ready.pop() {
            order.push(CommitId::new(id));
            for parent in &found[&id] {
                let left = children.entry(*parent).and_modify(|left| *left -= 1).or_default();
                if *left == 0 && found.contains_key(parent) {
                    ready.push((self.time(*parent), *parent));
                }
            }
        }
        Ok(order)
    }

    /// The best common ancestor that is there.
    ///
    /// # Errors
    /// A commit is not there.
    pub(crate) fn merge_base(&self, one: CommitId, two: CommitId) -> Result<Option<CommitId>, RepoError> {
        let known = self.reach(one.oid(), &BTreeMap::new())?;
        Ok(self.history(two, None)?.into_iter().find(|id| known.contains_key(&id.oid())))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::{CommitId, Trailer, scratch::Scratch};

    /// A repository that has lost all before `at`, as a shallow clone has.
    fn cut_at(scratch: &Scratch, at: CommitId, lost: &[CommitId]) {
        let folder = scratch.repo.git_dir();
        fs::write(folder.join("shallow"), format!("{at}\n")).expect("writes");
        for id in lost {
            let id = id.to_string();
            fs::remove_file(folder.join("objects").join(&id[..2]).join(&id[2..])).expect("a loose object");
        }
    }

    #[test]
    fn what_is_there_is_walked_and_the_rest_is_not_missed() {
        let scratch = Scratch::new();
        let lost = scratch.commit(&[("a", "1")]);
        let base = scratch.commit(&[("a", "2")]);
        let keyed = scratch.commit_with("keyed", &[Trailer::new("Forgeline-Run-Key", "k")]);
        let side = scratch.commit_on(base, &[("b", "1")]);
        let tip = scratch.commit_merge(keyed, side);
        assert!(scratch.repo.cut().is_none());
        cut_at(&scratch, base, &[lost]);
        let repo = &scratch.repo;
        assert_eq!(repo.find_trailer(tip, None, "Forgeline-Run-Key", "k").expect("searches"), Some(keyed));
        assert_eq!(repo.last_with_trailer(tip, Some(keyed), "Forgeline-Run-Key", "k").expect("searches"), None);
        assert_eq!(repo.find_trailer(tip, None, "Forgeline-Run-Key", "other").expect("searches"), None);
        let log: Vec<_> = repo.log(tip, None, 10).expect("reads").iter().map(|info| info.id).collect();
        assert_eq!((log.len(), log[0], log[3]), (4, tip, base));
        let log: Vec<_> = repo.log(tip, Some(side), 10).expect("reads").iter().map(|info| info.id).collect();
        assert_eq!(log, [tip, keyed]);
        assert_eq!(repo.merge_base(keyed, side).expect("reads"), Some(base));
        assert!(repo.is_ancestor(base, tip).expect("reads"));
        assert!(!repo.is_ancestor(tip, base).expect("reads"));
        repo.merge(keyed, side).expect("merges");
        assert_eq!(repo.last_change(tip, "a").expect("reads"), Some(base));
    }
}
