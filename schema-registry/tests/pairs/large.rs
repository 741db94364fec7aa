//! Questions that are large where people seldom look: no proof that is none, no stack overflow, an end in time.

use std::time::{Duration, Instant};

use forgeline_registry::{Budget, ContentModel, Relation, Verdict, compare};
use serde_json::{Value, json};

#[track_caller]
fn asked(old: &Value, new: &Value) -> Option<Verdict> {
    let begun = Instant::now();
    let answer = compare(old, new, Relation::Backward, ContentModel::Strict, &Budget::default());
    // The budget is two seconds; this is an unoptimised build on a machine that does other things too.
    assert!(begun.elapsed() < Duration::from_secs(30), "it took {:?}", begun.elapsed());
    answer.ok().map(|answer| answer.verdict)
}

#[test]
fn a_string_longer_than_is_built_is_no_proof() {
    for (old, new) in [
        (json!({"type": "string", "pattern": "^a*$", "minLength": 100_005}), json!(false)),
        (json!({"type": "string", "pattern": "^a*$"}), json!({"type": "string", "maxLength": 100_001})),
    ] {
        assert_ne!(asked(&old, &new), Some(Verdict::Compatible), "{old} within {new}");
    }
}

/// A chain of references to what is said at its end.
fn chain(length: usize, end: &str) -> Value {
    let mut definitions = serde_json::Map::new();
    for n in 0..length {
        definitions.insert(format!("d{n}"), json!({"$ref": format!("#/$defs/d{}", n + 1)}));
    }
    definitions.insert(format!("d{length}"), json!({"type": end}));
    json!({"$ref": "#/$defs/d0", "$defs": definitions})
}

#[test]
fn a_chain_of_references_beyond_what_is_read_proves_nothing() {
    for length in [399, 400, 450, 2_000] {
        assert_ne!(asked(&chain(length, "integer"), &chain(length, "string")), Some(Verdict::Compatible), "{length}");
    }
}

#[test]
fn references_that_are_no_pointers_are_refused() {
    let document = |kind: &str, index: &str| {
        let reference = format!("#/$defs/x/allOf/{index}");
        json!({"$ref": reference, "$defs": {"x": {"allOf": [{"type": kind}]}}})
    };
    assert_eq!(asked(&document("string", "0"), &document("integer", "0")), Some(Verdict::Breaking));
    for index in ["00", "+0"] {
        assert_ne!(
            asked(&document("string", index), &document("integer", index)),
            Some(Verdict::Compatible),
            "{index}"
        );
    }
}

#[test]
fn words_of_old_and_new_drafts_that_do_not_go_together_prove_nothing() {
    let old = json!({"const": {"a": 1}});
    let new = json!({
        "type": "object",
        "dependencies": {"a": {"properties": {"a": true}}},
        "unevaluatedProperties": false,
    });
    assert_ne!(asked(&old, &new), Some(Verdict::Compatible));
}

#[test]
fn no_text_or_array_is_too_long_for_the_stack() {
    let long = json!({"type": "string", "pattern": format!("^{}$", "a".repeat(60_000))});
    asked(&long, &json!({"type": "string", "pattern": "b"}));
    let nested = |end: &str| {
        let mut definitions = serde_json::Map::new();
        for n in 0..60 {
            let mut items: Vec<Value> = (0..199).map(|item| json!({"const": item})).collect();
            items.push(json!({"$ref": format!("#/$defs/d{}", n + 1)}));
            let list = json!({"type": "array", "minItems": 200, "maxItems": 200, "prefixItems": items});
            definitions.insert(format!("d{n}"), list);
        }
        definitions.insert("d60".into(), json!({"type": end}));
        json!({"$ref": "#/$defs/d0", "$defs": definitions})
    };
    assert_ne!(asked(&nested("integer"), &nested("string")), Some(Verdict::Compatible));
}

#[test]
fn long_lists_of_values_are_compared_in_time() {
    let one_of = |values: Vec<usize>| json!({"oneOf": values.iter().map(|n| json!({"const": n})).collect::<Vec<_>>()});
    assert_eq!(asked(&one_of((0..250).collect()), &one_of((0..250).rev().collect())), Some(Verdict::Compatible));
    assert_eq!(asked(&one_of((0..120).collect()), &one_of((0..119).collect())), Some(Verdict::Breaking));
    let names = |count: usize| json!({"enum": (0..count).map(|n| format!("v{n}")).collect::<Vec<_>>()});
    assert_eq!(asked(&names(20_000), &names(19_999)), Some(Verdict::Breaking));
    assert_eq!(asked(&names(19_999), &names(20_000)), Some(Verdict::Compatible));
}
