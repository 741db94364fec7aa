//! An agent's child process, with a task.

use forgeline_blueprints::{Factory, scaffold};
use forgeline_model::{
    RunId, TraceId,
    task::{AgentBundle, Produces, TaskLimits, TaskOutcome, TaskRequest},
};
use forgeline_runner::Runner;
use serde_json::json;

use super::Check;

const NAME: &str = "agent process";

/// Has a small agent write one file in a child process.
pub(super) async fn check(runner: &Runner) -> Check {
    let (bundle, request) = task();
    let run = request.run.clone();
    let done = runner.host.session(&run).perform(&bundle, &request).await;
    runner.host.close(&run);
    match done {
        Ok(TaskOutcome::Done(proposal)) if proposal.files.len() == 1 => Check::ok(
            NAME,
            format!(
                "a child process did a task, with bounds on memory, processor time and files{}; it is not in a container",
                if cfg!(target_os = "linux") { ", no new privileges, and death with its parent" } else { "" }
            ),
        ),
        Ok(TaskOutcome::Done(_) | TaskOutcome::Parked { .. }) => {
            Check::failed(NAME, "a child process answered without its file", "please report this as a bug")
        }
        Ok(TaskOutcome::Failed(failure)) => Check::failed(
            NAME,
            format!("a child process failed ({}): {}", failure.kind, failure.message),
            "look for what ends or bounds processes here: memory limits, seccomp, a container without /proc",
        ),
        Err(error) => Check::failed(
            NAME,
            format!("{:#}", anyhow::Error::from(error)),
            "this program must be able to start itself: look at `noexec` mounts and process limits",
        ),
    }
}

/// The scaffold's agent and a task for it.
fn task() -> (AgentBundle, TaskRequest) {
    let files = scaffold::agent("doctor").expect("`doctor` is a name");
    let factory = Factory::load(&files).0;
    let agent = factory.agent("doctor").expect("the scaffold has no findings");
    let texts = agent.files.iter().map(|(path, bytes)| (path.to_owned(), String::from_utf8_lossy(bytes).into_owned()));
    let bundle = AgentBundle { agent: agent.reference.clone(), files: texts.collect() };
    let run = RunId::of_trigger("doctor");
    let request = TaskRequest {
        trace_id: TraceId::of_run(&run),
        run,
        stage: "write".parse().expect("`write` is a stage id"),
        item: None,
        attempt: 1,
        agent: agent.reference.clone(),
        with: json!({"topic": "doctor"}),
        context: json!({"inputs": {}, "work_item": {"title": "a check"}}),
        registry_change: None,
        produces: vec![Produces { path: "docs/*.md".into(), artifact_type: "Document".into() }],
        emits: Vec::new(),
        limits: TaskLimits { timeout_ms: 20_000, ..TaskLimits::default() },
    };
    (bundle, request)
}
