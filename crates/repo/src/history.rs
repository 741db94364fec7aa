//! Questions about history.

use git2::{ErrorCode, Sort};

use crate::{CommitId, CommitInfo, Repo, RepoError, shallow::Cut};

/// Most commits that a search looks at.
const MAX_COMMITS: usize = 50_000;

impl Repo {
    /// The newest commit in the history of `tip`, without that of `base`, whose message has the trailer `key: value`.
    ///
    /// # Errors
    /// A commit is not there, or more than 50 000 would have to be read.
    pub fn find_trailer(
        &self,
        tip: CommitId,
        base: Option<CommitId>,
        key: &str,
        value: &str,
    ) -> Result<Option<CommitId>, RepoError> {
        self.find_commit(tip, base, Sort::TIME, has_trailer(key, value))
    }

    /// The commit with the trailer `key: value` on which no other such commit builds, in the history of `tip`, without that
    /// of `base`. Dates do not matter.
    ///
    /// # Errors
    /// A commit is not there, or more than 50 000 would have to be read.
    pub fn last_with_trailer(
        &self,
        tip: CommitId,
        base: Option<CommitId>,
        key: &str,
        value: &str,
    ) -> Result<Option<CommitId>, RepoError> {
        self.find_commit(tip, base, Sort::TOPOLOGICAL, has_trailer(key, value))
    }

    /// At most `limit` commits in the history of `tip`, without that of `base`, newest first.
    ///
    /// # Errors
    /// A commit is not there.
    pub fn log(&self, tip: CommitId, base: Option<CommitId>, limit: usize) -> Result<Vec<CommitInfo>, RepoError> {
        self.walk_history(tip, base, Sort::TIME)?.take(limit).map(|id| self.commit_info(id?)).collect()
    }

    /// The best common ancestor, if there is one.
    ///
    /// # Errors
    /// A commit is not there.
    pub fn merge_base(&self, one: CommitId, two: CommitId) -> Result<Option<CommitId>, RepoError> {
        for id in [one, two] {
            self.git.find_commit(id.oid()).map_err(RepoError::lookup("commit", id))?;
        }
        if let Some(cut) = self.cut() {
            return cut.merge_base(one, two);
        }
        match self.git.merge_base(one.oid(), two.oid()) {
            Ok(oid) => Ok(Some(CommitId::new(oid))),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(RepoError::git(format!("find the merge base of {one} and {two}"))(error)),
        }
    }

    /// Whether `ancestor` is `commit` or in its history.
    ///
    /// # Errors
    /// A commit is not there.
    pub fn is_ancestor(&self, ancestor: CommitId, commit: CommitId) -> Result<bool, RepoError> {
        Ok(ancestor == commit || self.merge_base(ancestor, commit)? == Some(ancestor))
    }

    /// The commit in the history of `tip` that last changed what lies at `path`; none when nothing lies there. Where
    /// branches were merged, the side that brought it is followed.
    ///
    /// # Errors
    /// A commit is not there.
    pub fn last_change(&self, tip: CommitId, path: &str) -> Result<Option<CommitId>, RepoError> {
        let entry = |id: git2::Oid| -> Result<Option<git2::Oid>, RepoError> {
            let commit = self.git.find_commit(id).map_err(RepoError::lookup("commit", id))?;
            let tree = commit.tree().map_err(RepoError::git("read a tree"))?;
            Ok(tree.get_path(std::path::Path::new(path)).ok().map(|entry| entry.id()))
        };
        let (mut at, cut) = (tip.oid(), self.cut());
        let Some(wanted) = entry(at)? else { return Ok(None) };
        for _ in 0..MAX_COMMITS {
            let mut same = None;
            for parent in self.parents(at, cut.as_ref())? {
                if entry(parent)? == Some(wanted) {
                    same = Some(parent);
                    break;
                }
            }
            match same {
                Some(parent) => at = parent,
                None => break,
            }
        }
        Ok(Some(CommitId::new(at)))
    }

    fn parents(&self, id: git2::Oid, cut: Option<&Cut<'_>>) -> Result<Vec<git2::Oid>, RepoError> {
        match cut {
            Some(cut) => cut.parents(id),
            None => {
                let commit = self.git.find_commit(id).map_err(RepoError::lookup("commit", id))?;
                Ok(commit.parent_ids().collect())
            }
        }
    }

