//! What runs and their tasks do, told by their facts.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use forgeline_engine::{Fact, Outcome, RunSpec, TaskId, plan::PlannedStage};
use forgeline_model::{RunId, task::NoteVerdict};
use forgeline_runner::{Notice, Watch};
use prometheus_client::{
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

use super::{Labels, Meters, Times, WORK, add, times};

/// Counts of runs and tasks.
pub(in crate::commands::serve) struct Flow {
    specs: Mutex<HashMap<RunId, Arc<RunSpec>>>,
    task: Times,
    tasks: Family<Labels, Counter>,
    failures: Family<Labels, Counter>,
    checks: Family<Labels, Counter>,
    results: Family<Labels, Counter>,
    runs: Family<Labels, Counter>,
    run: Times,
}

impl Flow {
    pub(super) fn new(r: &mut Registry) -> Self {
        Self {
            specs: Mutex::default(),
            task: add(
                r,
                "forgeline_task_duration_seconds",
                "An attempt at a task that gave a result of its own",
                times(|| Histogram::new(WORK)),
            ),
            tasks: add(r, "forgeline_tasks_ended", "Tasks that ended, by how", Family::default()),
            failures: add(r, "forgeline_task_failures", "Failed attempts at tasks (agent failures)", Family::default()),
            checks: add(r, "forgeline_validation_checks", "Checks of what agents made, by result", Family::default()),
            results: add(
                r,
                "forgeline_task_results",
                "Results of tasks: made, or taken over from an earlier run (knowledge reuse)",
                Family::default(),
            ),
            runs: add(r, "forgeline_runs_ended", "Runs that ended, by outcome (generation success)", Family::default()),
            run: add(
                r,
                "forgeline_run_duration_seconds",
                "From the decision to the end of a run (generation time)",
                times(|| Histogram::new(WORK)),
            ),
        }
    }

    /// A run is carried out from now on.
    pub(in crate::commands::serve) fn begins(&self, spec: Arc<RunSpec>) {
        self.specs.lock().expect("no panic while held").insert(spec.id.clone(), spec);
    }

    /// A run is not carried out any more.
    pub(in crate::commands::serve) fn leaves(&self, run: &RunId) {
        self.specs.lock().expect("no panic while held").remove(run);
    }

    /// A run ended so long after it was decided.
    pub(in crate::commands::serve) fn ended(&self, spec: &RunSpec, outcome: &Outcome, took: Duration) {
        let blueprint = spec.plan.blueprint.to_string();
        let labels = vec![("blueprint", blueprint.clone()), ("outcome", outcome.word().to_owned())];
        self.runs.get_or_create(&labels).inc();
        self.run.get_or_create(&vec![("blueprint", blueprint)]).observe(took.as_secs_f64());
    }

    fn fact(&self, agent: impl Fn(&TaskId) -> String, fact: &Fact) {
        let ended = |task: &TaskId, result: &str| {
            self.tasks.get_or_create(&vec![("agent", agent(task)), ("result", result.to_owned())]).inc();
        };
        match fact {
            Fact::TaskDone { task, output, .. } => {
                ended(task, "done");
                let origin = if output.reused { "reused" } else { "made" };
                self.results.get_or_create(&vec![("origin", origin.to_owned())]).inc();
                if output.reused {
                    return;
                }
                let took = Duration::from_millis(output.millis).as_secs_f64();
                self.task.get_or_create(&vec![("agent", agent(task))]).observe(took);
                let corrected = output.findings.iter().filter(|note| note.verdict == NoteVerdict::Corrected).count();
                let checks = |result: &str, n: u64| {
                    let labels = vec![("agent", agent(task)), ("result", result.to_owned())];
                    self.checks.get_or_create(&labels).inc_by(n);
                };
                checks("passed", output.checks_passed.into());
                checks("corrected", corrected as u64);
            }
            Fact::TaskFailed { task, failure, last, .. } => {
                let labels = vec![("agent", agent(task)), ("kind", failure.kind.clone())];
                self.failures.get_or_create(&labels).inc();
                if failure.kind == "validation" {
                    let labels = vec![("agent", agent(task)), ("result", "failed".to_owned())];
                    self.checks.get_or_create(&labels).inc();
                }
                if *last {
                    ended(task, "failed");
                }
            }
            Fact::TaskDropped { task, .. } => ended(task, "dropped"),
            _ => {}
        }
    }

    fn hear(&self, notice: &Notice) {
        match notice {
            Notice::Step { run, step } => {
                let spec = self.specs.lock().expect("no panic while held").get(run).cloned();
                let agent = |task: &TaskId| {
                    let stage = spec.as_ref().and_then(|spec| spec.plan.stage(&task.stage));
                    stage.map_or_else(|| "unknown".to_owned(), PlannedStage::performer)
                };
                step.facts.iter().for_each(|fact| self.fact(agent, fact));
            }
            Notice::Indexing { text } => tracing::info!("index: {text}"),
            Notice::Warning { text } => tracing::warn!("{text}"),
        }
    }
}

impl Meters {
    /// Hears what runs do.
    pub(in crate::commands::serve) fn watch(self: &Arc<Self>) -> Watch {
        let meters = self.clone();
        Watch::with(move |notice| meters.flow.hear(&notice))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::{sync::Arc, time::Duration};

    use forgeline_engine::{Fact, Outcome, RunSpec, TaskId};
    use forgeline_model::{
        Digest, RunId,
        task::{FailureClass, TaskFailure},
    };
    use serde_json::json;

    use super::Flow;

    fn spec() -> Arc<RunSpec> {
        let id = RunId::of_trigger("a test");
        let definition = |name: &str| json!({"name": name, "version": "1.0.0", "digest": Digest::of_bytes(b"a")});
        let stage = json!({
            "id": "page", "agent": definition("writer"), "needs": [], "when": null, "with": null, "matrix": null,
            "max_parallel": 1, "produces": [], "emits": [], "retry": {"max_attempts": 2, "backoff_ms": [1000]},
            "timeout_ms": 1000, "pool": "default",
        });
        let spec = json!({
            "id": id, "key": forgeline_model::RunKey::of_trigger("a test"), "trigger_key": "a test",
            "trigger": {"kind": "cli", "actor": "ana", "detail": "run"},
            "source": {"trace_id": forgeline_model::TraceId::of_run(&id), "correlation_id": "c", "project_id": "shop"},
            "target": {"forge": "git", "repository": "/r", "base_branch": "main", "base": "0".repeat(40), "branch": "b"},
            "item": null,
            "plan": {
                "blueprint": definition("docs-page"), "agents": [], "contracts": Digest::of_bytes(b"c"), "inputs": {},
                "stages": [stage], "budget": {"usd": "2.00", "tokens": null, "wall_ms": 7_200_000}, "writes": [],
            },
            "definitions": {"origin": "test", "commit": null, "dirty": false},
            "policy": {"protected": [], "draft": false},
            "context": {}, "created_at": 0,
        });
        Arc::new(serde_json::from_value(spec).expect("a run spec"))
    }

    /// A run with one task done, one taken over, one that failed and one that was dropped.
    pub(in super::super) fn a_little_of_everything(flow: &Flow) {
        let spec = spec();
        flow.begins(spec.clone());
        let task = || TaskId { stage: "page".parse().expect("a stage"), item: None };
        let digest = Digest::of_bytes(b"x");
        let output = |reused: bool| {
            let output = json!({
                "key": digest, "proposal": digest, "artifacts": [], "outputs": {}, "findings": [], "checks_passed": 4,
                "skill": "s", "reused": reused, "millis": 120,
            });
            serde_json::from_value(output).expect("an output")
        };
        let failure = TaskFailure { class: FailureClass::Retryable, kind: "validation".into(), message: "no".into() };
        for fact in [
            Fact::TaskDone { task: task(), attempt: 1, output: output(false) },
            Fact::TaskDone { task: task(), attempt: 1, output: output(true) },
            Fact::TaskFailed { task: task(), attempt: 1, failure, last: true },
            Fact::TaskDropped { task: task(), reason: "no need".into() },
        ] {
            flow.fact(|_| "writer@1.0.0".to_owned(), &fact);
        }
        flow.ended(&spec, &Outcome::NoChange { reason: "same".into() }, Duration::from_secs(2));
        flow.leaves(&spec.id);
        assert!(flow.specs.lock().expect("whole").is_empty());
    }
}
