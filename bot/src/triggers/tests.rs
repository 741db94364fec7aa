//! Occurrences against blueprints, as a table of what starts and of the first condition that did not hold.

use std::sync::Arc;

use forgeline_blueprints::{
    Factory,
    blueprint::{Blueprint, PullRequestAction},
    factory::Definition,
};
use forgeline_model::{Digest, Event, FileSet, RunId, event::EventSource};
use serde_json::{Map, Value, json};

use super::{
    Asked, Change, Considered, Happening, ItemFacts, Occurrence, Proposed, Pushed, StageFailure, TriggerKey,
    TriggerScope, decide, decide_failure, failure_rule,
};
use crate::command;

const ON: &str = r#"
  - label: generate
  - command: run
  - work_item: {types: [Feature, User Story], state: Approved}
  - event: {type: VisionDocumentCreated, version: "^1", when: 'event.project_id == "shop"'}
"#;

fn blueprint(name: &str, on: &str) -> Arc<Definition<Blueprint>> {
    let manifest = format!(
        "apiVersion: forgeline.dev/v1\nkind: Blueprint\nmetadata: {{name: {name}, version: 1.0.0}}\non:{on}stages:\n  \
         - {{id: write, uses: docs-writer@^1, produces: [{{path: docs/page.md, type: Page}}]}}\n"
    );
    let mut files = FileSet::new("test");
    files.insert(format!("blueprints/{name}/blueprint.yaml"), manifest);
    let (factory, found) = Factory::load(&files);
    let own = factory.own_blueprints().first().cloned();
    own.unwrap_or_else(|| panic!("{}", found.iter().map(|diagnostic| diagnostic.render()).collect::<String>()))
}

fn item() -> ItemFacts {
    ItemFacts {
        id: "7".parse().expect("an item id"),
        kind: "User Story".into(),
        state: "Approved".into(),
        is_closed: false,
        is_held: false,
        labels: vec!["generate".into()],
        author: "ana".into(),
    }
}

fn on_item(what: Happening) -> Occurrence {
    Occurrence { what, item: Some(item()) }
}

fn label(label: &str) -> Happening {
    Happening::LabelAdded { label: label.into() }
}

fn run(blueprint: &str) -> Happening {
    Happening::Command { verb: "run".into(), blueprint: blueprint.into() }
}

fn event(event_type: &str, version: &str, project: &str) -> Event {
    let source = EventSource {
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".parse().expect("a trace id"),
        correlation_id: "acme/shop#7".into(),
        project_id: project.parse().expect("a project id"),
    };
    let at = forgeline_model::Timestamp::from_millis(0);
    Event::derived(&source, "x", event_type, version, "vision-architect", at, Map::<String, Value>::new())
}

fn told(event: Event) -> Happening {
    Happening::Event { event: Box::new(event), of_blueprint: Some("visions".into()), chain_depth: 1 }
}

/// `starts by RULE at LINE`, or `RULE: CONDITION expected E, actual A`.
fn outcome(considered: &Considered) -> String {
    let Some(decisive) = considered.decisive() else { return "no rules".into() };
    match &decisive.failed {
        None => format!("starts by {} at line {}", decisive.rule, decisive.place.line),
        Some(failed) => {
            format!("{}: {} expected {}, actual {}", decisive.rule, failed.condition, failed.expected, failed.actual)
        }
    }
}

#[track_caller]
fn check(occurrence: &Occurrence, expected: &str) {
    let definition = blueprint("http-service", ON);
    let considered = decide(occurrence, [definition.as_ref()]);
    assert_eq!(considered.iter().map(outcome).collect::<Vec<_>>(), [expected]);
    let json = serde_json::to_string(&considered).expect("a decision serialises");
    assert_eq!(serde_json::from_str::<Vec<Considered>>(&json).expect("and reads back"), considered);
}

