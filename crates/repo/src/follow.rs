//! A bare repository that follows another one, which has the last word.
//!
//! Reading and writing take the same turn, so that what was just pushed is never undone by an older look at the other side.

use std::time::Duration;

use crate::{BranchName, CommitId, Remote, Repo, RepoError, Swap, turn::Turn};

impl Repo {
    /// Makes branches and tags those of the other repository; what it lacks goes. `more` are further references to fetch,
    /// such as `+refs/pull/7/head:refs/forks/7`. The default branch is `default`, if one is given.
    ///
    /// # Errors
    /// The other side cannot be reached, or nothing can be written.
    pub fn follow(
        &self,
        remote: &Remote,
        default: Option<&BranchName>,
        more: &[String],
        timeout: Duration,
    ) -> Result<(), RepoError> {
        let _turn = Turn::take(self.git_dir())?;
        self.fetch_with(remote, &["--prune"], &["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"], timeout)?;
        if !more.is_empty() {
            let more: Vec<&str> = more.iter().map(String::as_str).collect();
            self.fetch(remote, &more, timeout)?;
        }
        match default {
            Some(default) if self.default_branch().ok().as_ref() != Some(default) => self.set_default_branch(default),
            _ => Ok(()),
        }
    }

    /// Moves a branch of the other repository by compare-and-swap, and then the one here. What is here counts as moved when
    /// the other side says so; [`Repo::follow`] tells how.
    ///
    /// # Errors
    /// The other side cannot be reached, or refuses for another reason than that the branch moved.
    pub fn swap_there(
        &self,
        remote: &Remote,
        refname: &str,
        expected: Option<CommitId>,
        new: CommitId,
        timeout: Duration,
    ) -> Result<Swap, RepoError> {
        let _turn = Turn::take(self.git_dir())?;
        let swap = self.push_with_lease(remote, refname, expected, new, timeout)?;
        forgeline_failpoint::pass("push", "done");
        if swap == Swap::Done {
            let moved = self.git.reference(refname, new.oid(), true, "forgeline: as it is there now");
            moved.map_err(RepoError::git(format!("move `{refname}`")))?;
        }
        Ok(swap)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{Durability, Remote, Repo, Swap, scratch::Scratch};

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn what_is_here_is_what_is_there() {
        let scratch = Scratch::new();
        let one = scratch.commit(&[("a", "1")]);
        scratch.git(&["branch", "side"]);
        let from = Remote::Path(scratch.repo.root().to_owned());
        let here = scratch.dir.path().join("here.git");
        let here = Repo::init_bare(&here, &"main".parse().expect("valid"), Durability::Relaxed).expect("creates");
        let trunk = "trunk".parse().expect("valid");
        here.follow(&from, Some(&trunk), &["+refs/heads/side:refs/forks/7".to_owned()], LONG).expect("follows");
        assert_eq!(here.default_branch().expect("reads"), trunk);
        assert_eq!(here.resolve("refs/forks/7").expect("reads"), Some(one));
        scratch.git(&["branch", "-D", "side"]);
        let two = scratch.commit(&[("a", "2")]);
        here.follow(&from, None, &[], LONG).expect("follows");
        assert_eq!(here.resolve("refs/heads/side").expect("reads"), None);
        assert_eq!(here.branches().expect("lists").iter().map(|(_, tip)| *tip).collect::<Vec<_>>(), [two]);
        assert_eq!(here.resolve("refs/forks/7").expect("reads"), Some(one));
    }

    #[test]
    fn the_other_side_moves_first() {
        let scratch = Scratch::new();
        let one = scratch.commit(&[("a", "1")]);
        let two = scratch.commit(&[("a", "2")]);
        let there = scratch.dir.path().join("there.git");
        let there = Repo::init_bare(&there, &"main".parse().expect("valid"), Durability::Relaxed).expect("creates");
        let remote = Remote::Path(there.root().to_owned());
        let push =
            |expected, new| scratch.repo.swap_there(&remote, "refs/heads/x", expected, new, LONG).expect("pushes");
        assert_eq!(push(Some(one), two), Swap::Moved(None));
        assert_eq!(scratch.repo.resolve("refs/heads/x").expect("reads"), None);
        assert_eq!(push(None, one), Swap::Done);
        assert_eq!(there.resolve("refs/heads/x").expect("reads"), Some(one));
        assert_eq!(scratch.repo.resolve("refs/heads/x").expect("reads"), Some(one));
        assert_eq!(push(None, two), Swap::Moved(Some(one)));
    }
}
