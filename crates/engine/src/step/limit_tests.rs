//! What holds exactly at a limit, and what is told and kept of a run.

use std::collections::BTreeSet;

use forgeline_model::{
    Digest, Event, Usd,
    task::{FailureClass::Retryable, NoteVerdict, Usage, ValidationNote},
};
use serde_json::{Value, json};

use crate::{
    Fact, Input, TaskOutput,
    fact::{ArtifactRef, SkipCause},
    plan::{OnFailure, Plan, PlannedStage, RunOn},
    run::TaskStatus,
    testing::{World, approval, matrix, output, spec, stage, task},
};

fn done(name: &str, output: TaskOutput) -> Input {
    Input::Done { task: task(name), output, events: Vec::new() }
}

#[test]
fn one_word_says_what_a_run_waits_for() {
    let mut world = World::start(vec![stage("a", &[]), approval("ask", &[], 1)]);
    assert_eq!(world.state.word(), "working", "there is work besides the question");
    world.perform("a", json!({}));
    assert_eq!(world.state.word(), "waiting");
    world.put(Input::Pause { by: "ana".into() });
    assert_eq!(world.state.word(), "paused");
    let mut plain = World::start(vec![stage("a", &[])]);
    assert_eq!(plain.state.word(), "working");
    plain.perform("a", json!({}));
    assert_eq!(plain.state.word(), "publishing");
}

#[test]
fn outputs_of_a_matrix_are_found_under_the_names_of_its_elements() {
    let mut named = stage("b", &["m"]);
    named.when = Some("stages.m.outputs.x.n == 1 && stages.m.outputs.z.n == 2".into());
    let mut world = World::start(vec![matrix(stage("m", &[]), json!(["x", "z"]), 2), named]);
    world.perform("m[x]", json!({"n": 1}));
    assert_eq!(world.perform("m[z]", json!({"n": 2})), ["done m[z]", "open b", "ready b"]);
}

#[test]
fn a_matrix_may_be_as_wide_as_the_limit_and_no_wider() {
    let wide = |width: u32| {
        let mut world = World::unstarted(vec![matrix(stage("m", &[]), json!((0..width).collect::<Vec<_>>()), 1)]);
        world.put(Input::Start).pop()
    };
    assert_eq!(wide(256).as_deref(), Some("ready m[0]"));
    assert_eq!(wide(257).as_deref(), Some("finished failed"));
}

#[test]
fn a_budget_may_be_spent_to_its_last_bit() {
    let cost = |cents: u64, tokens| Usage { usd: Usd::from_micros(cents * 10_000), tokens };
    let dear = |id| PlannedStage { reserve: cost(50, 10), ..stage(id, &[]) };
    let fits = |cents: u64, tokens: u64| {
        let mut world = World::of(vec![dear("a"), dear("b")], |spec| {
            spec.plan.budget.usd = cost(cents, 0).usd;
            spec.plan.budget.tokens = Some(tokens);
        });
        world.put(Input::Claim { task: task("a") });
        world.offer(&Input::Claim { task: task("b") }).is_ok()
    };
    assert!(fits(100, 20));
    assert!(!fits(99, 20));
    assert!(!fits(100, 19));
}

#[test]
fn tries_wait_as_long_as_the_policy_says_give_or_take_a_fifth() {
    let names: Vec<String> = (0..60).map(|n| format!("s{n}")).collect();
    let mut world = World::start(names.iter().map(|name| stage(name, &[])).collect());
    let mut waits = BTreeSet::new();
    for name in &names {
        world.fail(name, Retryable, "x");
        let TaskStatus::Ready { at } = world.state.task(&task(name)).expect("open").status else {
            panic!("it comes again")
        };
        waits.insert(at.millis_since(world.now));
    }
    let (least, most) = (waits.first().expect("some"), waits.last().expect("some"));
    assert!((4_000..4_300).contains(least) && (5_700..=6_000).contains(most), "{least} to {most}");
}

