//! Runs that do not go straight on: failures, clean-up, questions, pauses, budgets.

use forgeline_model::{
    Digest, Usd,
    task::{
        FailureClass::{Retryable, Terminal},
        Usage,
    },
};
use serde_json::json;

use crate::{
    Approval, Input, Outcome,
    plan::{OnFailure, PlannedStage, RunOn},
    run::TaskStatus,
    testing::{World, approval, matrix, output, stage, task},
};

fn on(run_on: RunOn, stage: PlannedStage) -> PlannedStage {
    PlannedStage { run_on, ..stage }
}

fn undo(id: &str, of: &str) -> PlannedStage {
    PlannedStage { compensates: Some(of.parse().expect("stage id")), ..stage(id, &[]) }
}

#[track_caller]
fn ends(world: &World, word: &str) {
    assert_eq!(world.state.outcome().map(Outcome::word), Some(word));
}

#[test]
fn a_failure_opens_what_waits_for_one_and_the_run_fails_after_it() {
    let mut world = World::start(vec![
        stage("a", &[]),
        stage("b", &["a"]),
        on(RunOn::Failure, stage("tell", &["a", "b"])),
        on(RunOn::Always, stage("tidy", &["b"])),
    ]);
    assert_eq!(
        world.fail("a", Terminal, "x"),
        ["fail a for good", "skip b", "open tell", "open tidy", "ready tell", "ready tidy"]
    );
    assert_eq!(world.perform("tell", json!({})), ["done tell"]);
    assert_eq!(world.perform("tidy", json!({})), ["done tidy", "finished failed"]);
}

#[test]
fn without_a_failure_what_waits_for_one_is_left_out_and_the_run_publishes() {
    let mut world = World::start(vec![stage("a", &[]), on(RunOn::Failure, stage("tell", &["a"])), undo("undo-a", "a")]);
    assert_eq!(world.perform("a", json!({})), ["done a", "skip tell", "skip undo-a", "publishing"]);
}

#[test]
fn any_of_several_is_enough_and_none_is_not() {
    let forgiven = |id| PlannedStage { allow_failure: true, ..stage(id, &[]) };
    let mut world = World::start(vec![stage("a", &[]), stage("b", &[]), on(RunOn::Any, stage("c", &["a", "b"]))]);
    assert_eq!(world.perform("b", json!({})), ["done b", "open c", "ready c"]);
    let mut world = World::start(vec![forgiven("a"), forgiven("b"), on(RunOn::Any, stage("c", &["a", "b"]))]);
    world.fail("a", Terminal, "x");
    // A failure that is forgiven counts like an end that is well.
    assert_eq!(world.state.outcome(), None);
}

#[test]
fn a_forgiven_failure_lets_the_run_end_well() {
    let forgiven = PlannedStage { allow_failure: true, ..stage("a", &[]) };
    let mut world = World::start(vec![forgiven, stage("b", &["a"])]);
    assert_eq!(world.fail("a", Terminal, "x"), ["fail a for good", "open b", "ready b"]);
    assert_eq!(world.perform("b", json!({})), ["done b", "publishing"]);
}

#[test]
fn keeping_going_finishes_what_does_not_need_the_failed_stage() {
    let stages = || vec![stage("a", &[]), stage("b", &[]), stage("c", &["b"]), stage("d", &["a", "c"])];
    let mut world = World::start(stages());
    world.put(Input::Claim { task: task("b") });
    assert_eq!(world.fail("a", Terminal, "x"), ["fail a for good", "skip c", "skip d"]);
    let mut world = World::of(stages(), |spec| spec.plan.on_failure = OnFailure::KeepGoing);
    assert_eq!(world.fail("a", Terminal, "x"), ["fail a for good", "skip d"]);
    assert_eq!(world.perform("b", json!({})), ["done b", "open c", "ready c"]);
    assert_eq!(world.perform("c", json!({})), ["done c", "finished failed"]);
}

