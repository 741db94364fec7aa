//! Moving a reference only if nobody else has.

use std::{
    fs,
    path::PathBuf,
    thread,
    time::{Duration, SystemTime},
};

use git2::{ErrorClass, ErrorCode, Signature, Time};

use crate::{
    CommitId, Repo, RepoError, Snapshot,
    turn::{self, Turn},
};

/// How a compare-and-swap ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// The reference names the new commit.
    Done,
    /// Somebody else was there first, at this reference or at one that had to stand still; this is what it names now.
    Moved(Option<CommitId>),
}

/// Git holds a reference's lock for milliseconds; one this old was left behind by a process that was killed.
const STALE_LOCK: Duration = Duration::from_secs(10);
/// Waits between tries while another process holds the lock: about two seconds in all.
const LOCK_WAITS_MS: [u64; 9] = [1, 2, 4, 8, 16, 64, 256, 512, 1024];

impl Repo {
    /// Makes `refname` name `new`, or nothing when `new` is `None`, if it names `expected` now. `None` expects that it
    /// does not exist. Safe against other threads, other processes and `git push`; a reference that already names
    /// `new` counts as moved unless that was expected.
    ///
    /// # Errors
    /// The name is malformed or in conflict with another reference, the lock stays taken, or nothing can be written.
    pub fn compare_and_swap(
        &self,
        refname: &str,
        expected: Option<CommitId>,
        new: Option<CommitId>,
        reason: &str,
    ) -> Result<Swap, RepoError> {
        self.swap(refname, expected, new, reason, None)
    }

    /// Makes `refname` name `new` if it, and every other reference of `seen`, still stands as it did there: what was
    /// read from any of them still holds. Exact against all that goes through this type. A `git push` of another process
    /// can slip in only at a reference that is not the one that moves, and only while this one is being written.
    ///
    /// # Errors
    /// As for [`compare_and_swap`](Self::compare_and_swap).
    pub fn swap_if_unmoved(
        &self,
        seen: &Snapshot,
        refname: &str,
        new: CommitId,
        reason: &str,
    ) -> Result<Swap, RepoError> {
        self.swap(refname, seen.tip(refname), Some(new), reason, Some(seen))
    }

    fn swap(
        &self,
        refname: &str,
        expected: Option<CommitId>,
        new: Option<CommitId>,
        reason: &str,
        seen: Option<&Snapshot>,
    ) -> Result<Swap, RepoError> {
        if !git2::Reference::is_valid_name(refname) {
            return Err(RepoError::git(format!("move `{refname}`"))(git2::Error::from_str("the name is malformed")));
        }
        if let Some(new) = new {
            self.git.find_commit(new.oid()).map_err(RepoError::lookup("commit", new))?;
        }
        let mut turn = Turn::take(self.git_dir())?;
        let mut waits = LOCK_WAITS_MS.into_iter();
        loop {
            match self.try_swap(refname, expected, new, reason, seen, &mut turn) {
                Err(error) if is_lock_contention(&error) => {
                    if self.remove_stale_lock(refname) {
                        continue;
                    }
                    let Some(wait) = waits.next() else {
                        return Err(RepoError::Locked { name: refname.to_owned(), lock: self.lock_file(refname) });
                    };
                    thread::sleep(Duration::from_millis(wait));
                }
                Err(error) => return Err(self.explain(refname, error)),
                Ok(swap) => return Ok(swap),
            }
        }
    }

