//! Questions whose answer says more than yes or no.

use forgeline_compat::{
    Budget, Inclusion, Reason,
    dialect::{lower, unfolded},
    included,
};
use serde_json::{Value, json};

/// The answer where nothing is ever confirmed.
fn asked(left: &Value, right: &Value) -> Inclusion {
    included(left, right, &Budget::default(), &|_| false)
}

fn reasons(left: &Value, right: &Value) -> Vec<Reason> {
    match asked(left, right) {
        Inclusion::Undecided(reasons) => reasons,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reason_names_keyword_and_place() {
    let lookahead = json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "^(?=x)"}}});
    let told = reasons(&json!({"type": "object", "properties": {"a": {"type": "string"}}}), &lookahead);
    let places: Vec<(&str, &str)> = told.iter().map(|one| (one.keyword.as_str(), one.pointer.as_str())).collect();
    assert_eq!(places, [("pattern", "/properties/a/pattern")]);
    let plain = json!({"type": "string"});
    let told = reasons(&json!({"type": "string", "pattern": "^(?=x)"}), &json!(false));
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].keyword.as_str(), told[0].pointer.as_str()), ("pattern", "/pattern"));
    assert_eq!(told[0].message, "`pattern` is not understood: ^(?=x)");
    let long = format!("^(?={})", "ä".repeat(100));
    let told = reasons(&json!({"allOf": [{"type": "string", "pattern": long}]}), &json!(false));
    assert_eq!(told[0].pointer, "/allOf/0/pattern");
    assert_eq!(told[0].message, format!("`pattern` is not understood: ^(?={}…", "ä".repeat(76)));
    assert_eq!(asked(&plain, &plain), Inclusion::Proven);
}

#[test]
fn a_reason_of_a_part_names_the_place_of_the_part() {
    let part = json!({"type": "string", "pattern": "^(?=x)y"});
    let places = |schema: &Value| -> Vec<String> {
        reasons(schema, &json!(false)).into_iter().map(|reason| reason.pointer).collect()
    };
    for (schema, place) in [
        (json!({"type": "object", "required": ["a/b"], "properties": {"a/b": part}}), "/properties/a~1b/pattern"),
        (
            json!({"type": "object", "required": ["a/b"], "patternProperties": {"^a/": part}}),
            "/patternProperties/^a~1/pattern",
        ),
        (json!({"type": "object", "minProperties": 1, "additionalProperties": part}), "/additionalProperties/pattern"),
        (json!({"type": "array", "minItems": 1, "prefixItems": [part]}), "/prefixItems/0/pattern"),
        (json!({"type": "array", "minItems": 1, "items": part}), "/items/pattern"),
        (json!({"type": "array", "contains": part}), "/contains/pattern"),
        (json!({"type": "object", "minProperties": 1, "propertyNames": part}), "/propertyNames/pattern"),
        (json!({"anyOf": [false, part]}), "/anyOf/1/pattern"),
        (json!({"oneOf": [part]}), "/oneOf/0/pattern"),
        (json!({"not": {"not": part}}), "/not/not/pattern"),
        (json!({"if": true, "then": part}), "/then/pattern"),
        (json!({"if": false, "else": part}), "/else/pattern"),
        (
            json!({"type": "object", "required": ["a/b"], "dependentSchemas": {"a/b": {"properties": {"a/b": part}}}}),
            "/dependentSchemas/a~1b/properties/a~1b/pattern",
        ),
        (json!({"$ref": "#/$defs/d", "$defs": {"d": part}}), "/$defs/d/pattern"),
    ] {
        let told = places(&schema);
        assert!(told.contains(&place.to_owned()), "{schema}: {told:?}");
    }
}

#[test]
fn a_question_that_leads_in_a_circle_is_answered_for_itself_alone() {
    let (circle, other) = (json!({"not": {"$ref": "#"}}), json!({"type": "string"}));
    assert_eq!(asked(&circle, &circle), Inclusion::Proven);
    for (left, right) in [(&circle, &other), (&other, &circle)] {
        let told = reasons(left, right);
        assert_eq!((told[0].keyword.as_str(), told[0].pointer.as_str()), ("$ref", ""));
    }
}

#[test]
fn a_witness_counts_when_it_is_confirmed() {
    let (left, right) = (json!({"enum": [1, 2]}), json!({"const": 2}));
    assert_eq!(included(&left, &right, &Budget::default(), &|_| true), Inclusion::Refuted(json!(1)));
    assert!(matches!(asked(&left, &right), Inclusion::Undecided(_)));
}

/// What nests deep is read and searched with little stack.
#[test]
fn a_small_stack_is_enough() {
    let nested = |end: Value| {
        (0..60).fold(end, |inner, level| match level % 3 {
            0 => json!({"type": "array", "minItems": 1, "items": inner}),
            1 => json!({"type": "object", "required": ["a"], "properties": {"a": inner}}),
            _ => json!({"anyOf": [inner, {"type": "null"}], "not": {"type": "null"}}),
        })
    };
    let pair = [json!({"enum": [1, 2]}), json!({"const": 2})].map(|end| lower(&nested(end)).expect("a schema"));
    let ask = move || included(&pair[0], &pair[1], &Budget::default(), &|_| true);
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(ask).expect("a thread");
    assert!(matches!(thread.join(), Ok(Inclusion::Refuted(_))));
}