#[test]
fn a_matrix_drops_its_rest_or_keeps_going() {
    let wide = || matrix(stage("m", &[]), json!(["x", "y", "z"]), 1);
    let mut world = World::start(vec![wide()]);
    assert_eq!(world.fail("m[x]", Terminal, "x"), ["fail m[x] for good", "drop m[y]", "drop m[z]", "finished failed"]);
    let mut world = World::start(vec![PlannedStage { on_item_failure: OnFailure::KeepGoing, ..wide() }]);
    assert_eq!(world.fail("m[x]", Terminal, "x"), ["fail m[x] for good", "ready m[y]"]);
    assert_eq!(world.perform("m[y]", json!({})), ["done m[y]", "ready m[z]"]);
    assert_eq!(world.perform("m[z]", json!({})), ["done m[z]", "finished failed"]);
}

#[test]
fn what_was_done_is_undone_backwards_one_at_a_time() {
    let mut world = World::start(vec![
        stage("a", &[]),
        stage("b", &["a"]),
        stage("c", &["b"]),
        undo("undo-a", "a"),
        undo("undo-b", "b"),
        undo("undo-c", "c"),
    ]);
    world.perform("a", json!({}));
    world.perform("b", json!({}));
    assert_eq!(world.fail("c", Terminal, "x"), ["fail c for good", "skip undo-c", "open undo-b", "ready undo-b"]);
    // An undoing that fails does not stop the others.
    assert_eq!(world.fail("undo-b", Terminal, "y"), ["fail undo-b for good", "open undo-a", "ready undo-a"]);
    assert_eq!(world.perform("undo-a", json!({})), ["done undo-a", "finished failed"]);
    let Some(Outcome::Failed { task: Some(failed), .. }) = world.state.outcome() else { panic!("it failed") };
    assert_eq!(*failed, task("c"), "the first failure is the one that is told");
}

#[test]
fn a_cancelled_run_cleans_up_and_a_terminated_one_does_not() {
    let stages = || vec![stage("a", &[]), on(RunOn::Always, stage("tidy", &["a"])), undo("undo-a", "a")];
    let mut world = World::start(stages());
    assert_eq!(world.put(Input::Cancel { by: "ana".into() }), ["cancel", "drop a", "open tidy", "ready tidy"]);
    assert_eq!(world.perform("tidy", json!({})), ["done tidy", "skip undo-a", "finished cancelled"]);
    let mut world = World::start(stages());
    world.put(Input::Claim { task: task("a") });
    assert_eq!(world.put(Input::Terminate { by: "ana".into() }), ["finished cancelled"]);
    let late = Input::Done { task: task("a"), output: output(json!({})), events: Vec::new() };
    world.offer(&late).expect_err("the worker comes too late");
}

fn yes(world: &World, id: &str) -> Input {
    let (stage, question) = world.state.questions().next().expect("something waits");
    let approval = Approval {
        id: id.into(),
        name: id.into(),
        role: "maintainer".into(),
        subject: question.subject,
        self_approved: false,
    };
    Input::Approve { stage: stage.clone(), approval }
}

#[test]
fn so_many_people_must_agree_and_each_counts_once() {
    let mut world = World::start(vec![stage("a", &[]), approval("ok", &["a"], 2), stage("b", &["ok"])]);
    assert_eq!(world.perform("a", json!({})), ["done a", "open ok", "ask ok"]);
    let first = yes(&world, "bo");
    assert_eq!(world.put(first.clone()), ["approved ok by bo"]);
    world.offer(&first).expect_err("the same person again");
    world.offer(&yes(&world, "ana")).expect_err("ana asked for the run");
    let mut other = yes(&world, "cy");
    let Input::Approve { approval, .. } = &mut other else { unreachable!("built above") };
    approval.subject = Digest::of_bytes(b"something else");
    world.offer(&other).expect_err("it is not what waits");
    assert_eq!(world.put(yes(&world, "cy")), ["approved ok by cy", "open b", "ready b"]);
    assert_eq!(world.perform("b", json!({})), ["done b", "publishing"]);
}

