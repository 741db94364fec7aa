//! Schemas become nodes: what says the same is the same, and what cannot be read is known to be unknown.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::{
    arena::Arena,
    node::{Id, Lit},
    reader::{Shared, read},
};

fn places(schemas: &[Value]) -> (Arena, Vec<Id>) {
    let (mut arena, mut shared) = (Arena::default(), Shared::default());
    let ids = schemas.iter().map(|schema| read(&mut arena, &mut shared, schema)).collect();
    (arena, ids)
}

#[test]
fn what_says_the_same_is_the_same() {
    let one = json!({"type": "null"});
    for same in [
        [json!(true), json!({})],
        [json!(true), json!({"title": "a", "format": "colour", "multipleOf": 0})],
        [json!(true), json!({"contains": one, "minContains": 0})],
        [json!(true), json!({"uniqueItems": false})],
        [json!(true), json!({"if": one})],
        [json!(false), json!({"enum": []})],
        [one.clone(), json!({"oneOf": [one]})],
        [one.clone(), json!({"allOf": [one, one]})],
        [one.clone(), json!({"anyOf": [one]})],
        [one.clone(), json!({"not": {"not": one}})],
        [one.clone(), json!({"type": ["null"]})],
        [one.clone(), json!({"$ref": "#/$defs/n", "$defs": {"n": one}})],
        [json!({"enum": [1, "a", 1.0]}), json!({"enum": ["a", 1]})],
        [json!({"type": ["integer", "number"]}), json!({"type": "number"})],
        [json!({"minLength": 2.0}), json!({"minLength": 2})],
    ] {
        let (_, ids) = places(&same);
        assert_eq!(ids[0], ids[1], "{same:?}");
    }
}

#[test]
fn what_cannot_be_read_is_unknown() {
    let deep = |levels: usize| (0..levels).fold(json!({"type": "null"}), |inner, _| json!({"allOf": [inner]}));
    for (schema, expected) in [
        (json!({"properties": {"a": {"$ref": "#/nowhere"}}}), None),
        (json!({"properties": {"a": {"$ref": 1}}}), None),
        (json!({"properties": {"a": 1}}), None),
        (json!({"properties": {"a": deep(398)}}), Some(false)),
        (json!({"properties": {"a": deep(399)}}), None),
    ] {
        let (mut arena, ids) = places(&[schema]);
        assert_eq!(arena.holds(Lit::yes(ids[0]), &json!({"a": 1})), expected);
    }
}

#[test]
fn many_schemas_side_by_side_are_read() {
    let properties: Map<String, Value> = (0..1_000).map(|n| (format!("p{n}"), json!({"type": "null"}))).collect();
    let (mut arena, ids) = places(&[json!({"properties": properties})]);
    for n in 0..1_000 {
        assert_eq!(arena.holds(Lit::yes(ids[0]), &json!({format!("p{n}"): 1})), Some(false), "{n}");
    }
}

#[test]
fn reading_ends_in_time() {
    let tree = json!({"items": {"$ref": "#"}});
    let late = |end: Instant| {
        let mut shared = Shared::until(end);
        read(&mut Arena::default(), &mut shared, &tree);
        shared.is_late
    };
    assert!(late(Instant::now()));
    assert!(!late(Instant::now() + Duration::from_secs(600)));
}

/// What is known of an object with a member that no schema looks at.
fn unlooked(mut schema: Value) -> Option<bool> {
    schema["unevaluatedProperties"] = json!(false);
    let (mut arena, ids) = places(&[schema]);
    arena.holds(Lit::yes(ids[0]), &json!({"a": 1, "x": 1}))
}

#[test]
fn what_others_look_at_is_followed_down_to_a_bound() {
    let end = json!({"properties": {"a": true}});
    let nested = |levels: usize, around: &dyn Fn(Value) -> Value| (0..levels).fold(end.clone(), |deep, _| around(deep));
    let keywords: [&dyn Fn(Value) -> Value; 7] = [
        &|deep| json!({"allOf": [deep]}),
        &|deep| json!({"anyOf": [deep]}),
        &|deep| json!({"oneOf": [deep]}),
        &|deep| json!({"if": deep}),
        &|deep| json!({"if": true, "then": deep}),
        &|deep| json!({"if": false, "else": deep}),
        &|deep| json!({"dependentSchemas": {"a": deep}}),
    ];
    for around in keywords {
        let judged = [24, 25].map(|levels| unlooked(nested(levels, around)));
        assert_eq!(judged, [Some(false), None], "{}", around(json!({})));
    }
    let chain = |length: usize| {
        let mut levels: Map<String, Value> =
            (1..length).map(|n| (format!("d{n}"), json!({"$ref": format!("#/$defs/d{}", n + 1)}))).collect();
        levels.insert(format!("d{length}"), end.clone());
        unlooked(json!({"$ref": "#/$defs/d1", "$defs": levels}))
    };
    assert_eq!((chain(24), chain(25)), (Some(false), None));
}

#[test]
fn cases_of_what_is_looked_at_are_counted() {
    let choices = |count: usize| -> Value {
        json!({"anyOf": (0..count).map(|n| json!({"properties": {format!("p{n}"): true}})).collect::<Vec<_>>()})
    };
    let two = |one: usize, other: usize| unlooked(json!({"allOf": [choices(one), choices(other)]}));
    assert_eq!((two(3, 3), two(4, 4)), (Some(false), None), "64 cases and 256");
    assert_eq!(unlooked(json!({"allOf": vec![json!({}); 1_999]})), Some(false));
    assert_eq!(unlooked(json!({"allOf": vec![json!({}); 2_000]})), None, "too many schemas");
}
