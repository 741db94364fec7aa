//! Reading references: branches, `HEAD`, the default branch.

use git2::{BranchType, ErrorCode};

use crate::{BranchName, CommitId, Repo, RepoError};

/// What `HEAD` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A branch with this tip.
    Branch(BranchName, CommitId),
    /// A branch that has no commit yet.
    Unborn(BranchName),
    /// A commit, without a branch.
    Detached(CommitId),
}

impl Repo {
    /// The commit that a full reference name (`refs/heads/main`, `refs/tags/v1`) names, tags peeled.
    ///
    /// # Errors
    /// The name is malformed or the reference cannot be read; one that is not there is `None`.
    pub fn resolve(&self, refname: &str) -> Result<Option<CommitId>, RepoError> {
        let failed = || RepoError::git(format!("read the reference `{refname}`"));
        let reference = match self.git.find_reference(refname) {
            Ok(reference) => reference,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(failed()(error)),
        };
        match reference.peel_to_commit() {
            Ok(commit) => Ok(Some(CommitId::new(commit.id()))),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(failed()(error)),
        }
    }

    /// The commit that a branch, a tag, a full reference name or a full commit id names.
    ///
    /// # Errors
    /// Nothing has that name; the error lists branches.
    pub fn resolve_name(&self, name: &str) -> Result<CommitId, RepoError> {
        if let Ok(id) = name.parse::<CommitId>() {
            return self.commit_info(id).map(|info| info.id);
        }
        for candidate in [format!("refs/heads/{name}"), format!("refs/tags/{name}"), name.to_owned()] {
            if git2::Reference::is_valid_name(&candidate)
                && let Some(id) = self.resolve(&candidate)?
            {
                return Ok(id);
            }
        }
        let branch = name.parse().map_err(|_| RepoError::MissingObject { kind: "commit", id: name.to_owned() })?;
        Err(self.missing_branch(branch))
    }

    /// The commit that a person means: whatever `git rev-parse` takes, such as `main`, `HEAD~2` or the beginning of an
    /// id. None when the text names no commit, or several.
    pub fn revision(&self, text: &str) -> Option<CommitId> {
        let object = self.git.revparse_single(text).ok()?;
        object.peel_to_commit().ok().map(|commit| CommitId::new(commit.id()))
    }

    /// The tip of a branch.
    ///
    /// # Errors
    /// The repository is empty, or has no such branch.
    pub fn branch_tip(&self, branch: &BranchName) -> Result<CommitId, RepoError> {
        self.resolve(&branch.refname())?.ok_or_else(|| self.missing_branch(branch.clone()))
    }

    /// What `HEAD` names.
    ///
    /// # Errors
    /// `HEAD` is missing or malformed.
    pub fn head(&self) -> Result<Head, RepoError> {
        let failed = || RepoError::git("read `HEAD`");
        let head = self.git.find_reference("HEAD").map_err(failed())?;
        if let Some(target) = head.symbolic_target().map_err(failed())? {
            let name = target.strip_prefix("refs/heads/").and_then(|name| name.parse::<BranchName>().ok());
            let name = name.ok_or_else(|| failed()(git2::Error::from_str("it does not name a branch")))?;
            return Ok(match self.resolve(target)? {
                Some(tip) => Head::Branch(name, tip),
                None => Head::Unborn(name),
            });
        }
        let commit = head.peel_to_commit().map_err(failed())?;
        Ok(Head::Detached(CommitId::new(commit.id())))
    }

    /// The branch that `HEAD` names, also when it has no commit yet.
    ///
    /// # Errors
    /// `HEAD` is detached or cannot be read.
    pub fn default_branch(&self) -> Result<BranchName, RepoError> {
        match self.head()? {
            Head::Branch(name, _) | Head::Unborn(name) => Ok(name),
            Head::Detached(commit) => Err(RepoError::DetachedHead(commit)),
        }
    }