#[test]
fn what_is_approved_names_all_that_was_made_before() {
    let asked = |value| {
        let mut world = World::start(vec![stage("a", &[]), approval("ok", &["a"], 1)]);
        world.put(Input::Claim { task: task("a") });
        let mut output = output(json!({}));
        output.proposal = Digest::of_bytes(value);
        world.put(Input::Done { task: task("a"), output, events: Vec::new() });
        world.state.questions().next().expect("it waits").1.subject
    };
    assert_eq!(asked(b"one"), asked(b"one"));
    assert_ne!(asked(b"one"), asked(b"two"));
}

#[test]
fn a_question_can_be_refused_or_lapse() {
    let mut world = World::start(vec![approval("ok", &[], 1), stage("b", &["ok"])]);
    let no = Input::Reject { stage: "ok".parse().expect("stage id"), by: "bo".into(), reason: "not now".into() };
    assert_eq!(world.put(no), ["fail ok for good", "skip b", "finished refused"]);
    let mut world = World::start(vec![approval("ok", &[], 1), stage("b", &["ok"])]);
    let at = crate::wake_at(&world.spec, &world.state).expect("the question lapses");
    assert_eq!(at.millis_since(world.now), 60_000);
    world.now = at;
    world.offer(&yes(&world, "bo")).expect_err("too late, though nobody has looked since");
    assert_eq!(world.put(Input::Tick), ["fail ok for good", "skip b", "finished failed"]);
}

#[test]
fn a_paused_run_starts_and_publishes_nothing_until_it_is_resumed() {
    let mut world = World::start(vec![stage("a", &[]), stage("b", &["a"])]);
    world.put(Input::Claim { task: task("a") });
    assert_eq!(world.put(Input::Pause { by: "ana".into() }), ["pause"]);
    world.offer(&Input::Pause { by: "bo".into() }).expect_err("it is paused already");
    let done = |name| Input::Done { task: task(name), output: output(json!({})), events: Vec::new() };
    assert_eq!(world.put(done("a")), ["done a", "open b", "ready b"]);
    world.offer(&Input::Claim { task: task("b") }).expect_err("paused");
    world.put(Input::Resume { by: "ana".into() });
    world.put(Input::Claim { task: task("b") });
    world.put(Input::Pause { by: "ana".into() });
    assert_eq!(world.put(done("b")), ["done b"]);
    assert_eq!(world.put(Input::Resume { by: "ana".into() }), ["resume", "publishing"]);
}

#[test]
fn nobody_is_woken_for_what_has_been_said_or_cannot_come() {
    let mut late = World::start(vec![stage("a", &[]), on(RunOn::Always, stage("tidy", &["a"]))]);
    late.put(Input::Pause { by: "ana".into() });
    late.now = crate::wake_at(&late.spec, &late.state).expect("the run may take so long");
    assert_eq!(late.put(Input::Tick), ["ran out", "drop a", "open tidy", "ready tidy"]);
    assert_eq!(crate::wake_at(&late.spec, &late.state), None, "looking again changes nothing");
    let mut complete = World::start(vec![stage("a", &[])]);
    complete.put(Input::Claim { task: task("a") });
    complete.put(Input::Pause { by: "ana".into() });
    assert!(crate::wake_at(&complete.spec, &complete.state).is_some());
    let done = Input::Done { task: task("a"), output: output(json!({})), events: Vec::new() };
    assert_eq!(complete.put(done), ["done a"]);
    assert_eq!(crate::wake_at(&complete.spec, &complete.state), None, "a complete run is not late");
}

#[test]
fn a_stage_that_takes_too_long_fails_with_all_its_attempts() {
    let slow = PlannedStage { stage_timeout_ms: Some(10_000), ..stage("a", &[]) };
    let mut world = World::start(vec![slow]);
    world.fail("a", Retryable, "x");
    world.now = crate::wake_at(&world.spec, &world.state).expect("a deadline");
    assert_eq!(world.put(Input::Tick), ["fail a for good", "finished failed"]);
}

