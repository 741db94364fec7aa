//! As much of a run's spec as is still known.

use forgeline_engine::{
    Plan, RunSpec,
    plan::{Budget, DEFAULT_PRIORITY, OnFailure},
    spec::{Definitions, Forge, Target, Trigger, WritePolicy},
};
use forgeline_model::{DefinitionRef, Digest, RunId, RunKey, Timestamp, TraceId, WorkItem, event::EventSource};
use serde_json::json;

/// What is known of a run that has ended.
pub(super) struct Known<'a> {
    pub(super) run: RunId,
    /// `name@version`.
    pub(super) blueprint: &'a str,
    pub(super) digest: Option<Digest>,
    pub(super) repository: String,
    pub(super) item: Option<String>,
    /// The repository that keeps it, if that is another one.
    pub(super) item_repository: Option<String>,
    pub(super) branch: String,
    pub(super) at: Timestamp,
}

/// A spec that says so much and nothing more; none when the blueprint has no name and version.
pub(super) fn spec(known: &Known<'_>) -> Option<RunSpec> {
    let (name, version) = known.blueprint.split_once('@')?;
    let nothing = Digest::of_bytes(b"");
    let blueprint = DefinitionRef {
        name: name.to_owned(),
        version: version.parse().ok()?,
        digest: known.digest.unwrap_or(nothing),
    };
    let trigger_key = format!("rebuilt/{}", known.run);
    let item = known.item.as_ref().and_then(|id| id.parse().ok()).map(|id| WorkItem {
        id,
        title: String::new(),
        body: String::new(),
        kind: "issue".into(),
        labels: Vec::new(),
        author: String::new(),
    });
    Some(RunSpec {
        id: known.run.clone(),
        key: RunKey::of_trigger(&trigger_key),
        trigger_key,
        trigger: Trigger {
            kind: "rebuilt".into(),
            actor: String::new(),
            detail: "known from Git and the forge".into(),
            chain_depth: 0,
        },
        source: EventSource {
            trace_id: TraceId::of_run(&known.run),
            correlation_id: known.run.to_string(),
            project_id: "default".parse().expect("`default` is a project id"),
        },
        target: Target {
            forge: Forge::Local,
            repository: known.repository.clone(),
            base_branch: "main".into(),
            base: "0".repeat(40),
            branch: known.branch.clone(),
        },
        item,
        item_repository: known.item_repository.clone(),
        pull_request: None,
        plan: Plan {
            blueprint,
            agents: Vec::new(),
            contracts: nothing,
            inputs: json!({}),
            stages: Vec::new(),
            budget: Budget::default(),
            writes: Vec::new(),
            on_failure: OnFailure::default(),
            priority: DEFAULT_PRIORITY,
        },
        definitions: Definitions { origin: "unknown".into(), commit: None, dirty: false, contracts: None },
        policy: WritePolicy::default(),
        context: json!({}),
        concurrency: None,
        again: None,
        created_at: known.at,
    })
}
