//! Bounds are reached where they are said to be, and nodes are shared.

use std::{
    cell::Cell,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use serde_json::json;

use crate::{
    Budget, Inclusion,
    arena::Arena,
    budget::Meter,
    included,
    node::{Node, Type},
    search::Search,
};

#[test]
fn a_meter_counts_down_to_nothing() {
    let meter = |steps| Meter::new(&Budget { steps, ..Budget::default() });
    let mut three = meter(3);
    assert!(!three.exhausted());
    assert_eq!([three.step(), three.step(), three.step(), three.step()], [true, true, false, false]);
    assert!(three.exhausted());
    let mut none = meter(0);
    assert!(none.exhausted() && !none.step());
    let mut over = Meter::new(&Budget { time: Duration::ZERO, ..Budget::default() });
    assert!(over.exhausted() && !over.step());
}

/// How often a question asks for confirmation when it never gets one.
fn asked(budget: &Budget, when_asked: &dyn Fn()) -> u32 {
    let left = json!({"type": "integer", "anyOf": (0..400).map(|n| json!({"const": n})).collect::<Vec<_>>()});
    let times = Cell::new(0);
    let confirm = |_: &serde_json::Value| {
        times.set(times.get() + 1);
        when_asked();
        false
    };
    assert!(matches!(included(&left, &json!(false), budget, &confirm), Inclusion::Undecided(_)));
    times.get()
}

#[test]
fn time_and_cancellation_end_a_question_on_its_way() {
    assert!(asked(&Budget::default(), &|| ()) >= 400);
    let short = Budget { time: Duration::from_millis(10), ..Budget::default() };
    assert!(asked(&short, &|| std::thread::sleep(Duration::from_millis(11))) <= 64);
    let cancel = Arc::new(AtomicBool::new(false));
    let budget = Budget { cancel: Arc::clone(&cancel), time: Duration::from_secs(600), ..Budget::default() };
    assert!(asked(&budget, &|| cancel.store(true, std::sync::atomic::Ordering::Relaxed)) <= 64);
}

#[test]
fn an_arena_is_small_below_its_bound() {
    let mut arena = Arena::default();
    for n in 0..399_999 {
        arena.place(Node::MinLength(n));
    }
    assert!(arena.is_small());
    arena.place(Node::MinLength(7));
    assert!(arena.is_small(), "what is there is not placed again");
    arena.place(Node::MaxLength(0));
    assert!(!arena.is_small());
}

#[test]
fn languages_are_small_below_their_bound() {
    let mut arena = Arena::default();
    // Four terms are there from the beginning, a letter and an `a` more are made here.
    arena.languages.text(&"a".repeat(199_995));
    assert!(arena.languages.is_small());
    arena.languages.text(&"a".repeat(199_996));
    assert!(!arena.languages.is_small() && !arena.is_small());
    assert_eq!(arena.languages.read("b"), None);
}

#[test]
fn one_of_one_is_that_one() {
    let mut arena = Arena::default();
    let one = arena.place(Node::Types(vec![Type::Null]));
    let other = arena.place(Node::Types(vec![Type::Boolean]));
    assert_eq!((arena.all(vec![one, one]), arena.any(vec![one, one])), (one, one));
    assert_eq!(arena.all(vec![one, other]), arena.all(vec![other, one, other]));
    assert_eq!(arena.any(vec![one, other]), arena.any(vec![other, one, other]));
    let not = arena.not(one);
    assert_eq!((arena.not(not), arena.anything() == arena.nothing()), (one, false));
}

#[test]
fn a_few_reasons_are_enough() {
    let mut arena = Arena::default();
    let mut search = Search::new(&mut arena, &Budget::default());
    (0..30).for_each(|n| search.note("pattern", &format!("/{n:02}"), "first"));
    search.note_if_silent("search", "not said");
    let told = search.reasons();
    assert_eq!((told.len(), told[19].pointer.as_str()), (20, "/19"));
    let mut search = Search::new(&mut arena, &Budget::default());
    search.note_if_silent("search", "said");
    assert_eq!(search.reasons()[0].message, "said");
}
