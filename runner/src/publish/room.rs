//! At most so many pull requests of Forgeline are open in a repository; what comes after them waits for room.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use forgeline_blueprints::config::MOST_OPEN_PULL_REQUESTS;
use forgeline_engine::RunSpec;
use forgeline_forge::{LocalForge, types::PullRequestState};
use forgeline_store::WAITS;

use crate::{Runner, RunnerError};

/// Where Forgeline's own branches are.
const OWN: &str = "forgeline/";

/// Pull requests that this process is about to open, by repository: they count before they are there.
#[derive(Clone, Default)]
pub(crate) struct Opening(Arc<Mutex<HashMap<String, u32>>>);

/// A place among them; dropped, it is free again.
pub(super) struct Seat {
    opening: Opening,
    repository: String,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut all = self.opening.0.lock().expect("no panic while held");
        if let Some(count) = all.get_mut(&self.repository) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                all.remove(&self.repository);
            }
        }
    }
}

/// There is no room now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {open} pull requests of Forgeline are open in {repository}, and more may not be; merge or close one", WAITS.trim_end_matches(": "))]
pub struct Full {
    /// The repository.
    pub repository: String,
    /// How many are open.
    pub open: u32,
}

impl Runner {
    /// Room for one more pull request in the run's repository.
    ///
    /// # Errors
    /// [`PublishError::Full`](super::PublishError::Full): as many are open as may be.
    pub(super) async fn seat(&self, spec: &RunSpec) -> Result<Seat, RunnerError> {
        let most = spec.policy.max_open_pull_requests.unwrap_or(MOST_OPEN_PULL_REQUESTS);
        let repository = spec.target.repository.clone();
        let repo = self.forge_repository(&spec.target)?;
        let bot = LocalForge::bot();
        let all = self.forge.pull_requests(&repo, Some(PullRequestState::Open), None).await?;
        let own = all.iter().filter(|it| it.author == bot && it.head.as_str().starts_with(OWN)).count();
        let open = u32::try_from(own).unwrap_or(u32::MAX);
        let mut opening = self.opening.0.lock().expect("no panic while held");
        let soon = opening.entry(repository.clone()).or_default();
        if open.saturating_add(*soon) >= most {
            return Err(super::PublishError::Full(Full { repository, open }).into());
        }
        *soon += 1;
        Ok(Seat { opening: self.opening.clone(), repository })
    }
}
