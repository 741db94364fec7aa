//! All that a run's tasks propose, in one place.

use forgeline_engine::run::TaskStatus;
use forgeline_model::StageId;
use forgeline_store::RunView;

use crate::{Runner, RunnerError};

/// A proposed file and the stage that proposes it.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) stage: StageId,
    pub(crate) path: String,
    pub(crate) artifact_type: String,
    pub(crate) content: String,
}

/// What a run wants to write.
#[derive(Debug, Clone)]
pub(crate) struct Collected {
    /// Files in the order of the plan; the gate refuses two with the same path.
    pub(crate) files: Vec<File>,
    /// For reports.
    pub(crate) summary: Vec<StageSummary>,
}

/// What one stage did, for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageSummary {
    /// The stage.
    pub stage: String,
    /// `name@version` of its agent.
    pub agent: String,
    /// `path (type)` of each file.
    pub files: Vec<String>,
    /// Milliseconds, all tasks together.
    pub millis: u64,
    /// How many tasks were answered from stored results.
    pub reused: usize,
    /// Tasks in all.
    pub tasks: usize,
}

impl Runner {
    pub(crate) async fn collect(&self, view: &RunView) -> Result<Collected, RunnerError> {
        let mut files = Vec::new();
        for stage in &view.spec.plan.stages {
            let Some(state) = view.state.stages.get(&stage.id) else { continue };
            for task in state.tasks() {
                let TaskStatus::Done(output) = &task.status else { continue };
                if output.artifacts.is_empty() {
                    continue;
                }
                let proposal = self.store.proposal(&output.proposal).await?;
                files.extend(proposal.files.into_iter().map(|file| File {
                    stage: stage.id.clone(),
                    path: file.path,
                    artifact_type: file.artifact_type,
                    content: file.content,
                }));
            }
        }
        Ok(Collected { files, summary: summarise(view) })
    }
}

/// What each stage did, in the order of the plan.
pub fn summarise(view: &RunView) -> Vec<StageSummary> {
    let mut rows = Vec::new();
    for stage in &view.spec.plan.stages {
        let Some(state) = view.state.stages.get(&stage.id) else { continue };
        let done: Vec<_> = state
            .tasks()
            .iter()
            .filter_map(|task| match &task.status {
                TaskStatus::Done(output) => Some(output),
                _ => None,
            })
            .collect();
        rows.push(StageSummary {
            stage: stage.id.to_string(),
            agent: stage.performer(),
            files: done
                .iter()
                .flat_map(|output| &output.artifacts)
                .map(|artifact| format!("{} ({})", artifact.path, artifact.artifact_type))
                .collect(),
            millis: done.iter().map(|output| output.millis).sum(),
            reused: done.iter().filter(|output| output.reused).count(),
            tasks: state.tasks().len(),
        });
    }
    rows
}
