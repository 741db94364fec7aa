use std::collections::BTreeMap;

use forgeline_model::{
    DefinitionRef, Digest, RunId, TraceId,
    task::{AgentBundle, EventRef, NoteVerdict, Produces, Proposal, TaskFailure, TaskLimits, TaskOutcome, TaskRequest},
};
use serde_json::json;

const MANIFEST: &str = r##"
apiVersion: forgeline.dev/v1
kind: Agent
metadata: {name: coder, version: 1.0.0}
skills:
  - {id: draft, kind: model, prompt: prompts/code.hbs}
  - id: scaffold
    kind: template
    templates:
      - {from: templates/entity/, to: "src/", each: "{{entities}}", as: entity}
      - {from: templates/README.md.hbs, to: docs/}
      - {from: templates/ci.yml, to: ci.yml, when: 'inputs.ci == true'}
      - {from: templates/none.txt, to: none.txt, when: 'inputs.ci == false'}
    outputs:
      count: "{{len entities}}"
      entities: "{{entities}}"
      paths: {json: "[{{#each files as |f|}}{{#unless @first}},{{/unless}}{{json f.path}}{{/each}}]"}
    events: {CodeWritten: {title: "{{first_line with.title}}", entities: "{{entities}}"}}
output: {type: SourceCode, types: {"docs/**": Document}, validators: [utf8, yaml, markdown, rust-syntax, no-secrets]}
correction: {fixers: [crlf, newline]}
"##;

fn files() -> BTreeMap<String, String> {
    [
        ("agent.yaml", MANIFEST),
        ("prompts/code.hbs", "{{#broken"),
        ("partials/head.hbs", "// {{comment-safe title}}\n"),
        (
            "templates/entity/{{snake entity.name}}/mod.rs.hbs",
            "{{> head title=@root.with.title}}\nstruct {{pascal entity.name}};",
        ),
        ("templates/README.md.hbs", "# {{markdown with.title}}\r\n"),
        ("templates/ci.yml", "on: ${{ push }}\n"),
        ("templates/none.txt", "none"),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into()
}

fn request() -> TaskRequest {
    let run = RunId::of_trigger("x");
    TaskRequest {
        trace_id: TraceId::of_run(&run),
        run,
        stage: "code".parse().expect("a stage id"),
        item: None,
        attempt: 1,
        agent: DefinitionRef {
            name: "coder".into(),
            version: semver::Version::new(1, 0, 0),
            digest: Digest::of_bytes(b"x"),
        },
        with: json!({"title": "{{work_item.title}}"}),
        context: json!({
            "inputs": {"ci": true}, "work_item": {"title": "Orders @ana\n*/"},
            "entities": [{"name": "Order Line"}, {"name": "Order"}],
        }),
        registry_change: None,
        produces: vec![
            Produces { path: "src/**".into(), artifact_type: "SourceCode".into() },
            Produces { path: "docs/README.md".into(), artifact_type: "Readme".into() },
            Produces { path: "ci.yml".into(), artifact_type: "Workflow".into() },
        ],
        emits: vec![EventRef { event_type: "CodeWritten".into(), version: "1.0".into() }],
        limits: TaskLimits::default(),
    }
}

fn perform(files: BTreeMap<String, String>, request: &TaskRequest) -> Result<Proposal, TaskFailure> {
    match super::perform(&AgentBundle { agent: request.agent.clone(), files }, request) {
        TaskOutcome::Done(proposal) => Ok(proposal),
        TaskOutcome::Failed(failure) => Err(failure),
        TaskOutcome::Parked { reason, .. } => panic!("a template waits for no provider: {reason}"),
    }
}

#[track_caller]
fn fails(change: impl FnOnce(&mut BTreeMap<String, String>, &mut TaskRequest), kind: &str, message: &str) {
    let (mut files, mut request) = (files(), request());
    change(&mut files, &mut request);
    let failure = perform(files, &request).expect_err("must fail");
    assert_eq!((failure.kind.as_str(), failure.message.as_str()), (kind, message));
}

fn manifest(from: &str, to: &str) -> impl FnOnce(&mut BTreeMap<String, String>, &mut TaskRequest) {
    assert!(MANIFEST.contains(from), "`{from}` is in the manifest");
    let changed = MANIFEST.replace(from, to);
    move |files, _| drop(files.insert("agent.yaml".into(), changed))
}

#[test]
fn a_task_becomes_a_proposal() {
    let proposal = perform(files(), &request()).expect("done");
    let files: Vec<(&str, &str, &str)> = proposal
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.artifact_type.as_str(), file.content.as_str()))
        .collect();
    assert_eq!(
        files,
        [
            ("ci.yml", "Workflow", "on: ${{ push }}\n"),
            ("docs/README.md", "Readme", "# Orders @&#8203;ana\n\\*/\n"),
            ("src/order/mod.rs", "SourceCode", "// Orders @ana * /\nstruct Order;\n"),
            ("src/order_line/mod.rs", "SourceCode", "// Orders @ana * /\nstruct OrderLine;\n"),
        ]
    );
    assert_eq!(
        serde_json::Value::Object(proposal.outputs),
        json!({
            "count": "2", "entities": [{"name": "Order Line"}, {"name": "Order"}],
            "paths": ["ci.yml", "docs/README.md", "src/order/mod.rs", "src/order_line/mod.rs"],
        })
    );
    assert_eq!(proposal.events[0].event_type, "CodeWritten");
    assert_eq!(proposal.events[0].fields["title"], json!("Orders @ana"));
    assert_eq!(proposal.skill, "scaffold (template): `draft` (model) is not available in this build");
    let corrected: Vec<String> = proposal
        .validation
        .iter()
        .filter(|note| note.verdict == NoteVerdict::Corrected)
        .map(|note| format!("{} {}", note.check, note.path))
        .collect();
    assert_eq!(
        corrected,
        ["fix:crlf docs/README.md", "fix:newline src/order/mod.rs", "fix:newline src/order_line/mod.rs"]
    );
    assert!(proposal.validation.iter().all(|note| note.verdict != NoteVerdict::Failed));
}

