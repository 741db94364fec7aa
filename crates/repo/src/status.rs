//! Whether a work tree differs from its commit.

use git2::{Repository, StatusOptions};

use crate::{Repo, RepoError};

/// State of a work tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// There is no work tree.
    Bare,
    /// Nothing differs from `HEAD`.
    Clean,
    /// Files differ: changed, staged or untracked; in path order, ignored files left out.
    Dirty(Vec<String>),
}

impl Repo {
    /// Compares the work tree with the index and `HEAD`. Nothing is refreshed or written.
    ///
    /// # Errors
    /// The work tree cannot be read.
    pub fn status(&self) -> Result<Status, RepoError> {
        if !self.root().join(".git").exists() {
            return Ok(Status::Bare);
        }
        let failed = || RepoError::git(format!("read the status of `{}`", self.root().display()));
        let git = Repository::open_bare(self.git.path()).map_err(failed())?;
        git.set_workdir(self.root(), false).map_err(failed())?;
        let mut options = StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true).exclude_submodules(true).update_index(false);
        let statuses = git.statuses(Some(&mut options)).map_err(failed())?;
        let mut paths: Vec<_> =
            statuses.iter().map(|entry| String::from_utf8_lossy(entry.path_bytes()).into_owned()).collect();
        paths.sort();
        Ok(if paths.is_empty() { Status::Clean } else { Status::Dirty(paths) })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Status;
    use crate::{Repo, scratch::Scratch};

    #[test]
    fn changed_and_untracked_files_are_listed() {
        let scratch = Scratch::new();
        scratch.commit(&[("a", "1"), ("sub/b", "2"), (".gitignore", "*.log\n")]);
        assert_eq!(scratch.repo.status().expect("reads"), Status::Bare);
        let tree = scratch.dir.path().join("checkout");
        scratch.git(&["clone", "-q", ".", tree.to_str().expect("utf-8")]);
        let checkout = Repo::open(&tree).expect("opens");
        assert_eq!(checkout.status().expect("reads"), Status::Clean);
        fs::write(tree.join("sub/b"), "3").expect("write");
        fs::write(tree.join("new"), "3").expect("write");
        fs::write(tree.join("x.log"), "3").expect("write");
        assert_eq!(checkout.status().expect("reads"), Status::Dirty(vec!["new".into(), "sub/b".into()]));
    }
}
