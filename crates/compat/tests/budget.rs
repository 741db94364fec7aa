//! What the budget cuts short is undecided, with the reason, and never wrong.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use forgeline_compat::{Budget, Inclusion, dialect::lower, included};
use serde_json::{Value, json};

fn asked(left: &Value, right: &Value, budget: &Budget) -> Inclusion {
    let lower = |schema: &Value| lower(schema).unwrap_or_else(|why| panic!("{schema}: {why}"));
    included(&lower(left), &lower(right), budget, &|_| panic!("nothing is confirmed after the end"))
}

#[track_caller]
fn cut_short(inclusion: Inclusion) {
    let Inclusion::Undecided(reasons) = inclusion else { panic!("{inclusion:?}") };
    assert!(reasons.iter().any(|reason| reason.keyword == "budget"), "{reasons:?}");
}

/// Many branches on both sides.
fn large(field: &str) -> Value {
    let branch = |n: usize| json!({"properties": {field: {"minimum": n, "multipleOf": n + 1}, "k": {"pattern": format!("^a{{{n}}}b")}}});
    json!({"type": "object", "anyOf": (0..30).map(branch).collect::<Vec<_>>()})
}

#[test]
fn without_time_nothing_is_said() {
    let none = Budget { time: Duration::ZERO, ..Budget::default() };
    cut_short(asked(&large("a"), &large("b"), &none));
    let tree = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
    let other = json!({"type": "object", "properties": {"next": {"$ref": "#"}}, "minProperties": 1});
    cut_short(asked(&tree, &other, &none));
}

#[test]
fn without_steps_nothing_is_said() {
    for steps in [0, 1, 5] {
        cut_short(asked(&large("a"), &large("b"), &Budget { steps, ..Budget::default() }));
    }
}

#[test]
fn who_gives_up_gets_an_answer() {
    let cancelled = Budget { cancel: Arc::new(AtomicBool::new(true)), ..Budget::default() };
    cut_short(asked(&large("a"), &large("b"), &cancelled));
}
