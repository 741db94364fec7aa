//! A forge: people's comments, pull requests, and deliveries that get lost, doubled and mixed up.

use std::collections::{BTreeMap, BTreeSet};

use forgeline_model::{Digest, RunId, StageId};

use crate::git::{CommitId, Git};

/// Somebody on the forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) role: &'static str,
}

/// Everybody there is. The last one may only look.
pub(crate) const PEOPLE: [Person; 4] = [
    Person { name: "ana", role: "maintainer" },
    Person { name: "bo", role: "maintainer" },
    Person { name: "cy", role: "editor" },
    Person { name: "eve", role: "reader" },
];

/// Something that happened on the forge; its place among them is its id.
#[derive(Debug, Clone)]
pub(crate) struct Happening {
    pub(crate) actor: Person,
    pub(crate) item: usize,
    pub(crate) says: Says,
}

/// What it says to Forgeline.
#[derive(Debug, Clone)]
pub(crate) enum Says {
    Run {
        blueprint: usize,
    },
    Retry,
    Cancel,
    Approve {
        stage: StageId,
        /// What the person saw, and agrees to.
        saw: Digest,
    },
    Reject {
        stage: StageId,
    },
    /// Nothing that asks for anything.
    Other,
}

/// A pull request; its place among them is its number.
#[derive(Debug, Clone)]
pub(crate) struct Pull {
    pub(crate) head: String,
    pub(crate) state: PullState,
    /// The branch's tip, or what it was when the pull request ended.
    pub(crate) commit: CommitId,
    /// The run that opened it.
    pub(crate) opened_by: RunId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PullState {
    Open,
    Merged,
    Closed,
}

/// A delivery on its way.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) key: String,
    pub(crate) happening: usize,
}

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Luck {
    Good,
    /// It fails and has done nothing.
    FailsBefore,
    /// It fails, though it has done what was asked.
    FailsAfter,
}

/// A call failed; whether it did something is not known.
#[derive(Debug)]
pub(crate) struct CallFailed;

#[derive(Debug, Default)]
pub(crate) struct Forge {
    pub(crate) happened: Vec<Happening>,
    pub(crate) hooks: Vec<Hook>,
    /// Deliveries that were answered.
    pub(crate) acknowledged: BTreeSet<String>,
    pub(crate) pulls: Vec<Pull>,
    /// Item, key and text of each comment of ours.
    pub(crate) comments: Vec<(usize, String, String)>,
    /// Effects that reached the forge, by their outbox key.
    pub(crate) performed: BTreeMap<String, u32>,
}

impl Forge {
    /// Something happens, and a delivery of it sets out; its id.
    pub(crate) fn happen(&mut self, happening: Happening) -> usize {
        let id = self.happened.len();
        self.happened.push(happening);
        self.hooks.push(Hook { key: format!("hook/{id}"), happening: id });
        id
    }

    /// Makes sure that the comment with this key says this; `look` is false for a caller that posts blindly.
    pub(crate) fn upsert_comment(
        &mut self,
        (item, key, text): (usize, &str, &str),
        effect: &str,
        look: bool,
        luck: Luck,
    ) -> Result<(), CallFailed> {
        if luck == Luck::FailsBefore {
            return Err(CallFailed);
        }
        *self.performed.entry(effect.to_owned()).or_default() += 1;
        match self.comments.iter_mut().find(|comment| look && comment.0 == item && comment.1 == key) {
            Some(comment) => text.clone_into(&mut comment.2),
            None => self.comments.push((item, key.to_owned(), text.to_owned())),
        }
        if luck == Luck::FailsAfter { Err(CallFailed) } else { Ok(()) }
    }

    /// Makes sure that a branch has its pull request; its number, and whether it is new. As on the real forges, a branch
    /// has one open pull request, and one that a person ended stays so until the branch moves.
    pub(crate) fn upsert_pull(
        &mut self,
        git: &Git,
        head: &str,
        run: &RunId,
        look: bool,
        luck: Luck,
    ) -> Result<(usize, bool), CallFailed> {
        let Some(commit) = git.tip(head) else { return Err(CallFailed) };
        if luck == Luck::FailsBefore {
            return Err(CallFailed);
        }
        let open = self.pulls.iter().position(|pull| pull.head == head && pull.state == PullState::Open);
        let ended = self.pulls.iter().position(|pull| pull.head == head && pull.commit == commit);
        let done = match open.or(ended).filter(|_| look) {
            Some(number) => {
                if self.pulls[number].state == PullState::Open {
                    self.pulls[number].commit = commit;
                }
                (number, false)
            }
            None => {
                let head = head.to_owned();
                self.pulls.push(Pull { head, state: PullState::Open, commit, opened_by: run.clone() });
                (self.pulls.len() - 1, true)
            }
        };
        if luck == Luck::FailsAfter { Err(CallFailed) } else { Ok(done) }
    }

    /// A person ends a pull request.
    pub(crate) fn end_pull(&mut self, git: &Git, number: usize, state: PullState) {
        let pull = &mut self.pulls[number];
        pull.commit = git.tip(&pull.head).unwrap_or(pull.commit);
        pull.state = state;
    }
}
