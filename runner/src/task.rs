//! One task: its key, its result if there is one already, else the agent's work, checked.

mod key;
pub(crate) mod narrow;

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use forgeline_engine::{
    RunSpec, TaskId, TaskOutput, context,
    fact::{ArtifactRef, MatrixItem},
    plan::PlannedStage,
    tell,
};
use forgeline_model::{
    Digest,
    task::{FailureClass, NoteVerdict, Proposal, TaskFailure, TaskLimits, TaskOutcome, TaskRequest, Usage},
};
use forgeline_store::{Lease, RunView};
use serde_json::{Value, json};
use tokio::time::{self, Duration};
use tracing::{Instrument as _, debug, info_span};

use crate::{Runner, RunnerError, Stop, agent_cache::CachedAgent, drive::LEASE_MS};

/// Longest `outputs` of a task, bytes of JSON: they stand in the journal.
const MOST_OUTPUT_BYTES: usize = 256 << 10;

/// What a task depends on, all of it; two tasks with equal keys give equal results.
struct Prepared {
    key: Digest,
    parts: BTreeMap<String, Digest>,
    request: TaskRequest,
    agent: Arc<CachedAgent>,
    /// Where the agent's earlier artifacts were found, `path@commit`.
    citations: usize,
}

impl Runner {
    /// Performs the task that `lease` holds and stores what came of it. The run's next task, if one was claimed.
    pub(crate) async fn perform_task(&self, lease: Lease, stop: &Stop) -> Result<Option<Lease>, RunnerError> {
        let begun = Instant::now();
        let view = self.store.run_as_claimed(&lease.run).await?;
        let (stage, item) = find(&view, &lease.task)?;
        let work = self.result(&view, &stage, item.as_ref(), &lease);
        let (prepared, outcome, reused) = self.renewing(&lease, work).await?;
        let outcome = match outcome {
            TaskOutcome::Done(proposal) => self.checked(&view.spec, &stage, &lease.task, proposal),
            other @ (TaskOutcome::Failed(_) | TaskOutcome::Parked { .. }) => other,
        };
        let now = self.clock.now();
        match outcome {
            TaskOutcome::Failed(failure) => {
                debug!(kind = failure.kind, "attempt failed");
                let run = lease.run.clone();
                let step = self.store.fail(lease, failure, now).await?;
                self.watch.step(&run, step);
                Ok(None)
            }
            TaskOutcome::Parked { until, reason } => {
                let run = lease.run.clone();
                let step = self.store.park(lease, until, reason, now).await?;
                self.watch.step(&run, step);
                Ok(None)
            }
            TaskOutcome::Done(proposal) => {
                let stored = self.store.keep(&proposal)?;
                let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                let output = output(&prepared, &proposal, stored.digest(), reused, millis);
                let run = lease.run.clone();
                let claim_next = (!*stop.borrow()).then_some(LEASE_MS);
                let finished = self.store.finish(lease, output, &stored, proposal.events, claim_next, now).await?;
                self.watch.step(&run, finished.step);
                Ok(finished.next)
            }
        }
    }

    async fn prepare_task(
        &self,
        view: &RunView,
        stage: &PlannedStage,
        item: Option<&MatrixItem>,
        lease: &Lease,
    ) -> Result<Prepared, RunnerError> {
        let Some(by) = stage.agent() else {
            return Err(RunnerError::Bug(format!("stage `{}` waits for people and was claimed", stage.id)));
        };
        let mut context = context::for_task(&view.spec, &view.state, stage, item);
        let agent = self.agent(&by.digest).await?;
        let hits = self.earlier_work(view, &agent, &context).await;
        let citations = hits.len();
        if let Value::Object(roots) = &mut context {
            roots.insert("knowledge".into(), Value::Array(hits));
            roots.insert("revision".into(), key::revision(&view.spec, stage));
        }
        let context = narrow::narrow(context, &agent.names, &stage.with);
        let mut parts = key::parts(&view.spec, stage, &lease.task, &context);
        let registry_change = match &view.spec.pull_request {
            Some(at) if agent.reviews_contracts => Some(Box::new(self.registry_change(view, at).await?)),
            _ => None,
        };
        parts.extend(registry_change.iter().map(|change| ("registry_change".to_owned(), Digest::of(change))));
        let request = TaskRequest {
            trace_id: view.spec.source.trace_id.clone(),
            run: view.spec.id.clone(),
            stage: stage.id.clone(),
            item: item.map(|item| item.name.clone()),
            attempt: lease.attempt,
            agent: by.clone(),
            with: stage.with.clone(),
            context,
            registry_change,
            produces: stage.produces.clone(),
            emits: stage.emits.clone(),
            limits: TaskLimits { timeout_ms: stage.timeout_ms, ..TaskLimits::default() },
        };
        Ok(Prepared { key: Digest::of(&parts), parts, request, agent, citations })
    }

