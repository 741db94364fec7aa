//! Intents of publishers that died: what became of them is found out by reading.

use forgeline_engine::RunSpec;
use forgeline_repo::{CommitId, Repo, RepoError};
use forgeline_store::{Intent, IntentState};

use super::{Job, branch::Known, look::git};
use crate::{Runner, RunnerError, target::with_repo};

impl Runner {
    /// Resolves what publishers of this run left open. One that is still at work has the last word on its own.
    pub(super) async fn resolve_left_intents(&self, job: &Job<'_>) -> Result<(), RunnerError> {
        let spec: &RunSpec = &job.view.spec;
        let open = self.store.open_intents(&spec.id).await?;
        if open.is_empty() {
            return Ok(());
        }
        let known = self.known_branches(spec).await?;
        for (n, intent) in open {
            let heads = heads(&known, &intent);
            let landed = with_repo(&job.path, move |repo| has_landed(&repo, &intent, &heads)).await?;
            let state = if landed { IntentState::Done } else { IntentState::Moved };
            self.store.resolve_intent(&spec.id, n, state).await?;
        }
        Ok(())
    }
}

/// What pull requests of the intent's branch showed, though the branch may be gone.
fn heads(known: &[Known], intent: &Intent) -> Vec<CommitId> {
    known.iter().filter(|it| it.branch.refname() == intent.reference).map(|it| it.head).collect()
}

fn has_landed(repo: &Repo, intent: &Intent, heads: &[CommitId]) -> Result<bool, RunnerError> {
    let Ok(commit) = intent.commit.parse::<CommitId>() else { return Ok(false) };
    let tip = repo.resolve(&intent.reference).map_err(git)?;
    for tip in tip.iter().chain(heads) {
        match repo.is_ancestor(commit, *tip) {
            Ok(true) => return Ok(true),
            // What was never named may be gone, and so may a branch that nobody needs any more.
            Ok(false) | Err(RepoError::MissingObject { .. }) => {}
            Err(error) => return Err(git(error)),
        }
    }
    Ok(false)
}