#[test]
fn labels_commands_and_items_start_what_asks_for_them() {
    check(&on_item(label("generate")), "starts by trigger.label at line 5");
    check(&on_item(label("bug")), "trigger.label: label expected generate, actual bug");
    check(&on_item(run("http-service")), "starts by trigger.command at line 6");
    check(&on_item(run("docs-page")), "trigger.command: blueprint expected http-service, actual docs-page");
    check(&on_item(Happening::ItemChanged), "starts by trigger.work_item at line 7");
    let draft = Occurrence { what: Happening::ItemChanged, item: Some(ItemFacts { state: "New".into(), ..item() }) };
    check(&draft, "trigger.work_item: state expected Approved, actual New");
    let task = Occurrence { what: Happening::ItemChanged, item: Some(ItemFacts { kind: "Task".into(), ..item() }) };
    check(&task, "trigger.work_item: type expected Feature or User Story, actual Task");
}

#[test]
fn closed_and_held_items_start_nothing() {
    for what in [label("generate"), run("http-service"), Happening::ItemChanged] {
        let rule = format!("trigger.{}", what.kind());
        let closed = ItemFacts { is_closed: true, state: "Approved".into(), ..item() };
        let closed = Occurrence { what: what.clone(), item: Some(closed) };
        check(&closed, &format!("{rule}: item expected open, actual closed (`Approved`)"));
        let held = Occurrence { what, item: Some(ItemFacts { is_held: true, ..item() }) };
        check(&held, &format!("{rule}: hold expected not on hold, actual on hold since `/forgeline hold`"));
    }
}

#[test]
fn events_start_their_subscribers_and_chains_end() {
    let check = |what: Happening, expected: &str| check(&Occurrence { what, item: None }, expected);
    check(told(event("VisionDocumentCreated", "1.3", "shop")), "starts by trigger.event at line 8");
    check(
        told(event("BacklogCreated", "1.0", "shop")),
        "trigger.event: type expected VisionDocumentCreated, actual BacklogCreated",
    );
    check(told(event("VisionDocumentCreated", "2.0", "shop")), "trigger.event: version expected ^1, actual 2.0");
    check(
        told(event("VisionDocumentCreated", "1.0", "bank")),
        "trigger.event: when expected event.project_id == \"shop\", actual false",
    );
    let vision = || Box::new(event("VisionDocumentCreated", "1.0", "shop"));
    check(
        Happening::Event { event: vision(), of_blueprint: Some("http-service".into()), chain_depth: 1 },
        "trigger.event: source expected another blueprint's run, actual a run of `http-service` itself",
    );
    check(
        Happening::Event { event: vision(), of_blueprint: Some("visions".into()), chain_depth: 2 },
        "trigger.event: chain depth expected fewer than 2 runs before it, actual 2",
    );
    check(
        Happening::Event { event: vision(), of_blueprint: None, chain_depth: 0 },
        "starts by trigger.event at line 8",
    );
}

#[test]
fn a_merged_artifact_starts_the_next_blueprint() {
    let on = "\n  - event: {type: ArtifactMerged, when: 'event.artifact_type == \"VisionDocument\"'}\n";
    let definition = blueprint("architecture", on);
    let mut merged = event("ArtifactMerged", "1.0", "shop");
    let mut outcome_of = |artifact_type: Option<&str>| {
        merged.fields = artifact_type.map(|one| ("artifact_type".to_owned(), json!(one))).into_iter().collect();
        outcome(&decide(&Occurrence { what: told(merged.clone()), item: None }, [definition.as_ref()])[0])
    };
    assert_eq!(outcome_of(Some("VisionDocument")), "starts by trigger.event at line 5");
    assert_eq!(
        outcome_of(Some("Backlog")),
        "trigger.event: when expected event.artifact_type == \"VisionDocument\", actual false"
    );
    assert!(outcome_of(None).contains("actual cannot be evaluated: "), "{}", outcome_of(None));
}

fn change(branch: &str, paths: &[&str]) -> Change {
    Change {
        branch: branch.into(),
        is_default: branch == "main",
        paths: paths.iter().map(ToString::to_string).collect(),
        files: paths.len() as u64,
        lines: 10,
        author: "ana".into(),
        skip: None,
    }
}

