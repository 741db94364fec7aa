use forgeline_model::task::FailureClass::{Retryable, Terminal};
use serde_json::json;

use crate::{
    Input, Outcome,
    run::TaskStatus,
    testing::{World, matrix, output, stage, task},
};

#[test]
fn stages_open_when_what_they_need_has_ended_well() {
    let mut world =
        World::start(vec![stage("a", &[]), stage("b", &["a"]), stage("c", &["a"]), stage("d", &["b", "c"])]);
    assert_eq!(world.perform("a", json!({})), ["done a", "open b", "open c", "ready b", "ready c"]);
    assert_eq!(world.perform("b", json!({})), ["done b"]);
    assert_eq!(world.perform("c", json!({})), ["done c", "open d", "ready d"]);
    assert_eq!(world.perform("d", json!({})), ["done d", "publishing"]);
    let settled = Input::Settled { outcome: Outcome::NoChange { reason: "same".into() } };
    assert_eq!(world.put(settled), ["finished no-change"]);
}

#[test]
fn a_false_condition_skips_the_stage_and_what_needs_it_goes_on() {
    let mut skipped = stage("b", &["a"]);
    skipped.when = Some("inputs.go".into());
    let mut world = World::start(vec![stage("a", &[]), skipped, stage("c", &["b"])]);
    assert_eq!(world.perform("a", json!({})), ["done a", "skip b", "open c", "ready c"]);
}

#[test]
fn a_condition_sees_the_outputs_of_stages_before_it_and_a_broken_one_fails_the_run() {
    let mut seen = stage("b", &["a"]);
    seen.when = Some("stages.a.outputs.n == 2".into());
    let mut broken = stage("c", &["b"]);
    broken.when = Some("stages.a.outputs.nothing.here".into());
    let mut world = World::start(vec![stage("a", &[]), seen, broken]);
    assert_eq!(world.perform("a", json!({"n": 2})), ["done a", "open b", "ready b"]);
    assert_eq!(world.perform("b", json!({})), ["done b", "open c", "fail c for good", "finished failed"]);
}

#[test]
fn a_matrix_runs_at_most_so_many_at_once_and_names_its_elements() {
    let wide = matrix(stage("m", &[]), json!("{{inputs.list}}"), 2);
    let mut world = World::start(vec![wide]);
    assert_eq!(world.perform("m[x]", json!({})), ["done m[x]", "ready m[y-2]"]);
    assert_eq!(world.perform("m[y]", json!({})), ["done m[y]"]);
    assert_eq!(world.perform("m[y-2]", json!({})), ["done m[y-2]", "publishing"]);
}

#[test]
fn names_of_matrix_elements_are_unique_and_printable() {
    let wide = matrix(stage("m", &[]), json!(["a-2", "a", "a", "", "\u{1b}[31m`", "a"]), 9);
    let world = World::start(vec![wide]);
    let names: Vec<_> = world.state.tasks().map(|task| task.id.item.clone().unwrap_or_default()).collect();
    assert_eq!(names, ["a-2", "a", "a-3", "3", "[31m", "a-5"]);
}

#[test]
fn nothing_is_cancelled_once_the_result_is_on_its_way() {
    let mut world = World::start(vec![stage("a", &[])]);
    world.perform("a", json!({}));
    let refused = world.offer(&Input::Cancel { by: "ana".into() }).expect_err("refused");
    assert_eq!(refused.to_string(), "the run is publishing");
}

#[test]
fn an_empty_matrix_is_done_and_one_that_is_no_list_fails() {
    let mut world = World::start(vec![stage("a", &[]), matrix(stage("m", &["a"]), json!([]), 1)]);
    assert_eq!(world.perform("a", json!({})), ["done a", "open m", "publishing"]);
    let mut world = World::start(vec![stage("a", &[]), matrix(stage("m", &["a"]), json!("{{inputs.go}}"), 1)]);
    assert_eq!(world.perform("a", json!({})), ["done a", "open m", "fail m for good", "finished failed"]);
}