    fn find_commit(
        &self,
        tip: CommitId,
        base: Option<CommitId>,
        order: Sort,
        matches: impl Fn(&CommitInfo) -> bool,
    ) -> Result<Option<CommitId>, RepoError> {
        for (seen, id) in self.walk_history(tip, base, order)?.enumerate() {
            if seen == MAX_COMMITS {
                return Err(RepoError::HistoryTooLong { tip, limit: MAX_COMMITS });
            }
            let info = self.commit_info(id?)?;
            if matches(&info) {
                return Ok(Some(info.id));
            }
        }
        Ok(None)
    }

    fn walk_history(
        &self,
        tip: CommitId,
        base: Option<CommitId>,
        order: Sort,
    ) -> Result<Box<dyn Iterator<Item = Result<CommitId, RepoError>> + '_>, RepoError> {
        if let Some(cut) = self.cut() {
            return Ok(Box::new(cut.history(tip, base)?.into_iter().map(Ok)));
        }
        let failed = || RepoError::git("read the history");
        let mut walk = self.git.revwalk().map_err(failed())?;
        walk.set_sorting(order).map_err(failed())?;
        walk.push(tip.oid()).map_err(RepoError::lookup("commit", tip))?;
        if let Some(base) = base {
            walk.hide(base.oid()).map_err(RepoError::lookup("commit", base))?;
        }
        Ok(Box::new(walk.map(move |oid| oid.map(CommitId::new).map_err(RepoError::git("read the history")))))
    }
}

fn has_trailer(key: &str, value: &str) -> impl Fn(&CommitInfo) -> bool {
    move |info| info.trailers().iter().any(|trailer| trailer.key.eq_ignore_ascii_case(key) && trailer.value == value)
}

#[cfg(test)]
mod tests {
    use crate::{RepoError, Trailer, scratch::Scratch};

    #[test]
    fn a_trailer_is_found_only_since_the_base() {
        let scratch = Scratch::new();
        let base = scratch.commit(&[("a", "1")]);
        let keyed = scratch.commit_with("keyed", &[Trailer::new("Forgeline-Run-Key", "k")]);
        let tip = scratch.commit(&[("a", "2")]);
        let find = |base, value| scratch.repo.find_trailer(tip, base, "Forgeline-Run-Key", value).expect("searches");
        assert_eq!(find(Some(base), "k"), Some(keyed));
        assert_eq!(find(None, "k"), Some(keyed));
        assert_eq!(find(Some(keyed), "k"), None);
        assert_eq!(find(None, "other"), None);
        let log = scratch.repo.log(tip, Some(base), 10).expect("reads");
        assert_eq!(log.iter().map(|info| info.id).collect::<Vec<_>>(), [tip, keyed]);
    }

    #[test]
    fn the_last_commit_with_a_trailer_is_found_whatever_the_dates_say() {
        let scratch = Scratch::new();
        let base = scratch.commit(&[("a", "1")]);
        let first = scratch.commit_with("first", &[Trailer::new("Forgeline-Branch", "b")]);
        scratch.commit(&[("a", "2")]);
        let second = scratch.commit_with("second", &[Trailer::new("Forgeline-Branch", "b")]);
        let side = scratch.commit_on(first, &[("b", "1")]);
        let tip = scratch.commit_merge(second, side);
        let last = |tip, base| scratch.repo.last_with_trailer(tip, base, "forgeline-branch", "b").expect("searches");
        assert_eq!(
            (last(tip, Some(base)), last(side, Some(base)), last(tip, Some(tip))),
            (Some(second), Some(first), None)
        );
    }

    #[test]
    fn ancestry() {
        let scratch = Scratch::new();
        let one = scratch.commit(&[("a", "1")]);
        let two = scratch.commit(&[("a", "2")]);
        let alone = scratch.orphan("alone");
        assert!(scratch.repo.is_ancestor(one, two).expect("reads"));
        assert!(!scratch.repo.is_ancestor(two, one).expect("reads"));
        assert_eq!(scratch.repo.merge_base(one, alone).expect("reads"), None);
        let ghost = "1".repeat(40).parse().expect("valid");
        assert!(matches!(scratch.repo.merge_base(one, ghost), Err(RepoError::MissingObject { .. })));
    }
}