#[test]
fn a_forgiven_stage_that_is_at_work_can_still_be_late() {
    let forgiven = PlannedStage { allow_failure: true, ..stage("a", &[]) };
    let mut world = World::start(vec![forgiven]);
    world.put(Input::Claim { task: task("a") });
    world.now = crate::wake_at(&world.spec, &world.state).expect("the run may take so long and no longer");
    assert_eq!(world.put(Input::Tick), ["ran out"]);
}

#[test]
fn a_stage_is_performed_by_its_agent_or_by_people() {
    assert_eq!(stage("a", &[]).performer(), "agent@1.0.0");
    assert_eq!(stage("a", &[]).agent().map(|agent| agent.name.as_str()), Some("agent"));
    assert_eq!(approval("ask", &[], 1).performer(), "approval");
    assert_eq!(approval("ask", &[], 1).agent(), None);
}

/// Digests of plans stand in approvals, keys and provenance: what nobody asked for must not change them.
#[test]
fn what_is_as_usual_is_not_written_and_the_rest_is() {
    let usual = json!(spec(vec![stage("a", &[])]).plan);
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>();
    let of_stage = keys(&usual["stages"][0]);
    for left_out in
        ["run_on", "compensates", "allow_failure", "on_item_failure", "stage_timeout_ms", "reserve"].map(str::to_owned)
    {
        assert!(!of_stage.contains(&left_out), "{left_out}");
    }
    assert!(!keys(&usual).contains("priority") && !keys(&usual).contains("on_failure"));

    let unusual = PlannedStage {
        run_on: RunOn::Any,
        allow_failure: true,
        on_item_failure: OnFailure::KeepGoing,
        stage_timeout_ms: Some(7),
        reserve: Usage { usd: Usd::from_micros(1), tokens: 2 },
        ..stage("a", &[])
    };
    let plan = Plan { priority: 70, on_failure: OnFailure::KeepGoing, ..spec(vec![unusual]).plan };
    let read: Plan = serde_json::from_value(json!(plan)).expect("reads what it wrote");
    assert_eq!(read, plan);

    let skipped = |cause| json!(Fact::StageSkipped { stage: stage("a", &[]).id, reason: "so".into(), cause });
    assert_eq!(skipped(SkipCause::Condition)["cause"], Value::Null);
    assert_eq!(skipped(SkipCause::Unreached)["cause"], "unreached");
}

#[test]
fn the_record_names_its_definitions() {
    let world = World::start(vec![stage("a", &[])]);
    let record = crate::record::record(&world.spec, &world.state, "0");
    assert_eq!(record["blueprint"]["name"], "test");
    assert_eq!(record["blueprint"]["version"], "1.0.0");
}

#[test]
fn events_say_of_what_they_tell() {
    let mut world = World::start(vec![stage("a", &[])]);
    world.put(Input::Claim { task: task("a") });
    let artifact = |path: &str| ArtifactRef {
        path: path.into(),
        artifact_type: "Doc".into(),
        digest: Digest::of_bytes(path.as_bytes()),
    };
    let note = |path: &str, verdict| ValidationNote {
        path: path.into(),
        check: "format".into(),
        verdict,
        message: "so".into(),
    };
    let made = TaskOutput {
        artifacts: vec![artifact("fixed.md"), artifact("plain.md")],
        findings: vec![note("fixed.md", NoteVerdict::Corrected), note("plain.md", NoteVerdict::Failed)],
        ..output(json!({}))
    };
    let next = crate::step(&world.spec, &world.state, &done("a", made), world.now).expect("fits");
    fn field<'e>(event: &'e Event, name: &str) -> &'e Value {
        event.fields.get(name).unwrap_or(&Value::Null)
    }
    let told: Vec<(&str, &Value, &Value)> = next
        .events
        .iter()
        .map(|event| (event.event_type.as_str(), field(event, "stage"), field(event, "validation")))
        .collect();
    assert_eq!(
        told,
        [
            ("ArtifactProduced", &json!("a"), &json!("corrected")),
            ("ArtifactProduced", &json!("a"), &json!("passed")),
            ("StageCompleted", &json!("a"), &Value::Null),
        ]
    );
    assert!(next.events.iter().all(|event| *field(event, "blueprint") == "test"));
}
