//! The stages of `http-service`, one after the other, in this process.

use std::collections::BTreeMap;

use forgeline_blueprints::{Factory, plan};
use forgeline_model::{
    RunId, TraceId, WorkItem,
    task::{AgentBundle, TaskLimits, TaskOutcome, TaskRequest},
    work_item::{Reading, read_text, understand},
};
use forgeline_registry::Registry;
use serde_json::{Value, json};

/// What a run proposes.
pub(crate) struct Generated {
    /// Text by path.
    pub(crate) files: BTreeMap<String, String>,
    /// Outputs by stage.
    pub(crate) outputs: BTreeMap<String, Value>,
}

impl Generated {
    /// The one file whose path ends so.
    #[track_caller]
    pub(crate) fn file(&self, end: &str) -> &str {
        let mut found = self.files.iter().filter(|(path, _)| path.ends_with(end));
        found.next().map(|(_, text)| text.as_str()).unwrap_or_else(|| panic!("no `{end}`"))
    }
}

#[track_caller]
pub(crate) fn generate(markdown: &str) -> Generated {
    let text = read_text("item.md", markdown.as_bytes()).expect("a work item");
    let item = WorkItem {
        id: "7".parse().expect("an id"),
        title: text.title,
        body: text.body,
        kind: "issue".into(),
        labels: Vec::new(),
        author: "ana".into(),
    };
    let Ok(understood) = understand(&item, "item.md") else { panic!("the item is refused") };
    let Reading::Service(spec) = understood.reading else { panic!("the item has no entities") };
    let mut work_item = serde_json::to_value(&item).expect("JSON");
    work_item["spec"] = serde_json::to_value(&spec).expect("JSON");
    perform(&work_item)
}

#[track_caller]
fn perform(work_item: &Value) -> Generated {
    let factory = Factory::built_in();
    let registry = Registry::built_in();
    let request = plan::Request { blueprint: "http-service", inputs: &json!({}), registry };
    let plan = plan::compile(factory, &request).unwrap_or_else(|found| {
        panic!("{}", found.iter().map(|finding| finding.render()).collect::<String>());
    });
    let run = RunId::of_trigger("local/acme/shop#7");
    let (mut files, mut outputs, mut stages) = (BTreeMap::new(), BTreeMap::new(), json!({}));
    for stage in &plan.stages {
        let by = stage.agent().expect("an agent's stage");
        let agent = factory.agent(&by.name).expect("a shipped agent");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let bundle = AgentBundle {
            agent: by.clone(),
            files: agent.files.iter().map(|(path, bytes)| (path.to_owned(), text(bytes))).collect(),
        };
        let task = TaskRequest {
            trace_id: TraceId::of_run(&run),
            run: run.clone(),
            stage: stage.id.clone(),
            item: None,
            attempt: 1,
            agent: by.clone(),
            with: stage.with.clone(),
            context: json!({
                "inputs": plan.inputs,
                "work_item": work_item,
                "project": {"id": "shop"},
                "run": {"blueprint": {"name": "http-service", "version": "1.0.0"}, "branch": "b"},
                "stages": stages,
                "knowledge": [],
            }),
            registry_change: None,
            produces: stage.produces.clone(),
            emits: stage.emits.clone(),
            limits: TaskLimits::default(),
        };
        let proposal = match forgeline_agents::perform(&bundle, &task) {
            TaskOutcome::Done(proposal) => proposal,
            TaskOutcome::Parked { reason, .. } => panic!("{}: {reason}", stage.id),
            TaskOutcome::Failed(failure) => panic!("stage `{}`: {failure}", stage.id),
        };
        assert_eq!(proposal.events.len(), stage.emits.len());
        for file in proposal.files {
            assert!(files.insert(file.path.clone(), file.content).is_none(), "two stages write `{}`", file.path);
        }
        stages[stage.id.as_str()] = json!({"outputs": proposal.outputs, "artifacts": []});
        outputs.insert(stage.id.to_string(), Value::Object(proposal.outputs));
    }
    Generated { files, outputs }
}