    /// Makes `HEAD` name another branch, which need not exist yet.
    ///
    /// # Errors
    /// `HEAD` cannot be written.
    pub fn set_default_branch(&self, branch: &BranchName) -> Result<(), RepoError> {
        self.git.set_head(&branch.refname()).map_err(RepoError::git(format!("set the default branch to `{branch}`")))
    }

    /// All local branches with their tips, in name order. Names that are not UTF-8 are left out.
    ///
    /// # Errors
    /// References cannot be read.
    pub fn branches(&self) -> Result<Vec<(BranchName, CommitId)>, RepoError> {
        let failed = || RepoError::git("list the branches");
        let mut found = Vec::new();
        for branch in self.git.branches(Some(BranchType::Local)).map_err(failed())? {
            let (branch, _) = branch.map_err(failed())?;
            let name = branch.name().ok().and_then(|name| name?.parse::<BranchName>().ok());
            if let (Some(name), Ok(commit)) = (name, branch.get().peel_to_commit()) {
                found.push((name, CommitId::new(commit.id())));
            }
        }
        found.sort();
        Ok(found)
    }

    /// All tags with the commits that they name in the end, in name order. Names that are not UTF-8 and tags of something else
    /// than a commit are left out.
    ///
    /// # Errors
    /// References cannot be read.
    pub fn tags(&self) -> Result<Vec<(String, CommitId)>, RepoError> {
        let failed = || RepoError::git("list the tags");
        let mut found = Vec::new();
        for reference in self.git.references_glob("refs/tags/*").map_err(failed())? {
            let reference = reference.map_err(failed())?;
            let name = reference.name().ok().and_then(|name| name.strip_prefix("refs/tags/")).map(str::to_owned);
            if let (Some(name), Ok(commit)) = (name, reference.peel_to_commit()) {
                found.push((name, CommitId::new(commit.id())));
            }
        }
        found.sort();
        Ok(found)
    }

    fn missing_branch(&self, branch: BranchName) -> RepoError {
        let known: Vec<BranchName> =
            self.branches().unwrap_or_default().into_iter().map(|(name, _)| name).take(10).collect();
        if known.is_empty() {
            return RepoError::Empty { path: self.root().to_owned(), branch: branch.to_string() };
        }
        RepoError::MissingBranch { branch, known }
    }
}

#[cfg(test)]
mod tests {
    use super::Head;
    use crate::{RepoError, scratch::Scratch};

    #[test]
    fn an_empty_repository_says_so_and_a_missing_branch_names_the_others() {
        let scratch = Scratch::new();
        let main = "main".parse().expect("valid");
        assert!(matches!(scratch.repo.branch_tip(&main), Err(RepoError::Empty { .. })));
        assert_eq!(scratch.repo.head().expect("reads"), Head::Unborn(main.clone()));
        let tip = scratch.commit(&[("a", "1")]);
        assert_eq!(scratch.repo.head().expect("reads"), Head::Branch(main.clone(), tip));
        let error = scratch.repo.branch_tip(&"dev".parse().expect("valid")).expect_err("missing");
        assert_eq!(error.to_string(), "branch `dev` does not exist; there is `main`");
    }

    #[test]
    fn a_detached_head_is_told() {
        let scratch = Scratch::new();
        let tip = scratch.commit(&[("a", "1")]);
        scratch.git(&["update-ref", "--no-deref", "HEAD", &tip.to_string()]);
        assert_eq!(scratch.repo.head().expect("reads"), Head::Detached(tip));
        assert!(matches!(scratch.repo.default_branch(), Err(RepoError::DetachedHead(_))));
    }

    #[test]
    fn names_resolve_to_commits() {
        let scratch = Scratch::new();
        let tip = scratch.commit(&[("a", "1")]);
        scratch.git(&["tag", "-a", "-m", "x", "v1", "main"]);
        for name in ["main", "v1", "refs/tags/v1", "HEAD", &tip.to_string()] {
            assert_eq!(scratch.repo.resolve_name(name).expect(name), tip);
        }
        for name in ["--output=x", "none", "a..b", ""] {
            assert!(scratch.repo.resolve_name(name).is_err(), "{name}");
        }
    }
}
