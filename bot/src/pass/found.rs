//! What stands under a number now: an issue, a pull request, or nothing any more.

use forgeline_engine::spec::PullRequestAt;
use forgeline_forge::{
    ForgeError,
    types::{Issue, IssueState, PullRequest, PullRequestState, RepoId},
};
use forgeline_model::{ItemId, WorkItem};

use super::{Bot, PassError};
use crate::triggers::ItemFacts;

/// Label that holds an item back from new runs.
pub(super) const HOLD: &str = "forgeline/hold";

/// An issue or a pull request.
pub(super) enum Found {
    Issue(Box<Issue>),
    PullRequest(Box<PullRequest>),
}

impl Found {
    /// What triggers look at.
    pub(super) fn facts(&self) -> ItemFacts {
        let (number, kind, state, is_closed, labels, author) = match self {
            Self::Issue(it) => {
                let is_closed = it.state == IssueState::Closed;
                (it.number, "issue", it.state.to_string(), is_closed, &it.labels, &it.author)
            }
            Self::PullRequest(it) => {
                let is_closed = it.state != PullRequestState::Open;
                (it.number, "pull request", it.state.to_string(), is_closed, &it.labels, &it.author)
            }
        };
        ItemFacts {
            id: number.to_string().parse::<ItemId>().expect("a number is an item id"),
            kind: kind.to_owned(),
            state,
            is_closed,
            is_held: labels.iter().any(|label| label == HOLD),
            labels: labels.clone(),
            author: author.to_string(),
        }
    }

    /// What blueprints work on: an issue.
    pub(super) fn work_item(&self) -> Option<WorkItem> {
        match self {
            Self::Issue(issue) => Some(issue.work_item()),
            Self::PullRequest(_) => None,
        }
    }

    /// What reviews look at: a pull request at its head.
    pub(super) fn pull_request(&self) -> Option<PullRequestAt> {
        match self {
            Self::Issue(_) => None,
            Self::PullRequest(it) => at(it),
        }
    }
}

/// A pull request at its head; none when its branches have nothing in common.
pub(super) fn at(pull_request: &PullRequest) -> Option<PullRequestAt> {
    Some(PullRequestAt {
        number: pull_request.number,
        head: pull_request.head_commit.to_string(),
        fork: pull_request.base_commit?.to_string(),
    })
}

impl Bot {
    /// What stands under a number.
    ///
    /// # Errors
    /// The forge cannot say. That is not the same as that there is nothing, and must not be taken for it.
    pub(super) async fn find_item(&self, repo: &RepoId, number: u64) -> Result<Option<Found>, PassError> {
        match self.runner.forge.issue(repo, number).await {
            Ok(issue) => return Ok(Some(Found::Issue(Box::new(issue)))),
            Err(ForgeError::NoItem { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        match self.runner.forge.pull_request(repo, number).await {
            Ok(pull_request) => Ok(Some(Found::PullRequest(Box::new(pull_request)))),
            Err(ForgeError::NoItem { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