fn opened(change: Change) -> Proposed {
    Proposed { action: PullRequestAction::Opened, change, is_draft: false, labels: Vec::new() }
}

#[test]
fn changes_start_what_waits_for_their_branch_and_paths() {
    let on = "\n  - push: {paths: [\"src/**\", \"*.toml\"]}\n  - pull_request: {branches: [\"release/*\"]}\n";
    let definition = blueprint("checks", on);
    let outcome_of = |what: Happening, item: Option<ItemFacts>| {
        outcome(&decide(&Occurrence { what, item }, [definition.as_ref()])[0])
    };
    let push = |branch, paths: &[&str]| outcome_of(Happening::Push(Pushed::Branch(change(branch, paths))), None);
    assert_eq!(push("main", &["docs/a.md", "src/a/b.rs"]), "starts by trigger.push at line 5");
    assert_eq!(push("main", &["Cargo.toml"]), "starts by trigger.push at line 5");
    assert_eq!(
        push("main", &["a/Cargo.toml", "b", "c", "d", "e", "f", "g"]),
        "trigger.push: paths expected src/** or *.toml, actual a/Cargo.toml, b, c, d, e and 2 more"
    );
    assert_eq!(push("main", &[]), "trigger.push: paths expected src/** or *.toml, actual no file");
    assert_eq!(push("topic", &["src/a.rs"]), "trigger.push: branch expected the default branch, actual topic");
    let proposed = |branch, item| outcome_of(Happening::PullRequest(opened(change(branch, &["x"]))), Some(item));
    let open = ItemFacts { kind: "pull request".into(), state: "open".into(), ..item() };
    assert_eq!(proposed("release/1", open.clone()), "starts by trigger.pull_request at line 6");
    assert_eq!(
        proposed("release/1/2", open.clone()),
        "trigger.pull_request: branch expected release/*, actual release/1/2"
    );
    assert_eq!(proposed("main", open.clone()), "trigger.pull_request: branch expected release/*, actual main");
    let held = proposed("release/1", ItemFacts { is_held: true, ..open });
    assert!(held.starts_with("trigger.pull_request: hold"), "{held}");
}

#[test]
fn a_failure_starts_what_its_own_blueprint_names_for_that_stage() {
    let on = "\n  - command: run\non_failure: [{stage: write, run: docs-page}]\n";
    let (of, other) = (blueprint("flow", on), blueprint("notify", "\n  - command: run\n"));
    let rule = failure_rule(&of, &of.manifest.on_failure[0]);
    assert_eq!(rule, "on_failure flow/write/docs-page");
    let failure =
        StageFailure { blueprint: "flow", stage: "write", started_by: None, chain_depth: 1, item: Some(item()) };
    let check = |failure: StageFailure<'_>, expected: &str| {
        assert_eq!(outcome(&decide_failure(&failure, &of, 0, &other.reference)), expected);
    };
    check(failure.clone(), "starts by trigger.on_failure at line 6");
    check(
        StageFailure { started_by: Some("VisionDocumentCreated"), ..failure.clone() },
        "starts by trigger.on_failure at line 6",
    );
    check(StageFailure { stage: "read", ..failure.clone() }, "trigger.on_failure: stage expected write, actual read");
    check(
        StageFailure { blueprint: "notify", ..failure.clone() },
        "trigger.on_failure: blueprint expected flow, actual notify",
    );
    check(
        StageFailure { started_by: Some(&rule), ..failure.clone() },
        "trigger.on_failure: source expected a run that this rule did not start, actual a run that this rule started",
    );
    check(
        StageFailure { chain_depth: 2, ..failure.clone() },
        "trigger.on_failure: chain depth expected fewer than 2 runs before it, actual 2",
    );
    let closed = ItemFacts { is_closed: true, state: "closed".into(), ..item() };
    check(
        StageFailure { item: Some(closed), ..failure },
        "trigger.on_failure: item expected open, actual closed (`closed`)",
    );
}

