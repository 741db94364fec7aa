//! Whether a value is of a schema, keyword by keyword.

use serde_json::{Value, json};

use crate::{
    arena::Arena,
    dialect::lower,
    evaluate::{are_distinct, normal},
    node::{Lit, Names, Node, Type},
    reader::{Shared, read},
};

/// What is known of a value.
fn holds(schema: &Value, value: &Value) -> Option<bool> {
    let lowered = lower(schema).expect("a schema");
    let mut arena = Arena::default();
    let id = read(&mut arena, &mut Shared::default(), &lowered);
    let (yes, no) = (arena.holds(Lit::yes(id), value), arena.holds(Lit::no(id), value));
    assert_eq!(yes, no.map(|no| !no), "{value} and {schema}");
    yes
}

#[test]
fn each_keyword_is_judged_of_each_value() {
    // A lookahead, which is not understood.
    let opaque = json!({"pattern": "(?=a)"});
    for (schema, good, bad, unknown) in [
        (
            json!({"type": ["null", "array"]}),
            vec![json!(null), json!([])],
            vec![json!(1), json!({}), json!("")],
            vec![],
        ),
        (json!({"type": "boolean"}), vec![json!(true)], vec![json!(0)], vec![]),
        (json!({"type": "integer"}), vec![json!(1), json!(1.0)], vec![json!(1.5), json!("1")], vec![]),
        (
            json!({"enum": [1, "a", null]}),
            vec![json!(1.0), json!("a"), json!(null)],
            vec![json!(2), json!([1])],
            vec![],
        ),
        (
            json!({"const": [1, {"a": 2}]}),
            vec![json!([1, {"a": 2}])],
            vec![json!([1]), json!([1, {}]), json!([1, {"a": 2}, 3]), json!([1, {"a": 2, "b": 2}])],
            vec![],
        ),
        (json!({"minimum": 1.5}), vec![json!(1.5), json!(2), json!("a")], vec![json!(1.25)], vec![]),
        (json!({"exclusiveMinimum": 1}), vec![json!(1.5)], vec![json!(1), json!(0)], vec![]),
        (json!({"maximum": 1}), vec![json!(1), json!(-1), json!({})], vec![json!(1.5)], vec![]),
        (json!({"exclusiveMaximum": 1}), vec![json!(0.5)], vec![json!(1), json!(2)], vec![]),
        (json!({"multipleOf": 0.1}), vec![json!(0.3), json!(0), json!(null)], vec![json!(0.25)], vec![]),
        (json!({"minLength": 2}), vec![json!("ää"), json!("abc"), json!(1)], vec![json!("ä"), json!("")], vec![]),
        (json!({"maxLength": 2}), vec![json!("ää"), json!(""), json!([1, 2, 3])], vec![json!("abc")], vec![]),
        (json!({"pattern": "^a"}), vec![json!("ab"), json!(1)], vec![json!("b"), json!("")], vec![]),
        (opaque.clone(), vec![json!(1)], vec![], vec![json!("a"), json!("b")]),
        (json!({"format": "ipv4"}), vec![json!("0.0.0.0"), json!(1)], vec![json!("a")], vec![json!("10.0.0.1")]),
        (json!({"minItems": 2}), vec![json!([1, 2]), json!({})], vec![json!([1])], vec![]),
        (json!({"maxItems": 1}), vec![json!([1]), json!("abc")], vec![json!([1, 2])], vec![]),
        (
            json!({"prefixItems": [true, {"type": "null"}]}),
            vec![json!([1]), json!([1, null])],
            vec![json!([1, 2])],
            vec![],
        ),
        (
            json!({"prefixItems": [true], "items": {"type": "null"}}),
            vec![json!([1]), json!([1, null]), json!([])],
            vec![json!([1, null, 2])],
            vec![],
        ),
        (json!({"items": opaque}), vec![json!([1, 2])], vec![], vec![json!([1, "a"])]),
        (
            json!({"items": {"allOf": [{"maxLength": 1}, opaque]}}),
            vec![json!([1])],
            vec![json!(["b", "aa"])],
            vec![json!(["a"])],
        ),
        (
            json!({"contains": {"type": "null"}, "minContains": 2}),
            vec![json!([null, 1, null]), json!(1)],
            vec![json!([null, 1])],
            vec![],
        ),
        (
            json!({"contains": {"type": "null"}, "maxContains": 1}),
            vec![json!([null, 1])],
            vec![json!([null, null]), json!([])],
            vec![],
        ),
        (
            json!({"contains": opaque, "minContains": 2}),
            vec![json!([1, 2])],
            vec![json!([1]), json!(["a"])],
            vec![json!([1, "a"]), json!(["a", "a"])],
        ),
        (json!({"uniqueItems": true}), vec![json!([1, "1"])], vec![json!([1, 1.0])], vec![]),
        (json!({"minProperties": 1}), vec![json!({"a": 1}), json!([])], vec![json!({})], vec![]),
        (json!({"maxProperties": 1}), vec![json!({"a": 1}), json!([1, 2])], vec![json!({"a": 1, "b": 1})], vec![]),
        (json!({"required": ["a"]}), vec![json!({"a": 1}), json!("a")], vec![json!({"b": 1})], vec![]),
        (
            json!({"properties": {"a": {"type": "null"}}}),
            vec![json!({"b": 1}), json!({"a": null})],
            vec![json!({"a": 1})],
            vec![],
        ),
        (
            json!({"patternProperties": {"^a": {"type": "null"}}}),
            vec![json!({"b": 1, "ab": null})],
            vec![json!({"aa": null, "ab": 1})],
            vec![],
        ),
        (
            json!({"properties": {"a": true}, "patternProperties": {"^b": true}, "additionalProperties": {"type": "null"}}),
            vec![json!({"a": 1, "bb": 1, "c": null})],
            vec![json!({"c": 1})],
            vec![],
        ),
        (
            json!({"patternProperties": {"(?=a)": {"type": "null"}}}),
            vec![json!({}), json!({"x": null})],
            vec![],
            vec![json!({"x": 1})],
        ),
        (
            json!({"patternProperties": {"(?=a)": true, "^b": true}, "additionalProperties": false}),
            vec![json!({"b": 1})],
            vec![],
            vec![json!({"x": 1})],
        ),
        (
            json!({"patternProperties": {"^b": opaque, "^c": {"type": "null"}}}),
            vec![json!({"b": 1})],
            vec![json!({"b": "a", "c": 1})],
            vec![json!({"b": "a"})],
        ),
        (
            json!({"propertyNames": {"maxLength": 1}}),
            vec![json!({"a": 1}), json!(["ab"])],
            vec![json!({"a": 1, "bc": 1})],
            vec![],
        ),
        (
            json!({"propertyNames": {"allOf": [{"maxLength": 1}, opaque]}}),
            vec![json!({})],
            vec![json!({"a": 1, "bc": 1})],
            vec![json!({"a": 1})],
        ),
        (
            json!({"oneOf": [{"type": "null"}, {"minimum": 1}, {"maximum": 3}]}),
            vec![json!(0), json!(5)],
            vec![json!(2), json!("a")],
            vec![],
        ),
        (json!({"oneOf": [{"minimum": 1}, opaque]}), vec![], vec![json!(2)], vec![json!("a")]),
        (json!({"oneOf": [true, true, opaque]}), vec![], vec![json!("a")], vec![]),
        (json!({"oneOf": [false, false]}), vec![], vec![json!("a")], vec![]),
        (json!({"anyOf": [opaque, {"minLength": 2}]}), vec![json!("ab"), json!(1)], vec![], vec![json!("a")]),
        (json!({"anyOf": [{"type": "null"}, {"type": "string"}]}), vec![json!("a")], vec![json!(1)], vec![]),
        (json!({"allOf": [opaque, {"minLength": 2}]}), vec![json!(1)], vec![json!("a")], vec![json!("ab")]),
        (json!({"not": {"type": "null"}}), vec![json!(1)], vec![json!(null)], vec![]),
        (
            json!({"properties": {"a": {"$ref": "#"}}, "maxProperties": 1}),
            vec![json!({"a": {"a": {}}})],
            vec![json!({"a": {"a": 1, "b": 1}})],
            vec![],
        ),
    ] {
        for (values, expected) in [(good, Some(true)), (bad, Some(false)), (unknown, None)] {
            for value in values {
                assert_eq!(holds(&schema, &value), expected, "{value} and {schema}");
            }
        }
    }
}