#[test]
fn the_same_task_gives_the_same_proposal() {
    assert_eq!(perform(files(), &request()), perform(files(), &request()));
}

#[test]
fn what_is_wrong_with_an_agent_is_said_with_its_place() {
    fails(|files, _| drop(files.remove("agent.yaml")), "template", "agent `coder` has no `agent.yaml`");
    fails(
        manifest("kind: template", "kind: command\n    run: [x]"),
        "template",
        "agent `coder` has no skill that can run: `draft` (model) is not available in this build; \
         `scaffold` (command) is not available in this build",
    );
    fails(
        |files, _| drop(files.insert("templates/README.md.hbs".into(), "# x\n\n{{inputs.cj}}".into())),
        "template",
        "templates/README.md.hbs:3:3: variable `inputs.cj` is not defined; did you mean `inputs.ci`?",
    );
    fails(
        manifest("templates/ci.yml", "templates/cd.yml"),
        "template",
        "the agent has no file `templates/cd.yml`; a folder's name ends in `/`",
    );
    fails(
        manifest("len entities", "len entitys"),
        "template",
        "outputs.count:1:7: variable `entitys` is not defined; did you mean `entities`?",
    );
    fails(
        manifest("\"{{entities}}\", as", "\"{{inputs.ci}}\", as"),
        "template",
        "`each` of template `templates/entity/`: `{{inputs.ci}}` is not a list",
    );
    fails(
        manifest("{from: templates/README.md.hbs, to: docs/}", "{from: templates/ci.yml, to: ci.yml}"),
        "template",
        "two templates write `ci.yml`; give one another name",
    );
    fails(
        manifest("utf8, yaml", "utf9"),
        "validation",
        "validator `utf9` is not available in this build; there are `paths`, `size`, `utf8`, `yaml`, `json`, `toml`, `markdown`, `openapi-basic`, `rust-syntax`, `no-secrets`",
    );
}

#[test]
fn what_is_wrong_with_the_files_is_said_all_at_once() {
    fails(
        |files, request| {
            files.insert("templates/README.md.hbs".into(), "x".into());
            files.insert("templates/ci.yml".into(), "a: [".into());
            request.context["entities"] = json!([{"name": "../x"}]);
            request.produces.remove(0);
        },
        "validation",
        "`src/x/mod.rs`: the stage produces `docs/README.md`, `ci.yml` and not this (paths)\n\
         `ci.yml`: did not find expected node content at line 2 column 1, while parsing a flow node (yaml)\n\
         `docs/README.md`: it has no title; write one line that starts with `# ` (markdown)",
    );
    fails(
        |files, _| drop(files.insert("agent.yaml".into(), MANIFEST.replace("to: ci.yml", "to: ../ci.yml"))),
        "validation",
        "`../ci.yml`: `.` and `..` are not allowed (paths)",
    );
}

#[test]
fn a_task_stays_within_its_limits() {
    fails(|_, request| request.limits.files = 2, "limit", "the agent proposes more than 2 files");
    fails(
        |_, request| request.limits.output_bytes = 10,
        "limit",
        "partials/head.hbs:1:4: the text grows beyond 10 bytes",
    );
}
