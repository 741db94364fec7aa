//! A proposal meets what is there: for each file, whose version counts.

use std::collections::BTreeMap;

use forgeline_engine::RunSpec;
use forgeline_model::SafePath;
use forgeline_repo::{Change, CommitId, Repo, RepoError, merge_text};

use super::{
    collect::File,
    look::{RUN_BRANCH, git, run_base},
};
use crate::{RunnerError, provenance};

/// What a proposal goes on top of, and what both have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground {
    /// What the proposal is a change to: the last proposal on the branch, else the run's base. None where histories have
    /// nothing in common.
    pub(crate) ancestor: Option<CommitId>,
    /// The tip of the branch, else of the base branch.
    pub(crate) onto: CommitId,
}

impl Ground {
    /// On a branch that is there. The newest commit of its runs is, to the byte, what the run before proposed: where that
    /// had to be merged with a person's work, the proposal is kept as a commit of its own beside it. What the base branch
    /// has now does not matter: what was merged since the run was decided, the run does not know.
    pub(crate) fn on_branch(repo: &Repo, spec: &RunSpec, tip: CommitId) -> Result<Self, RunnerError> {
        let start = run_base(spec)?;
        let last = repo.last_with_trailer(tip, Some(start), RUN_BRANCH, &spec.target.branch).map_err(git)?;
        // Who copies the trailers into a commit of their own has not made the bot its author.
        let is_own = match last {
            Some(last) => repo.commit_info(last).map_err(git)?.committer.email == provenance::ADDRESS,
            None => false,
        };
        let ancestor = match last {
            Some(last) if is_own => Some(last),
            _ => repo.merge_base(start, tip).map_err(git)?,
        };
        Ok(Self { ancestor, onto: tip })
    }

    /// On the base branch, which may have moved since the run was decided.
    pub(crate) fn on_base(repo: &Repo, spec: &RunSpec, base: CommitId) -> Result<Self, RunnerError> {
        Ok(Self { ancestor: repo.merge_base(run_base(spec)?, base).map_err(git)?, onto: base })
    }
}

/// What becomes of one proposed file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// It is there already.
    Same,
    /// Nobody else touched it.
    Ours,
    /// Somebody else changed it, and the proposal did not.
    Theirs,
    /// Both changed it, in different places.
    Merged(Vec<u8>),
    /// Both changed it, in the same place.
    Clash,
}

/// A proposal, put on its ground.
#[derive(Debug, Default)]
pub(crate) struct Reconciled {
    /// What to write on top of the ground.
    pub(crate) changes: BTreeMap<SafePath, Change>,
    /// Of those, the texts that are neither side's: path and content.
    pub(crate) merged: BTreeMap<String, Vec<u8>>,
    /// Files where the other side's version stays though the proposal has another.
    pub(crate) clashes: Vec<String>,
    /// Whether somebody else's version of a proposed file is on the ground, so that the result is not the proposal.
    pub(crate) is_mixed: bool,
}

impl Reconciled {
    pub(crate) fn of(repo: &Repo, files: &[File], ground: Ground) -> Result<Self, RunnerError> {
        let mut all = Self::default();
        for file in files {
            // The gate has refused what does not parse.
            let Ok(path) = file.path.parse::<SafePath>() else { continue };
            let before = match ground.ancestor {
                Some(ancestor) => repo.read_file(ancestor, path.as_str()).map_err(git)?,
                None => None,
            };
            let theirs = repo.read_file(ground.onto, path.as_str()).map_err(git)?;
            match fate(before.as_deref(), file.content.as_bytes(), theirs.as_deref()).map_err(git)? {
                Fate::Same => continue,
                Fate::Ours => {
                    all.changes.insert(path, Change::Write(file.content.clone().into_bytes()));
                    continue;
                }
                Fate::Theirs => {}
                Fate::Merged(text) => {
                    all.merged.insert(path.to_string(), text.clone());
                    all.changes.insert(path, Change::Write(text));
                }
                Fate::Clash => all.clashes.push(path.to_string()),
            }
            all.is_mixed = true;
        }
        all.clashes.sort();
        Ok(all)
    }

    /// Whether the ground stays as it is and nobody needs to look.
    pub(crate) fn is_nothing(&self) -> bool {
        self.changes.is_empty() && self.clashes.is_empty()
    }
}

fn fate(before: Option<&[u8]>, ours: &[u8], theirs: Option<&[u8]>) -> Result<Fate, RepoError> {
    if theirs == Some(ours) {
        return Ok(Fate::Same);
    }
    if theirs == before {
        return Ok(Fate::Ours);
    }
    if before == Some(ours) {
        return Ok(Fate::Theirs);
    }
    let (Some(before), Some(theirs)) = (before, theirs) else { return Ok(Fate::Clash) };
    Ok(match merge_text(before, ours, theirs)? {
        Some(text) if text == theirs => Fate::Theirs,
        Some(text) => Fate::Merged(text),
        None => Fate::Clash,
    })
}

#[cfg(test)]
mod tests {
    use super::{Fate, fate};

    #[track_caller]
    fn check(before: Option<&str>, ours: &str, theirs: Option<&str>, expected: Fate) {
        let found = fate(before.map(str::as_bytes), ours.as_bytes(), theirs.map(str::as_bytes)).expect("decides");
        assert_eq!(found, expected);
    }

    #[test]
    fn a_side_that_did_not_change_a_file_gives_way() {
        check(None, "a\n", None, Fate::Ours);
        check(Some("a\n"), "b\n", Some("a\n"), Fate::Ours);
        check(Some("a\n"), "b\n", Some("b\n"), Fate::Same);
        check(None, "a\n", Some("a\n"), Fate::Same);
        check(Some("a\n"), "a\n", Some("b\n"), Fate::Theirs);
        check(Some("a\n"), "a\n", None, Fate::Theirs);
    }

    #[test]
    fn a_file_that_both_changed_is_merged_or_clashes() {
        let merged = Fate::Merged(b"one\n2\n3\nfour\n".to_vec());
        check(Some("1\n2\n3\n4\n"), "one\n2\n3\n4\n", Some("1\n2\n3\nfour\n"), merged);
        check(Some("1\n2\n3\n4\n"), "one\n2\n3\n4\n", Some("one\n2\n3\nfour\n"), Fate::Theirs);
        check(Some("1\n"), "2\n", Some("3\n"), Fate::Clash);
        check(Some("1\n"), "2\n", None, Fate::Clash);
        check(None, "2\n", Some("3\n"), Fate::Clash);
        check(Some("1\n2\n3\n4\n"), "one\n2\n3\n4\n", Some("1\n2\n3\n\0\n"), Fate::Clash);
    }
}