    /// Lock, compare, write: what is compared cannot change before it is written.
    fn try_swap(
        &self,
        refname: &str,
        expected: Option<CommitId>,
        new: Option<CommitId>,
        reason: &str,
        seen: Option<&Snapshot>,
        turn: &mut Turn,
    ) -> Result<Swap, git2::Error> {
        let mut transaction = self.git.transaction()?;
        transaction.lock_ref(refname)?;
        turn.note(self.git_dir(), refname);
        let actual = match self.git.refname_to_id(refname) {
            Ok(oid) => Some(CommitId::new(oid)),
            Err(error) if error.code() == ErrorCode::NotFound => None,
            Err(error) => return Err(error),
        };
        if actual != expected {
            return Ok(Swap::Moved(actual));
        }
        if let Some(seen) = seen
            && !seen.still_stands(&self.git)?
        {
            return Ok(Swap::Moved(actual));
        }
        match new {
            Some(new) => {
                let who = Signature::new("Forgeline", "forgeline@localhost", &Time::new(0, 0))?;
                let reason: String = reason.chars().filter(|c| !c.is_control()).collect();
                transaction.set_target(refname, new.oid(), Some(&who), &reason)?;
            }
            None if actual.is_some() => transaction.remove(refname)?,
            None => return Ok(Swap::Done),
        }
        forgeline_failpoint::pass("reference", "locked");
        transaction.commit()?;
        forgeline_failpoint::pass("reference", "moved");
        Ok(Swap::Done)
    }

    fn lock_file(&self, refname: &str) -> PathBuf {
        turn::lock_file(self.git_dir(), refname)
    }

    /// Removes a lock that nobody can still hold; false: somebody may, or it cannot be removed.
    fn remove_stale_lock(&self, refname: &str) -> bool {
        let lock = self.lock_file(refname);
        let age = fs::metadata(&lock).and_then(|meta| meta.modified()).map(|at| SystemTime::now().duration_since(at));
        matches!(age, Ok(Ok(age)) if age > STALE_LOCK) && turn::remove(&lock)
    }

    /// `a` and `a/b` cannot both be references: name the one in the way.
    fn explain(&self, refname: &str, error: git2::Error) -> RepoError {
        let mut parents = refname.match_indices('/').map(|(at, _)| refname[..at].to_owned());
        let above = parents.rfind(|name| self.git.find_reference(name).is_ok());
        let below = || {
            let mut references = self.git.references_glob(&format!("{refname}/*")).ok()?;
            references.names().next().and_then(Result::ok).map(str::to_owned)
        };
        match above.or_else(below) {
            Some(existing) => RepoError::ReferenceConflict { wanted: refname.to_owned(), existing },
            None => RepoError::git(format!("move `{refname}`"))(error),
        }
    }
}