/// Each level stands at two places of the one above.
#[test]
fn what_was_answered_once_is_remembered() {
    let tower = |end: &str, width: u64| {
        let level = |n: u64| {
            let below = json!({"$ref": format!("#/$defs/d{}", n + 1)});
            json!({"type": "object", "properties": {"a": below, "b": below}, "maxProperties": width})
        };
        let mut levels: serde_json::Map<String, Value> = (0..40).map(|n| (format!("d{n}"), level(n))).collect();
        levels.insert("d40".to_owned(), json!({"type": end}));
        json!({"$ref": "#/$defs/d0", "$defs": levels})
    };
    assert_eq!(asked(&tower("integer", 2), &tower("number", 3)), Inclusion::Proven);
}

#[test]
fn formats_that_no_validator_checks_prove_nothing() {
    for format in ["idn-email", "idn-hostname"] {
        let (left, right) = (json!({"type": "string", "format": format}), json!({"pattern": "@|[a-z]"}));
        assert_eq!(included(&left, &right, &Budget::default(), &|_| true), Inclusion::Refuted(json!("")));
    }
}

/// The first value that fits is taken for each place, and the places are not alike.
#[test]
fn distinct_items_of_several_schemas_prove_nothing() {
    let items = json!([{"enum": [1, 2]}, {"const": 1}]);
    let left = json!({"type": "array", "uniqueItems": true, "prefixItems": items, "minItems": 2, "maxItems": 2});
    assert_eq!(reasons(&left, &json!(false))[0].keyword, "uniqueItems");
}

/// A string longer than is built is in the way, wherever it stands.
#[test]
fn what_is_unknown_of_a_part_is_unknown_of_the_whole() {
    let long = json!({"type": "string", "minLength": 100_001});
    for left in [
        long.clone(),
        json!({"anyOf": [false, long]}),
        json!({"type": "array", "minItems": 1, "items": long}),
        json!({"type": "array", "minItems": 2, "prefixItems": [true, long]}),
        json!({"type": "array", "minItems": 1, "maxItems": 1, "items": long, "uniqueItems": true}),
        json!({"type": "array", "contains": long}),
        json!({"type": "array", "items": {"allOf": [long]}, "not": {"items": {"maxLength": 3}}}),
        json!({"type": "array", "maxItems": 2, "items": long, "not": {"uniqueItems": true}}),
        json!({"type": "object", "required": ["a"], "properties": {"a": long}}),
        json!({"type": "object", "minProperties": 1, "additionalProperties": long}),
        json!({"type": "object", "minProperties": 1, "propertyNames": long}),
        json!({"type": "object", "propertyNames": {"enum": ["a", "b"]}, "properties": {"a": long}, "minProperties": 2}),
        json!({"type": "object", "additionalProperties": long, "not": {"additionalProperties": {"maxLength": 3}}}),
        json!({"type": "object", "propertyNames": long, "not": {"additionalProperties": {"type": "null"}}}),
        json!({"type": "object", "patternProperties": {"^a": long}, "not": {"patternProperties": {"^a": false}}}),
    ] {
        assert!(!reasons(&left, &json!(false)).is_empty(), "{left}");
    }
}

#[test]
fn many_patterns_of_names_are_not_tried_in_all_sets() {
    let patterns: serde_json::Map<String, Value> = ('a'..='g').map(|c| (c.to_string(), json!(true))).collect();
    let names = json!({"allOf": [{"pattern": "a"}, {"pattern": "b"}]});
    let left = json!({"type": "object", "minProperties": 1, "patternProperties": patterns, "propertyNames": names});
    assert_eq!(reasons(&left, &json!(false))[0].keyword, "patternProperties");
}

/// One derivative of such a pattern may be as large as its square.
#[test]
fn patterns_that_grow_too_large_are_not_decided() {
    let row = json!({"type": "string", "pattern": format!("^{}$", "a?".repeat(3_000))});
    let told = reasons(&row, &json!({"pattern": "^b*$"}));
    assert!(told.iter().any(|reason| reason.keyword == "budget"), "{told:?}");
    // The one value that is left is not judged to its end either.
    let listed = json!({"const": "aaa", "pattern": row["pattern"]});
    assert_eq!(reasons(&listed, &json!(false))[0].keyword, "budget");
}

#[test]
fn the_work_of_a_validator_is_counted() {
    assert_eq!(unfolded(&json!(true)), 1);
    let level = |n: usize| {
        let below = json!({"$ref": format!("#/$defs/d{}", n + 1)});
        json!({"allOf": [below, below]})
    };
    let tower = |levels: usize| {
        let mut all: serde_json::Map<String, Value> = (0..levels).map(|n| (format!("d{n}"), level(n))).collect();
        all.insert(format!("d{levels}"), json!({}));
        json!({"$ref": "#/$defs/d0", "$defs": all})
    };
    // The root, two references at each level with what they lead to, and what stands at the end.
    assert_eq!([unfolded(&tower(0)), unfolded(&tower(1)), unfolded(&tower(2))], [2, 6, 14]);
    assert_eq!(unfolded(&tower(80)), u64::MAX);
    assert_eq!(unfolded(&json!({"items": {"not": {"$ref": "#"}}})), 3, "a circle is cut");
}
