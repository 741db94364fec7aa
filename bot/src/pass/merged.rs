//! A pull request was merged: its artifacts are told, and the default branch's index learns of them.

use std::collections::BTreeMap;

use forgeline_blueprints::blueprint::{PullRequestAction, Trigger as Rule};
use forgeline_forge::types::RepoId;
use forgeline_model::{
    Digest, Event, RunId, TraceId,
    event::EventSource,
    knowledge::{IndexRequest, RefRole},
};
use forgeline_repo::{CommitId, RepoError};
use forgeline_runner::standing::Standing;
use forgeline_store::{ArtifactRow, Decision, InboxRow, Ruling};
use serde_json::{Map, Value, json};

use super::{
    Bot, Ground, PassError, Passed,
    change::{Mover, OWN_BRANCHES, waits},
    ruling,
};

/// What a merge made of the artifacts of a pull request. People change, move and drop files before they merge.
#[derive(Default)]
struct Merged {
    /// What is there, with the digest it has there.
    present: Vec<(RunId, ArtifactRow)>,
    /// Paths of those that are not as their run wrote them.
    changed_by_person: Vec<String>,
    /// Paths that are not there.
    absent: Vec<String>,
}

impl Bot {
    pub(super) async fn merged(
        &self,
        row: &InboxRow,
        repo: &RepoId,
        number: u64,
        actor: &str,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        let runner = &self.runner;
        let subject = format!("{repo}#{number}");
        let rule = "pull_request.merged".to_owned();
        let Some(commit) = runner.forge.pull_request(repo, number).await?.merged_commit else {
            let detail = json!({"expected": "a merged commit", "actual": null, "actor": actor});
            let decision = Decision { subject, rule, verdict: "ignore".into(), detail };
            return self.rule(ruling::noted(row, decision), |_| Vec::new(), passed).await;
        };
        let ground = self.ground(repo).await?;
        self.merge_triggers(&ground, number, actor, passed).await?;
        let merged = self.artifacts_at(repo, number, commit).await?;
        let mut events = Vec::with_capacity(merged.present.len());
        for (run, artifact) in &merged.present {
            events.push((Some(run.clone()), self.told(&ground, run, artifact, number, commit).await?));
        }
        // Both may be done twice, and are done before the delivery ends, so that a crash in between loses neither.
        self.index_base(&ground, &merged).await?;
        let mut runs: Vec<&RunId> = merged.present.iter().map(|(run, _)| run).collect();
        runs.sort();
        runs.dedup();
        for run in &runs {
            let spec = runner.store.run(run).await?.spec;
            runner.show_standing(&spec, Standing::Merged).await?;
            runner.store.artifacts_merged(run, &commit.to_string()).await?;
        }
        let decision = Decision {
            subject,
            rule,
            verdict: if events.is_empty() { "ignore".into() } else { "tell".into() },
            detail: json!({
                "commit": commit.to_string(),
                "artifacts": events.len(),
                "runs": runs,
                "actor": actor,
                "changed_by_person": merged.changed_by_person,
                "absent": merged.absent,
            }),
        };
        runner.store.tell(&events, &[decision], Some(row.seq), runner.clock.now()).await?;
        Ok(())
    }

    /// Starts what waits for merged pull requests. It may be done twice: a run exists once for each.
    async fn merge_triggers(
        &self,
        ground: &Ground,
        number: u64,
        actor: &str,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        let pull_request = self.runner.forge.pull_request(&ground.repo, number).await?;
        let is_own = Self::is_own(actor) || pull_request.head.as_str().starts_with(OWN_BRANCHES);
        if is_own || ground.is_broken() || !waits(ground, waits_for_merges) {
            return Ok(());
        }
        let by = Mover { actor, action: PullRequestAction::Merged, by_command: false, is_old: passed.is_again };
        let (mut ruling, mut answers) = (Ruling::default(), Vec::new());
        self.headed(ground, pull_request, by, &mut ruling, &mut answers).await?;
        self.rule_and_answer(ruling, answers, passed).await
    }

    /// What the runs of this pull request wrote, the newest artifact for each path, as it is in the merged commit.
    async fn artifacts_at(&self, repo: &RepoId, number: u64, commit: CommitId) -> Result<Merged, PassError> {
        let store = &self.runner.store;
        let mut newest: BTreeMap<String, (RunId, ArtifactRow)> = BTreeMap::new();
        for row in store.runs_of_pull_request(&repo.to_string(), number).await? {
            let Ok(run) = row.run_id.parse::<RunId>() else { continue };
            for artifact in store.artifacts(Some(&run), None).await? {
                if newest.get(&artifact.path).is_none_or(|(_, known)| known.id < artifact.id) {
                    newest.insert(artifact.path.clone(), (run.clone(), artifact));
                }
            }
        }
        let paths: Vec<String> = newest.keys().cloned().collect();
        let read = move |git: &forgeline_repo::Repo| -> Result<Vec<Option<Digest>>, RepoError> {
            let digest = |path: &String| Ok(git.read_file(commit, path)?.map(|bytes| Digest::of_bytes(&bytes)));
            paths.iter().map(digest).collect()
        };
        let digests = self.runner.forge.with_git(repo, read).await?;
        let mut merged = Merged::default();
        for ((path, (run, mut artifact)), digest) in newest.into_iter().zip(digests) {
            let Some(digest) = digest else {
                merged.absent.push(path);
                continue;
            };
            let digest = digest.to_string();
            if artifact.digest != digest {
                merged.changed_by_person.push(path);
                artifact.digest = digest;
            }
            merged.present.push((run, artifact));
        }
        Ok(merged)
    }

    async fn index_base(&self, ground: &Ground, merged: &Merged) -> Result<(), PassError> {
        let path = self.runner.forge.git_dir(&ground.repo).await?;
        let request = IndexRequest {
            repo: ground.repo.to_string(),
            git_dir: path.to_string_lossy().into_owned(),
            ref_name: ground.target.base_branch.refname(),
            commit: Some(ground.target.base.to_string()),
            role: RefRole::Default,
            generated: merged.present.iter().map(|(_, artifact)| artifact.path.clone()).collect(),
            budget_ms: None,
        };
        Ok(self.runner.index_ref(request).await?)
    }

    async fn told(
        &self,
        ground: &Ground,
        run: &RunId,
        artifact: &ArtifactRow,
        number: u64,
        commit: CommitId,
    ) -> Result<Event, PassError> {
        let view = self.runner.store.run(run).await?;
        let source = EventSource { trace_id: TraceId::of_run(run), ..view.spec.source.clone() };
        let fields = json!({
            "repository": artifact.repository,
            "path": artifact.path,
            "artifact_type": artifact.artifact_type,
            "digest": artifact.digest,
            "commit": commit.to_string(),
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

fn waits_for_merges(rule: &Rule) -> bool {
    matches!(rule, Rule::PullRequest(it) if it.waits_for(PullRequestAction::Merged))
}
