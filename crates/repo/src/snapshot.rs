//! What several references named at one look.

use std::collections::BTreeMap;

use git2::{ErrorCode, Repository};

use crate::{CommitId, Repo, RepoError};

/// References that match some patterns, and the commits that they named. What was concluded from them holds as long as
/// they stand still; see [`Repo::swap_if_unmoved`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    globs: Vec<String>,
    tips: BTreeMap<String, CommitId>,
}

impl Repo {
    /// Looks at all references that match one of `globs`, which are full names in which `*` stands for anything.
    ///
    /// # Errors
    /// References cannot be read.
    pub fn snapshot(&self, globs: &[&str]) -> Result<Snapshot, RepoError> {
        let globs: Vec<String> = globs.iter().map(|glob| (*glob).to_owned()).collect();
        let tips = tips(&self.git, &globs).map_err(RepoError::git("read the references"))?;
        Ok(Snapshot { globs, tips })
    }
}

impl Snapshot {
    /// What a reference named; none when it did not exist.
    pub fn tip(&self, refname: &str) -> Option<CommitId> {
        self.tips.get(refname).copied()
    }

    /// Full names and commits, in name order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, CommitId)> {
        self.tips.iter().map(|(name, tip)| (name.as_str(), *tip))
    }

    /// Whether a second look shows the same.
    pub(crate) fn still_stands(&self, git: &Repository) -> Result<bool, git2::Error> {
        Ok(tips(git, &self.globs)? == self.tips)
    }
}

fn tips(git: &Repository, globs: &[String]) -> Result<BTreeMap<String, CommitId>, git2::Error> {
    let mut found = BTreeMap::new();
    for glob in globs {
        for reference in git.references_glob(glob)? {
            let reference = match reference {
                Ok(reference) => reference,
                // It went away between the listing and the reading.
                Err(error) if error.code() == ErrorCode::NotFound => continue,
                Err(error) => return Err(error),
            };
            if let (Ok(name), Ok(commit)) = (reference.name(), reference.peel_to_commit()) {
                found.insert(name.to_owned(), CommitId::new(commit.id()));
            }
        }
    }
    Ok(found)
}