#[test]
fn nothing_of_a_stage_that_is_over_its_time_is_started() {
    let slow = PlannedStage { stage_timeout_ms: Some(10_000), ..stage("a", &[]) };
    let mut world = World::start(vec![slow]);
    let mut in_time = world.clone();
    in_time.now = world.now.plus_millis(9_999);
    in_time.put(Input::Claim { task: task("a") });
    world.now = world.now.plus_millis(10_000);
    world.offer(&Input::Claim { task: task("a") }).expect_err("it would fail in the same moment");
    assert_eq!(world.put(Input::Tick), ["fail a for good", "finished failed"]);
}

#[test]
fn a_run_of_a_busy_group_waits_and_can_be_cancelled_meanwhile() {
    let behind = forgeline_model::RunId::of_trigger("other");
    let queue = Input::Queue { behind };
    let mut world = World::unstarted(vec![stage("a", &[])]);
    assert_eq!(world.put(queue.clone()), ["queued"]);
    world.offer(&queue).expect_err("it waits already");
    assert_eq!(world.put(Input::Start), ["started", "open a", "ready a"]);
    let mut world = World::unstarted(vec![stage("a", &[])]);
    world.put(queue);
    assert_eq!(world.put(Input::Cancel { by: "ana".into() }), ["cancel", "finished cancelled"]);
}

#[test]
fn a_parked_task_comes_again_at_its_time_and_people_hear_of_it_once() {
    let mut world = World::start(vec![stage("a", &[])]);
    let until = world.now.plus_millis(3_600_000);
    for told in [1, 0] {
        world.put(Input::Claim { task: task("a") });
        let parked = Input::Parked { task: task("a"), until, reason: "429".into() };
        let next = crate::step(&world.spec, &world.state, &parked, world.now).expect("fits");
        assert_eq!(next.effects.len(), told);
        assert_eq!(world.put(parked), ["park a", "ready a"]);
        let parked = world.state.task(&task("a")).expect("open");
        assert_eq!((&parked.status, parked.failures), (&TaskStatus::Ready { at: until }, 0));
    }
}

#[test]
fn a_budget_is_set_aside_before_and_settled_after() {
    let usd = |cents: u64| Usage { usd: Usd::from_micros(cents * 10_000), tokens: 0 };
    let dear = |id| PlannedStage { reserve: usd(60), ..stage(id, &[]) };
    let limit = |cents| move |spec: &mut crate::RunSpec| spec.plan.budget.usd = usd(cents).usd;
    let mut world = World::of(vec![dear("a"), dear("b")], limit(100));
    world.put(Input::Claim { task: task("a") });
    world.offer(&Input::Claim { task: task("b") }).expect_err("what is set aside for `a` is not there for `b`");
    let done = |usage| {
        let output = crate::TaskOutput { usage, ..output(json!({})) };
        Input::Done { task: task("a"), output, events: Vec::new() }
    };
    let mut cheap = world.clone();
    assert_eq!(cheap.put(done(usd(30))), ["done a"], "what was not used is there again");
    cheap.put(Input::Claim { task: task("b") });
    assert_eq!(world.put(done(usd(50))), ["done a", "ran out", "drop b", "finished failed"]);
    let Some(Outcome::Failed { kind, .. }) = world.state.outcome() else { panic!("it failed") };
    assert_eq!(kind, "budget");
}

#[test]
fn attempts_are_counted_against_the_budget_but_cleaning_up_is_not() {
    let stages = vec![stage("a", &[]), stage("b", &["a"]), on(RunOn::Always, stage("tidy", &["b"]))];
    let mut world = World::of(stages, |spec| spec.plan.budget.tasks = Some(1));
    assert_eq!(world.perform("a", json!({})), ["done a", "open b", "ran out", "drop b", "open tidy", "ready tidy"]);
    assert_eq!(world.perform("tidy", json!({})), ["done tidy", "finished failed"]);
    ends(&world, "failed");
}
