//! Agents and requests as data.

use std::collections::BTreeMap;

use forgeline_agents::AgentHost;
use forgeline_model::{
    DefinitionRef, Digest, RunId,
    task::{AgentBundle, EventRef, FailureClass, Produces, TaskLimits, TaskOutcome, TaskRequest},
};
use serde_json::{Value, json};

pub(crate) fn run() -> RunId {
    RunId::of_trigger("local/a/b#1")
}

pub(crate) fn host(mode: &str) -> AgentHost {
    AgentHost::with_arguments(std::env::current_exe().expect("a running program"), [mode.to_owned()])
}

pub(crate) fn bundle(files: &[(&str, &str)]) -> AgentBundle {
    let files: BTreeMap<String, String> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let digest = Digest::of(&files);
    let agent = DefinitionRef { name: "writer".into(), version: semver::Version::new(1, 0, 0), digest };
    AgentBundle { agent, files }
}

pub(crate) fn writer() -> AgentBundle {
    bundle(&[
        (
            "agent.yaml",
            "metadata: {name: writer, version: 1.0.0}\nskills: [{id: write, kind: template, templates: [{from: a.md.hbs, to: docs/}]}]\noutput: {type: Note}\n",
        ),
        ("a.md.hbs", "# {{inputs.name}}\n"),
    ])
}

pub(crate) fn request(bundle: &AgentBundle, context: Value) -> TaskRequest {
    let run = run();
    TaskRequest {
        trace_id: forgeline_model::TraceId::of_run(&run),
        run,
        stage: "write".parse().expect("a stage id"),
        item: None,
        attempt: 1,
        agent: bundle.agent.clone(),
        with: json!({}),
        context,
        registry_change: None,
        produces: vec![Produces { path: "docs/**".into(), artifact_type: "Note".into() }],
        emits: Vec::<EventRef>::new(),
        limits: TaskLimits { timeout_ms: 20_000, memory_bytes: 512 << 20, ..TaskLimits::default() },
    }
}

#[track_caller]
pub(crate) fn content(outcome: TaskOutcome) -> String {
    match outcome {
        TaskOutcome::Done(proposal) => proposal.files[0].content.clone(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(crate) fn failed(outcome: TaskOutcome, kind: &str, class: FailureClass) -> String {
    match outcome {
        TaskOutcome::Failed(failure) => {
            assert_eq!((failure.kind.as_str(), failure.class), (kind, class), "{failure}");
            failure.message
        }
        other => panic!("{other:?}"),
    }
}
