//! Which branch a run writes to.

use forgeline_forge::types::{PullRequest, PullRequestState};
use forgeline_repo::{BranchName, CommitId};

/// A pull request whose head is the run's branch or a numbered successor of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// 1 for the branch itself, 2 for `…-2`.
    ordinal: u32,
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
        let ordinal = ordinal(stem, pull_request.head.as_str())?;
        Some(Self {
            ordinal,
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
    let latest = known.iter().max_by_key(|it| (it.ordinal, it.number));
    match latest {
        None => Choice::Write { branch: stem.to_owned(), open: false },
        Some(it) => match it.state {
            PullRequestState::Open => Choice::Write { branch: name(stem, it.ordinal), open: true },
            PullRequestState::Merged => Choice::Write { branch: name(stem, it.ordinal + 1), open: false },
            PullRequestState::Closed if matches!(trigger, "command" | "cli") => {
                Choice::Write { branch: name(stem, it.ordinal + 1), open: false }
            }
            PullRequestState::Closed => Choice::Leave { number: it.number },
        },
    }
}

/// `stem` for 1, `stem-2` for 2.
pub(crate) fn name(stem: &str, ordinal: u32) -> String {
    if ordinal == 1 { stem.to_owned() } else { format!("{stem}-{ordinal}") }
}

/// The inverse of [`name`].
pub(crate) fn ordinal(stem: &str, branch: &str) -> Option<u32> {
    match branch.strip_prefix(stem)? {
        "" => Some(1),
        rest => rest.strip_prefix('-')?.parse().ok().filter(|n| *n > 1),
    }
}

#[cfg(test)]
mod tests {
    use forgeline_forge::types::PullRequestState::{Closed, Merged, Open};

    use super::{Choice, Known, choose, ordinal};

    fn of(ordinal: u32, number: u64, state: forgeline_forge::types::PullRequestState) -> Known {
        let branch = super::name("b", ordinal).parse().expect("a branch name");
        Known { ordinal, number, state, branch, head: "1".repeat(40).parse().expect("an id") }
    }

    #[track_caller]
    fn check(known: &[(u32, u64, forgeline_forge::types::PullRequestState)], trigger: &str, expected: &str) {
        let known: Vec<Known> = known.iter().map(|&(ordinal, number, state)| of(ordinal, number, state)).collect();
        let chosen = match choose("b", &known, trigger) {
            Choice::Write { branch, open } => format!("{branch}{}", if open { " open" } else { "" }),
            Choice::Leave { number } => format!("leave #{number}"),
        };
        assert_eq!(chosen, expected);
    }

    #[test]
    fn the_latest_pull_request_decides() {
        check(&[], "label", "b");
        check(&[(1, 3, Open)], "label", "b open");
        check(&[(1, 3, Merged)], "label", "b-2");
        check(&[(1, 3, Merged), (2, 5, Open)], "label", "b-2 open");
        check(&[(1, 3, Closed)], "label", "leave #3");
        check(&[(1, 3, Closed)], "command", "b-2");
    }

    #[test]
    fn only_numbered_successors_count() {
        for (branch, expected) in [("b", Some(1)), ("b-2", Some(2)), ("b-1", None), ("b-x", None), ("bc", None)] {
            assert_eq!(ordinal("b", branch), expected, "{branch}");
        }
    }
}