    /// The stored result of the task's key, else the agent's work.
    async fn result(
        &self,
        view: &RunView,
        stage: &PlannedStage,
        item: Option<&MatrixItem>,
        lease: &Lease,
    ) -> Result<(Prepared, TaskOutcome, bool), RunnerError> {
        let prepared = self.prepare_task(view, stage, item, lease).await?;
        if let Some(known) = self.store.result(&prepared.key).await? {
            return Ok((prepared, TaskOutcome::Done(known), true));
        }
        let span = info_span!("skill", agent = %prepared.agent.bundle.agent, citations = prepared.citations);
        let mut session = self.host.session(&lease.run);
        forgeline_failpoint::pass_with("task", "asked", &prepared.key);
        let outcome = session.perform(&prepared.agent.bundle, &prepared.request).instrument(span).await?;
        forgeline_failpoint::pass_with("task", "answered", &prepared.key);
        Ok((prepared, outcome, false))
    }

    /// Keeps the lease alive while something is done under it.
    async fn renewing<T>(
        &self,
        lease: &Lease,
        work: impl Future<Output = Result<T, RunnerError>>,
    ) -> Result<T, RunnerError> {
        tokio::pin!(work);
        let mut tick = time::interval(Duration::from_millis(LEASE_MS / 3));
        tick.tick().await;
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = tick.tick() => self.store.renew(lease, LEASE_MS, self.clock.now()).await?,
            }
        }
    }

    /// A proposal whose events keep their contracts and whose outputs fit the journal.
    fn checked(&self, spec: &RunSpec, stage: &PlannedStage, task: &TaskId, proposal: Proposal) -> TaskOutcome {
        let refuse = |kind: &str, message: String| {
            TaskOutcome::Failed(TaskFailure { class: FailureClass::Terminal, kind: kind.into(), message })
        };
        let size = json!(proposal.outputs).to_string().len();
        if size > MOST_OUTPUT_BYTES {
            return refuse("limit", format!("its outputs take {size} bytes; at most {MOST_OUTPUT_BYTES} are kept"));
        }
        let contracts = self.registries.get(&spec.plan.contracts);
        for (index, event) in proposal.events.iter().enumerate() {
            let named = |it: &&forgeline_model::task::EventRef| {
                it.event_type == event.event_type && it.version == event.version
            };
            if !stage.emits.iter().any(|it| named(&it)) {
                let message = format!(
                    "agent `{}` tells `{}@{}`, which stage `{}` does not declare; add it to `emits`",
                    stage.performer(),
                    event.event_type,
                    event.version,
                    stage.id
                );
                return refuse("contract", message);
            }
            let agent = stage.agent().map_or("", |agent| agent.name.as_str());
            let told = tell::of_agent(spec, task, index, agent, event, spec.created_at);
            if let Err(violation) = contracts.validate_produced(&told.to_value()) {
                return refuse("contract", format!("event `{}` breaks its contract: {violation}", event.event_type));
            }
        }
        TaskOutcome::Done(proposal)
    }
}

fn find(view: &RunView, task: &TaskId) -> Result<(PlannedStage, Option<MatrixItem>), RunnerError> {
    let stage = view.spec.plan.stage(&task.stage);
    let found = view.state.task(task);
    match (stage, found) {
        (Some(stage), Some(found)) => Ok((stage.clone(), found.item.clone())),
        _ => Err(RunnerError::Bug(format!("the claimed task `{task}` is not in the plan"))),
    }
}

fn output(prepared: &Prepared, proposal: &Proposal, digest: Digest, reused: bool, millis: u64) -> TaskOutput {
    // A later file at the same path replaces an earlier one of the same proposal.
    let mut artifacts: BTreeMap<&str, ArtifactRef> = BTreeMap::new();
    for file in &proposal.files {
        let artifact = ArtifactRef {
            path: file.path.clone(),
            artifact_type: file.artifact_type.clone(),
            digest: Digest::of_bytes(file.content.as_bytes()),
        };
        artifacts.insert(&file.path, artifact);
    }
    let passed = proposal.validation.iter().filter(|note| note.verdict == NoteVerdict::Passed).count();
    TaskOutput {
        key: prepared.key,
        parts: prepared.parts.clone(),
        proposal: digest,
        artifacts: artifacts.into_values().collect(),
        outputs: proposal.outputs.clone(),
        findings: proposal.validation.iter().filter(|note| note.verdict != NoteVerdict::Passed).cloned().collect(),
        checks_passed: u32::try_from(passed).unwrap_or(u32::MAX),
        skill: proposal.skill.clone(),
        // What was there already was paid for then.
        usage: if reused { Usage::default() } else { proposal.usage },
        reused,
        millis,
    }
}