#[test]
fn values_too_deep_or_too_large_are_not_judged() {
    let tree = json!({"items": {"$ref": "#"}});
    let nested = |levels: usize| (0..levels).fold(json!([]), |inner, _| json!([inner]));
    assert_eq!((holds(&tree, &nested(90)), holds(&tree, &nested(400))), (Some(true), None));
    // Each level is one step, and the one at the end is the 300th.
    let chain = |length: usize| {
        let mut arena = Arena::default();
        let end = arena.place(Node::Types(vec![Type::Array]));
        let id = (0..length).fold(end, |below, _| arena.place(Node::Item(0, below)));
        arena.holds(Lit::yes(id), &nested(length))
    };
    assert_eq!((chain(300), chain(301)), (Some(true), None));
    let many = |count: usize| Value::Array(vec![json!(1); count]);
    let items = json!({"items": {"type": "integer"}});
    assert_eq!((holds(&items, &many(1_000)), holds(&items, &many(200_000))), (Some(true), None));
}

#[test]
fn equal_values_are_equal_however_they_are_written() {
    for (one, other) in
        [(json!(1), json!(1.0)), (json!(100), json!(1e2)), (json!({"a": 1, "b": [2]}), json!({"b": [2.0], "a": 1}))]
    {
        assert_eq!(normal(&one), normal(&other));
        assert!(!are_distinct(&[one, json!(null), other]));
    }
    let apart = [
        json!("1"),
        json!(1),
        json!([1]),
        json!([[1]]),
        json!({"a": 1}),
        json!({"a": "1"}),
        json!([1, 1]),
        json!("a\":1"),
    ];
    assert!(are_distinct(&apart));
}

#[test]
fn names_match_as_they_are_said_to() {
    let mut arena = Arena::default();
    let (a, opaque) = (arena.pattern("^a", ""), arena.pattern("(?=b)", ""));
    let others = Names::Others(vec!["x".into()], vec![a]);
    let unclear = Names::Others(vec!["x".into()], vec![opaque, a]);
    for (names, name, expected) in [
        (Names::One("x".into()), "x", Some(true)),
        (Names::One("x".into()), "y", Some(false)),
        (Names::Matching(a), "ab", Some(true)),
        (Names::Matching(a), "b", Some(false)),
        (Names::Matching(opaque), "b", None),
        (others.clone(), "x", Some(false)),
        (others.clone(), "ab", Some(false)),
        (others, "b", Some(true)),
        (unclear.clone(), "ab", Some(false)),
        (unclear, "b", None),
    ] {
        assert_eq!(arena.names(&names, name), expected, "{names:?} and {name}");
    }
}
