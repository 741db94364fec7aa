//! A pull request was merged: its artifacts are told, and the default branch's index learns of them.

use forgeline_forge::types::RepoId;
use forgeline_model::{
    Event, RunId, TraceId,
    event::EventSource,
    knowledge::{IndexRequest, RefRole},
};
use forgeline_store::{ArtifactRow, Decision, InboxRow};
use serde_json::{Map, Value, json};

use super::{Bot, Ground, PassError};

impl Bot {
    pub(super) async fn merged(
        &self,
        row: &InboxRow,
        repo: &RepoId,
        number: u64,
        actor: &str,
    ) -> Result<(), PassError> {
        let runner = &self.runner;
        let pull_request = runner.forge.pull_request(repo, number).await?;
        let commit = pull_request.merged_commit.map(|commit| commit.to_string()).unwrap_or_default();
        let ground = self.ground(repo).await?;
        let artifacts = self.artifacts_of(repo, number).await?;
        let mut events = Vec::with_capacity(artifacts.len());
        for artifact in &artifacts {
            if let Ok(run) = artifact.run.parse::<RunId>() {
                events.push((Some(run.clone()), self.told(&ground, &run, artifact, number, &commit).await?));
            }
        }
        let mut runs: Vec<RunId> = events.iter().filter_map(|(run, _)| run.clone()).collect();
        runs.dedup();
        for run in &runs {
            runner.store.artifacts_merged(run, &commit).await?;
        }
        let decision = Decision {
            subject: format!("{repo}#{number}"),
            rule: "pull_request.merged".into(),
            verdict: if events.is_empty() { "ignore".into() } else { "tell".into() },
            detail: json!({"commit": commit, "artifacts": artifacts.len(), "runs": runs, "actor": actor}),
        };
        runner.store.tell(&events, &[decision], Some(row.seq), runner.clock.now()).await?;
        let path = runner.forge.git_dir(repo).await?;
        let request = IndexRequest {
            repo: repo.to_string(),
            git_dir: path.to_string_lossy().into_owned(),
            ref_name: ground.target.base_branch.refname(),
            commit: Some(ground.target.base.to_string()),
            role: RefRole::Default,
            generated: artifacts.into_iter().map(|artifact| artifact.path).collect(),
            budget_ms: None,
        };
        Ok(runner.index_ref(request).await?)
    }

    /// What the runs of this pull request wrote: the newest artifact for each path.
    async fn artifacts_of(&self, repo: &RepoId, number: u64) -> Result<Vec<ArtifactRow>, PassError> {
        let store = &self.runner.store;
        let shown = repo.to_string();
        let mut newest: std::collections::BTreeMap<String, ArtifactRow> = std::collections::BTreeMap::new();
        for row in store.runs(1000).await? {
            if row.repository != shown || row.pull_request.and_then(|it| u64::try_from(it).ok()) != Some(number) {
                continue;
            }
            let Ok(run) = row.run_id.parse::<RunId>() else { continue };
            for artifact in store.artifacts(Some(&run), None).await? {
                let known = newest.get(&artifact.path).is_some_and(|known| known.id > artifact.id);
                if !known {
                    newest.insert(artifact.path.clone(), artifact);
                }
            }
        }
        Ok(newest.into_values().collect())
    }

    async fn told(
        &self,
        ground: &Ground,
        run: &RunId,
        artifact: &ArtifactRow,
        number: u64,
        commit: &str,
    ) -> Result<Event, PassError> {
        let view = self.runner.store.run(run).await?;
        let source = EventSource { trace_id: TraceId::of_run(run), ..view.spec.source.clone() };
        let fields = json!({
            "repository": artifact.repository,
            "path": artifact.path,
            "artifact_type": artifact.artifact_type,
            "digest": artifact.digest,
            "commit": commit,
            "branch": ground.target.base_branch.to_string(),
            "pull_request": number,
            "run_id": run,
            "blueprint": view.spec.plan.blueprint.name,
            "stage": artifact.stage,
        });
        let fields: Map<String, Value> = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let identity = format!("merged {} {number} {commit} {}", artifact.repository, artifact.path);
        let now = self.runner.clock.now();
        let mut event = Event::derived(&source, &identity, "ArtifactMerged", "1.0", "forgeline", now, fields);
        event.artifact_uri = Some(format!("forgeline://{}/{}@{commit}", artifact.repository, artifact.path));
        Ok(event)
    }
}