#[test]
fn a_retryable_failure_comes_again_three_times_later_each_time() {
    let mut world = World::start(vec![stage("a", &[])]);
    let mut waits = Vec::new();
    for _ in 0..3 {
        assert_eq!(world.fail("a", Retryable, "timeout"), ["fail a", "ready a"]);
        let TaskStatus::Ready { at } = world.state.task(&task("a")).expect("open").status else { panic!("not ready") };
        waits.push(at.millis_since(world.now));
    }
    for (wait, about) in waits.iter().zip([5_000, 45_000, 420_000]) {
        assert!((about * 4 / 5..=about * 6 / 5).contains(wait), "{wait} is {about} ± 20 %");
    }
    assert_eq!(world.fail("a", Retryable, "timeout"), ["fail a for good", "finished failed"]);
}

#[test]
fn a_terminal_failure_and_a_third_crash_are_final() {
    let mut world = World::start(vec![stage("a", &[])]);
    assert_eq!(world.fail("a", Terminal, "template"), ["fail a for good", "finished failed"]);
    let mut world = World::start(vec![stage("a", &[])]);
    for _ in 0..2 {
        world.fail("a", Retryable, "crash");
    }
    assert_eq!(world.fail("a", Retryable, "crash"), ["fail a for good", "finished failed"]);
}

#[test]
fn a_lost_worker_does_not_count_as_an_attempt_but_twenty_are_enough() {
    let mut world = World::start(vec![stage("a", &[])]);
    for _ in 0..19 {
        assert_eq!(world.put(Input::Claim { task: task("a") }), ["start a #1"]);
        assert_eq!(world.put(Input::Lost { task: task("a") }), ["lost a", "ready a"]);
    }
    world.put(Input::Claim { task: task("a") });
    assert_eq!(world.put(Input::Lost { task: task("a") }), ["lost a", "fail a for good", "finished failed"]);
}

#[test]
fn cancelling_waits_for_what_runs_and_starts_nothing_new() {
    let mut world = World::start(vec![stage("a", &[]), stage("b", &[])]);
    world.put(Input::Claim { task: task("a") });
    assert_eq!(world.put(Input::Cancel { by: "ana".into() }), ["cancel", "drop b"]);
    let done = Input::Done { task: task("a"), output: output(json!({})), events: Vec::new() };
    assert_eq!(world.put(done), ["done a", "finished cancelled"]);
}

#[test]
fn a_run_that_takes_longer_than_its_wall_time_ends() {
    let mut world = World::start(vec![stage("a", &[])]);
    world.now = world.now.plus_millis(world.spec.plan.budget.wall_ms + 1);
    assert_eq!(world.put(Input::Tick), ["ran out", "drop a", "finished failed"]);
}

#[test]
fn a_clock_that_jumps_back_changes_nothing() {
    let mut world = World::start(vec![stage("a", &[])]);
    world.now = forgeline_model::Timestamp::from_millis(-5_000_000);
    assert_eq!(world.perform("a", json!({})), ["done a", "publishing"]);
}

#[test]
fn every_input_that_does_not_fit_is_refused_and_changes_nothing() {
    let mut world = World::start(vec![stage("a", &[]), stage("b", &["a"])]);
    let done = |name| Input::Done { task: task(name), output: output(json!({})), events: Vec::new() };
    let settled = Input::Settled { outcome: Outcome::NoChange { reason: String::new() } };
    let refused = [
        (Input::Start, "the run is working"),
        (done("a"), "task `a` is ready; expected running"),
        (Input::Claim { task: task("b") }, "task `b` is not open; expected ready"),
        (Input::Lost { task: task("a") }, "task `a` is ready; expected running"),
        (settled.clone(), "the run is working"),
    ];
    let before = world.state.clone();
    for (input, reason) in refused {
        assert_eq!(world.offer(&input).expect_err("refused").to_string(), reason);
    }
    assert_eq!(world.state, before);
    world.perform("a", json!({}));
    world.perform("b", json!({}));
    world.put(settled);
    assert_eq!(world.offer(&Input::Tick).expect_err("refused").to_string(), "the run has ended: no-change");
}

#[test]
fn events_tell_of_facts_with_ids_that_a_repeat_does_not_change() {
    let world = World::start(vec![stage("a", &[])]);
    let again = crate::step(&world.spec, &crate::RunState::default(), &Input::Start, world.now).expect("fits");
    let later = world.now.plus_millis(60_000);
    let third = crate::step(&world.spec, &crate::RunState::default(), &Input::Start, later).expect("fits");
    assert_eq!(again.events[0].event_type, "RunStarted");
    assert_eq!(again.events[0].event_id, third.events[0].event_id);
}
