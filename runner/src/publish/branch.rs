//! Which branch a run writes to.

use forgeline_forge::types::{PullRequest, PullRequestState};
use forgeline_repo::{BranchName, CommitId};

/// Ends the name of a branch that holds what could not be merged.
const CONFLICT: &str = "-conflict";

/// What the name of a branch says, if it begins with the run's own branch name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// 1 for the branch itself, 2 for `…-2`.
    pub(crate) ordinal: u32,
    /// What the branch holds.
    pub(crate) holds: Holds,
}

/// What a branch of a run holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holds {
    /// What runs propose.
    Proposal,
    /// What could not be merged: 1 for `…-conflict`, 2 for `…-conflict-2`.
    Conflict(u32),
}

impl Place {
    /// Reads a branch name; none when it is not of this stem.
    pub(crate) fn of(stem: &str, branch: &str) -> Option<Self> {
        let rest = branch.strip_prefix(stem)?;
        Some(match rest.split_once(CONFLICT) {
            None => Self { ordinal: number(rest)?, holds: Holds::Proposal },
            Some((ordinal, nth)) => Self { ordinal: number(ordinal)?, holds: Holds::Conflict(number(nth)?) },
        })
    }
}

/// A pull request whose head is one of the run's branches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// What its branch's name says.
    pub(crate) place: Place,
    /// Its number.
    pub(crate) number: u64,
    /// Where it stands.
    pub(crate) state: PullRequestState,
    /// Its branch.
    pub(crate) branch: BranchName,
    /// The branch's tip, or what it was when the pull request ended.
    pub(crate) head: CommitId,
}

impl Known {
    /// What this pull request says about `stem`, if it speaks of it.
    pub(crate) fn of(stem: &str, pull_request: &PullRequest) -> Option<Self> {
        Some(Self {
            place: Place::of(stem, pull_request.head.as_str())?,
            number: pull_request.number,
            state: pull_request.state,
            branch: pull_request.head.clone(),
            head: pull_request.head_commit,
        })
    }
}

/// Where to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// On this branch.
    Write {
        /// Its name.
        branch: String,
        /// Whether an open pull request shows it already.
        open: bool,
    },
    /// Nowhere: a person closed the pull request, and no command asked again.
    Leave {
        /// The pull request.
        number: u64,
    },
}

/// The branch of the open pull request; after a merged one the next number; after one that a person closed nothing,
/// unless somebody asks with a command.
pub(crate) fn choose(stem: &str, known: &[Known], trigger: &str) -> Choice {
    let proposals = known.iter().filter(|it| it.place.holds == Holds::Proposal);
    let latest = proposals.max_by_key(|it| (it.place.ordinal, it.number));
    match latest {
        None => Choice::Write { branch: stem.to_owned(), open: false },
        Some(it) => match it.state {
            PullRequestState::Open => Choice::Write { branch: name(stem, it.place.ordinal), open: true },
            PullRequestState::Merged => Choice::Write { branch: name(stem, it.place.ordinal + 1), open: false },
            PullRequestState::Closed if matches!(trigger, "command" | "cli") => {
                Choice::Write { branch: name(stem, it.place.ordinal + 1), open: false }
            }
            PullRequestState::Closed => Choice::Leave { number: it.number },
        },
    }
}

/// `stem` for 1, `stem-2` for 2.
pub(crate) fn name(stem: &str, ordinal: u32) -> String {
    if ordinal == 1 { stem.to_owned() } else { format!("{stem}-{ordinal}") }
}

/// The branch that holds what did not fit on `branch`: `branch-conflict` for 1, `branch-conflict-2` for 2.
pub(crate) fn conflict_name(branch: &str, nth: u32) -> String {
    name(&format!("{branch}{CONFLICT}"), nth)
}

/// The inverse of what [`name`] appends.
fn number(suffix: &str) -> Option<u32> {
    match suffix {
        "" => Some(1),
        suffix => suffix.strip_prefix('-')?.parse().ok().filter(|n| *n > 1),
    }
}

#[cfg(test)]
mod tests {
    use forgeline_forge::types::PullRequestState::{self, Closed, Merged, Open};

    use super::{Choice, Holds, Known, Place, choose, conflict_name};

    fn of((branch, number, state): (&str, u64, PullRequestState)) -> Known {
        Known {
            place: Place::of("b", branch).expect("a branch of the run"),
            number,
            state,
            branch: branch.parse().expect("a branch name"),
            head: "1".repeat(40).parse().expect("an id"),
        }
    }

    #[track_caller]
    fn check(known: &[(&str, u64, PullRequestState)], trigger: &str, expected: &str) {
        let known: Vec<Known> = known.iter().copied().map(of).collect();
        let chosen = match choose("b", &known, trigger) {
            Choice::Write { branch, open } => format!("{branch}{}", if open { " open" } else { "" }),
            Choice::Leave { number } => format!("leave #{number}"),
        };
        assert_eq!(chosen, expected);
    }

    #[test]
    fn the_latest_pull_request_decides() {
        check(&[], "label", "b");
        check(&[("b", 3, Open)], "label", "b open");
        check(&[("b", 3, Merged)], "label", "b-2");
        check(&[("b", 3, Merged), ("b-2", 5, Open)], "label", "b-2 open");
        check(&[("b", 3, Closed)], "label", "leave #3");
        check(&[("b", 3, Closed)], "command", "b-2");
        check(&[("b", 3, Open), ("b-conflict", 4, Closed)], "label", "b open");
    }

    #[test]
    fn only_branches_of_the_run_count() {
        let place = |ordinal, holds| Some(Place { ordinal, holds });
        for (branch, expected) in [
            ("b", place(1, Holds::Proposal)),
            ("b-2", place(2, Holds::Proposal)),
            ("b-conflict", place(1, Holds::Conflict(1))),
            ("b-2-conflict-3", place(2, Holds::Conflict(3))),
            ("b-1", None),
            ("b-x", None),
            ("b-conflicts", None),
            ("bc", None),
            ("a", None),
        ] {
            assert_eq!(Place::of("b", branch), expected, "{branch}");
        }
        assert_eq!((conflict_name("b-2", 1), conflict_name("b", 2)), ("b-2-conflict".into(), "b-conflict-2".into()));
    }
}