#[test]
fn every_blueprint_considered_is_on_record_with_its_place() {
    let (first, second) = (blueprint("http-service", ON), blueprint("docs-page", "\n  - label: document\n"));
    let considered = decide(&on_item(label("document")), [first.as_ref(), second.as_ref()]);
    assert_eq!(considered.iter().map(|one| one.starts).collect::<Vec<_>>(), [false, true]);
    assert_eq!(considered[0].rules.len(), 4, "each rule is on record");
    let places: Vec<String> =
        considered[0].rules.iter().map(|rule| format!("{}:{}", rule.place.file, rule.place.line)).collect();
    assert_eq!(places[0], "blueprints/http-service/blueprint.yaml:5");
    assert_eq!(outcome(&considered[0]), "trigger.label: label expected generate, actual document");
}

#[test]
fn keys_name_what_was_asked_and_where() {
    let scope = |blueprint: &str| TriggerScope {
        tenant: "default".into(),
        forge: "local".into(),
        repository_id: "12".into(),
        blueprint: blueprint.into(),
    };
    let key = |asked: &Asked<'_>| TriggerKey::of(&scope("http-service"), asked).to_string();
    let parsed = |line: &str| command::parse(line).expect("a command");
    let run = |command| Asked::Command { comment_id: "41", line: 3, command };
    let (spelt, again) = (parsed("/fl  run http-service  b=2 a=1"), parsed("/forgeline run http-service a=1 b=2"));
    let bare = parsed("run http-service");
    assert_eq!(
        key(&run(&spelt)),
        r#"["default","local","12","http-service","command","41",3,"run http-service a=1 b=2"]"#
    );
    assert_eq!(key(&run(&spelt)), key(&run(&again)));
    let retry = parsed("/forgeline retry");
    assert_eq!(
        TriggerKey::of(&scope("other"), &run(&retry)).to_string(),
        key(&run(&retry)),
        "whichever run came last when somebody looked"
    );
    let inputs = |value: Value| Digest::of(&value);
    let item = |id, value| key(&Asked::Item { id, inputs: inputs(value) });
    assert_eq!(item("7", json!({"a": 1, "b": 2})), item("7", json!({"b": 2, "a": 1})));
    let (wanted, other) = match &blueprint("x", ON).manifest.on[3] {
        forgeline_blueprints::blueprint::Trigger::Event(wanted) => {
            let mut other = wanted.clone();
            other.when = None;
            (wanted.clone(), other)
        }
        _ => panic!("the fourth rule subscribes"),
    };
    let keys = [
        key(&run(&spelt)),
        key(&Asked::Command { comment_id: "41", line: 4, command: &spelt }),
        key(&Asked::Command { comment_id: "42", line: 3, command: &spelt }),
        key(&run(&bare)),
        item("7", json!({})),
        item("8", json!({})),
        item("7", json!({"a": 1})),
        key(&Asked::Event { event_id: "e", subscription: &wanted }),
        key(&Asked::Event { event_id: "e", subscription: &other }),
        key(&Asked::PullRequest { id: "7", head: "h", end: None }),
        key(&Asked::PullRequest { id: "7", head: "h", end: Some("closed") }),
        key(&Asked::PullRequest { id: "7", head: "h", end: Some("merged") }),
        key(&Asked::Push { reference: "7", after: "h" }),
        key(&Asked::Schedule { id: "7", nominal: "h" }),
        key(&Asked::Failure { run: &RunId::of_trigger("7"), rule: "h" }),
        key(&Asked::Failure { run: &RunId::of_trigger("8"), rule: "h" }),
        key(&Asked::Keyed { key: "7" }),
        key(&Asked::Inputs { inputs: inputs(json!({})) }),
        TriggerKey::of(&scope("other"), &run(&spelt)).to_string(),
    ];
    let distinct: std::collections::BTreeSet<&String> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len(), "{keys:#?}");
}

mod filters;