fn is_lock_contention(error: &git2::Error) -> bool {
    error.code() == ErrorCode::Locked
        || (error.class() == ErrorClass::Os && error.message().contains("failed to lock file"))
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        sync::Barrier,
        time::{Duration, SystemTime},
    };

    use super::Swap;
    use crate::{Repo, RepoError, scratch::Scratch};

    const REF: &str = "refs/heads/forgeline/x";

    #[test]
    fn of_many_writers_exactly_one_wins_each_round() {
        let scratch = Scratch::new();
        let root = scratch.repo.root().to_owned();
        let mut expected = None;
        for round in 0..5 {
            let barrier = Barrier::new(8);
            let candidates: Vec<_> = (0..8).map(|n| scratch.orphan(&format!("round {round} writer {n}"))).collect();
            let wins: Vec<_> = std::thread::scope(|scope| {
                let threads: Vec<_> = candidates
                    .iter()
                    .map(|new| {
                        let (barrier, root) = (&barrier, &root);
                        scope.spawn(move || {
                            let repo = Repo::open(root).expect("opens");
                            barrier.wait();
                            (*new, repo.compare_and_swap(REF, expected, Some(*new), "race").expect("no error"))
                        })
                    })
                    .collect();
                threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
            });
            let winners: Vec<_> = wins.iter().filter(|(_, swap)| *swap == Swap::Done).collect();
            assert_eq!(winners.len(), 1, "round {round}");
            let winner = Some(winners[0].0);
            assert!(wins.iter().all(|(_, swap)| matches!(swap, Swap::Done) || *swap == Swap::Moved(winner)));
            assert_eq!(scratch.repo.resolve(REF).expect("reads"), winner);
            expected = winner;
        }
    }

    #[test]
    fn a_reference_moves_only_while_all_that_were_seen_stand_still() {
        let scratch = Scratch::new();
        let (main, mine) = (scratch.commit(&[("a", "1")]), scratch.orphan("mine"));
        let look = || scratch.repo.snapshot(&["refs/heads/main", "refs/heads/forgeline/x*"]).expect("reads");
        let swap = |seen: &crate::Snapshot| scratch.repo.swap_if_unmoved(seen, REF, mine, "test").expect("no error");
        let seen = look();
        assert_eq!((seen.tip("refs/heads/main"), seen.tip(REF)), (Some(main), None));
        scratch.commit(&[("a", "2")]);
        assert_eq!(swap(&seen), Swap::Moved(None), "the base moved");
        let seen = look();
        scratch.repo.compare_and_swap("refs/heads/forgeline/x-2", None, Some(main), "test").expect("free");
        assert_eq!(swap(&seen), Swap::Moved(None), "a branch of the same name appeared");
        let seen = look();
        scratch.repo.compare_and_swap("refs/heads/forgeline/y", None, Some(main), "test").expect("free");
        assert_eq!(swap(&seen), Swap::Done, "what was not looked at may move");
        assert_eq!(swap(&seen), Swap::Moved(Some(mine)));
    }

    #[test]
    fn packed_references_count_and_deletion_is_a_swap_too() {
        let scratch = Scratch::new();
        let one = scratch.orphan("one");
        let two = scratch.orphan("two");
        let swap = |expected, new| scratch.repo.compare_and_swap(REF, expected, new, "test").expect("no error");
        assert_eq!(swap(None, Some(one)), Swap::Done);
        scratch.git(&["pack-refs", "--all"]);
        assert_eq!(swap(None, Some(two)), Swap::Moved(Some(one)));
        assert_eq!(swap(Some(two), None), Swap::Moved(Some(one)));
        assert_eq!(swap(Some(one), Some(two)), Swap::Done);
        assert_eq!(swap(Some(two), None), Swap::Done);
        assert_eq!(scratch.repo.resolve(REF).expect("reads"), None);
        assert_eq!(swap(None, Some(one)), Swap::Done);
    }

    #[test]
    fn a_reference_in_the_way_is_named() {
        let scratch = Scratch::new();
        let one = scratch.orphan("one");
        let swap = |name: &str| scratch.repo.compare_and_swap(name, None, Some(one), "test");
        swap("refs/heads/a/b").expect("free");
        for (wanted, existing) in [("refs/heads/a", "refs/heads/a/b"), ("refs/heads/a/b/c", "refs/heads/a/b")] {
            match swap(wanted) {
                Err(RepoError::ReferenceConflict { existing: found, .. }) => assert_eq!(found, existing),
                other => panic!("{wanted}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_lock_left_by_a_dead_process_is_removed_and_a_live_one_is_respected() {
        let scratch = Scratch::new();
        let one = scratch.orphan("one");
        let lock = scratch.repo.git_dir().join("refs/heads/x.lock");
        let file = File::create(&lock).expect("create");
        file.set_modified(SystemTime::now() - Duration::from_secs(60)).expect("set time");
        assert_eq!(scratch.repo.compare_and_swap("refs/heads/x", None, Some(one), "test").expect("freed"), Swap::Done);
        fs::write(&lock, "").expect("create");
        let held = scratch.repo.compare_and_swap("refs/heads/x", Some(one), None, "test");
        assert!(matches!(held, Err(RepoError::Locked { .. })), "{held:?}");
    }

    #[test]
    fn a_commit_that_is_not_there_cannot_be_named() {
        let scratch = Scratch::new();
        let ghost = "1".repeat(40).parse().expect("valid");
        let error = scratch.repo.compare_and_swap(REF, None, Some(ghost), "test").expect_err("missing");
        assert!(matches!(error, RepoError::MissingObject { .. }), "{error}");
    }
}
