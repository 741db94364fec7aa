//! Making a recorded verdict again, from what the run's record holds.

use std::collections::BTreeMap;

use forgeline_engine::Outcome;
use forgeline_model::canonical;
use forgeline_repo::{Repo, TreeId};
use forgeline_store::RunView;
use serde_json::Value;

use super::{Proposed, Verdict, judge_proposal};
use crate::{Runner, RunnerError, TargetError, target::with_repo};

/// A recorded verdict, and the same made again: both as canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// What the run's record holds.
    pub recorded: String,
    /// What the same proposal, policy and base give now.
    pub recomputed: String,
}

/// A verdict cannot be made again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The run never came to the gate, or had nothing to write.
    #[error("the run's record holds no verdict of the write gate: {0}")]
    NothingRecorded(&'static str),
    /// The recorded verdict does not name its base.
    #[error("the recorded verdict names no tree that it was made against; it is of an earlier version of Forgeline")]
    NoBase,
    /// Something that it needs is gone.
    #[error(transparent)]
    Runner(#[from] RunnerError),
}

impl Replay {
    /// Whether both are the same, byte for byte.
    pub fn is_same(&self) -> bool {
        self.recorded == self.recomputed
    }
}

impl Runner {
    /// Makes a run's verdict again: the recorded proposals, policy and base through the same rules. Needs the state and
    /// the target repository, and nothing else.
    ///
    /// # Errors
    /// No verdict is recorded, or a proposal or the base is gone.
    pub async fn replay(&self, view: &RunView) -> Result<Replay, ReplayError> {
        let recorded = recorded(view)?;
        let base: Option<TreeId> = recorded.get("base").and_then(Value::as_str).and_then(|id| id.parse().ok());
        let base = base.ok_or(ReplayError::NoBase)?;
        let verdict = self.judge_again(view, move |_| Ok(base)).await?;
        Ok(Replay { recorded: canonical::to_string(recorded), recomputed: verdict.document() })
    }

    /// What the gate says now to all that a run proposes, against its base branch.
    ///
    /// # Errors
    /// A proposal or the repository cannot be read.
    pub async fn verdict_now(&self, view: &RunView) -> Result<Verdict, RunnerError> {
        let branch = format!("refs/heads/{}", view.spec.target.base_branch);
        let missing = TargetError::Empty(view.spec.target.repository.clone());
        self.judge_again(view, move |repo| Ok(repo.tree_of(repo.resolve(&branch)?.ok_or(missing)?)?)).await
    }

    async fn judge_again(
        &self,
        view: &RunView,
        base: impl FnOnce(&Repo) -> Result<TreeId, TargetError> + Send + 'static,
    ) -> Result<Verdict, RunnerError> {
        let collected = self.collect(view).await?;
        let path = self.repository_path(&view.spec.target).await?;
        let spec = view.spec.clone();
        with_repo(&path, move |repo| {
            let proposed = Proposed {
                spec: &spec,
                files: &collected.files,
                summary: &collected.summary,
                merged: &BTreeMap::new(),
            };
            let base = base(&repo)?;
            Ok(judge_proposal(&repo, &proposed, base).map_err(TargetError::from)?)
        })
        .await
    }
}

fn recorded(view: &RunView) -> Result<&Value, ReplayError> {
    let nothing = |why| Err(ReplayError::NothingRecorded(why));
    match view.state.outcome() {
        Some(Outcome::Published(publication)) if publication.gate.is_null() => nothing("it was settled without one"),
        Some(Outcome::Published(publication)) => Ok(&publication.gate),
        Some(Outcome::Refused { gate: Some(gate), .. }) => Ok(gate),
        Some(Outcome::Refused { gate: None, .. }) => nothing("it was refused before"),
        Some(Outcome::NoChange { .. }) => nothing("there was nothing to write"),
        Some(Outcome::Failed { .. } | Outcome::Cancelled { .. }) => nothing("it did not come so far"),
        None => nothing("it has not ended"),
    }
}

#[cfg(test)]
mod tests {
    use super::Replay;

    #[test]
    fn the_same_is_the_same_byte_for_byte() {
        let replay =
            |recorded: &str, recomputed: &str| Replay { recorded: recorded.into(), recomputed: recomputed.into() };
        assert!(replay("{}", "{}").is_same());
        assert!(!replay("{}", "{} ").is_same());
    }
}
