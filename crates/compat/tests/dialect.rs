//! Lowering, judged by a validator that knows the older dialects itself.

use forgeline_compat::dialect::lower;
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

fn native(schema: &Value, draft: Draft) -> Validator {
    jsonschema::options().with_draft(draft).build(schema).unwrap_or_else(|error| panic!("{schema}: {error}"))
}

/// A schema and its lowered form say the same of each of these values.
#[track_caller]
fn same(draft: Draft, schema: &Value, values: &[Value]) {
    let lowered = lower(schema).unwrap_or_else(|why| panic!("{schema}: {why}"));
    let (old, new) = (native(schema, draft), native(&lowered, Draft::Draft202012));
    let verdicts: Vec<bool> = values.iter().map(|value| old.is_valid(value)).collect();
    assert!(verdicts.contains(&true) && verdicts.contains(&false), "{schema}: one-sided values");
    for (value, verdict) in values.iter().zip(verdicts) {
        assert_eq!(new.is_valid(value), verdict, "{value}\n{schema}\n{lowered}");
    }
}

#[track_caller]
fn refused(schema: &Value, part: &str) {
    let why = lower(schema).expect_err(&format!("{schema} must be refused"));
    assert!(why.contains(part), "{why}");
}

#[test]
fn draft_07_keeps_its_meaning() {
    let seven = Draft::Draft7;
    let lists = [json!([1, "a"]), json!([1, "a", true]), json!(["a"]), json!([1, 2]), json!([]), json!([1, "a", 3])];
    same(
        seven,
        &json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "items": [{"type": "integer"}, {"type": "string"}], "additionalItems": {"type": "boolean"},
        }),
        &lists,
    );
    same(seven, &json!({"items": {"type": "integer"}, "additionalItems": false}), &[json!([1, 2]), json!(["a"])]);
    let objects = [
        json!({}),
        json!({"a": 1}),
        json!({"a": 1, "b": 1}),
        json!({"c": 1}),
        json!({"c": 1, "d": "x"}),
        json!({"c": 1, "d": 1}),
    ];
    let dependencies = json!({"dependencies": {"a": ["b"], "c": {"required": ["d"]}}});
    same(seven, &dependencies, &objects);
    same(
        seven,
        &json!({"allOf": [{"$ref": "#/properties/x/dependencies/c"}], "properties": {"x": {
            "dependencies": {"c": {"required": ["d"]}}}}}),
        &objects,
    );
    same(
        seven,
        &json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "definitions": {"name": {"type": "string"}},
            "properties": {"a": {"$ref": "#/definitions/name", "maxLength": 1, "type": "integer"}},
        }),
        &[json!({"a": "long"}), json!({"a": 1})],
    );
}

#[test]
fn references_follow_what_moves() {
    let seven = Draft::Draft7;
    let pair = json!({"items": [{"type": "integer"}, {"$ref": "#/definitions/pair/items/0"}],
        "additionalItems": {"$ref": "#/definitions/pair/additionalItems"}});
    same(
        seven,
        &json!({
            "definitions": {"pair": {"items": [{"type": "integer"}], "additionalItems": {"type": "string"}}},
            "allOf": [pair],
        }),
        &[json!([1, 2, "a"]), json!([1, "a"]), json!([1, 2, 3])],
    );
    let anchored = json!({
        "definitions": {"a": {"$id": "#name", "type": "string"}, "b": {"$id": "#/definitions/b", "type": "integer"}},
        "properties": {"x": {"$ref": "#name"}, "y": {"$ref": "#/definitions/b"}},
    });
    same(seven, &anchored, &[json!({"x": "a", "y": 1}), json!({"x": 1}), json!({"y": "a"})]);
    let elsewhere = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "components": {"schemas": {"T/x %": {"properties": {"next": {"$ref": "#/components/schemas/T~1x%20%25"}},
            "additionalProperties": false}}},
        "properties": {"t": {"$ref": "#/components/schemas/T~1x%20%25"}},
    });
    same(seven, &elsewhere, &[json!({"t": {"next": {"next": {}}}}), json!({"t": {"next": {"other": 1}}})]);
    let silent = json!({"properties": {"a": {"$ref": "#/definitions/n", "properties": {"b": {"type": "null"}}},
        "c": {"$ref": "#/properties/a/properties/b"}}, "definitions": {"n": {"type": "object"}}});
    same(seven, &silent, &[json!({"a": {"b": 1}, "c": null}), json!({"c": 1}), json!({"a": 1})]);
    let own = json!({"$id": "https://example.com/s.json", "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {"n": {"type": "null"}}, "properties": {"a": {"$ref": "https://example.com/s.json#/definitions/n"},
        "b": {"$ref": "#"}}});
    same(seven, &own, &[json!({"a": null, "b": {"a": null}}), json!({"b": {"a": 1}})]);
}

#[test]
fn older_and_newer_dialects_keep_their_meaning() {
    let four = "http://json-schema.org/draft-04/schema#";
    let bounds = json!({"$schema": four, "minimum": 1, "exclusiveMinimum": true, "maximum": 5,
        "exclusiveMaximum": false});
    same(Draft::Draft4, &bounds, &[json!(1), json!(2), json!(5), json!(6)]);
    // The letter of draft-04 has no integer that is written `2.0`; here it is read as the later drafts read it.
    let integer = lower(&json!({"$schema": four, "type": "integer"})).expect("a schema");
    assert!(native(&integer, Draft::Draft202012).is_valid(&json!(2.0)));
    let unknown = json!({"$schema": four, "const": 1, "if": true, "then": false, "type": "integer"});
    same(Draft::Draft4, &unknown, &[json!(2), json!("a")]);
    let six = json!({"$schema": "http://json-schema.org/draft-06/schema#", "const": 1, "if": true, "then": false});
    same(Draft::Draft6, &six, &[json!(1), json!(2)]);
    let later = "https://json-schema.org/draft/2019-09/schema";
    let tree = json!({"$schema": later, "properties": {"next": {"$recursiveRef": "#"}, "list": {
        "items": [{"type": "integer"}], "additionalItems": false, "unevaluatedItems": false}},
        "additionalProperties": false});
    same(
        Draft::Draft201909,
        &tree,
        &[json!({"next": {"next": {}}}), json!({"next": {"x": 1}}), json!({"list": [1]}), json!({"list": [1, 2]})],
    );
    let newest = json!({"$defs": {"t": {"$dynamicAnchor": "node", "properties": {"next": {"$dynamicRef": "#node"}},
        "unevaluatedProperties": false}}, "$ref": "#/$defs/t", "minProperties": 1});
    same(Draft::Draft202012, &newest, &[json!({"next": {"next": {}}}), json!({"next": {"x": 1}}), json!({})]);
    let both = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "#/$defs/a",
        "$dynamicRef": "#b", "$defs": {"a": {"minimum": 1}, "b": {"$anchor": "b", "maximum": 3}}});
    same(Draft::Draft202012, &both, &[json!(0), json!(2), json!(4)]);
    assert_eq!(lower(&json!(true)), Ok(json!(true)));
    let empty = json!({"$schema": later, "items": [], "additionalItems": false});
    assert_eq!(lower(&empty), Ok(json!({"items": false})));
}

#[test]
fn values_are_never_read_as_schemas() {
    let schema = json!({"enum": [{"items": [1], "$ref": "x"}], "const": {"$id": "y"}, "default": {"definitions": 1},
        "examples": [{"$schema": "z"}], "x-note": {"dependencies": {}}});
    assert_eq!(lower(&schema), Ok(schema));
    let named = json!({"properties": {"$ref": {"type": "string"}, "items": {"type": "integer"}}});
    assert_eq!(lower(&named), Ok(named));
}

#[test]
fn what_cannot_be_read_is_refused() {
    refused(&json!({"$schema": "https://example.com/my-dialect"}), "my-dialect");
    for target in ["https://example.com/s.json", "file:///etc/passwd", "other.json#/a", "//host/x", "urn:x"] {
        refused(&json!({"properties": {"a": {"$ref": target}}}), "leads out of the schema");
        refused(&json!({"$dynamicRef": target}), "leads out of the schema");
    }
    refused(&json!({"$ref": "#/$defs/none"}), "leads to no schema");
    refused(&json!({"$ref": "#none"}), "anchor");
    refused(&json!({"$ref": "#/$defs/a/enum", "$defs": {"a": {"enum": [1]}}}), "leads to no schema");
    refused(&json!({"$ref": 1}), "not text");
    refused(&json!({"properties": {"a": 1}}), "`1` stands where a schema should");
    refused(&json!({"not": "é".repeat(70)}), &format!("`\"{}…` stands", "é".repeat(59)));
    refused(&json!({"$defs": {"a": {"$id": "https://x/", "$ref": "#/$defs/b"}}}), "moves the base");
    let mut deep = json!(true);
    for _ in 0..200 {
        deep = json!({"not": deep});
    }
    refused(&deep, "levels deep");
    let later = "https://json-schema.org/draft/2019-09/schema";
    refused(&json!({"$schema": later, "contains": true, "unevaluatedItems": false}), "2019-09");
}

/// What says nothing of values is gone afterwards, so that it can neither confuse a validator nor make two schemas differ.
#[test]
fn what_says_nothing_of_values_is_left_out() {
    let said = |schema: Value| lower(&schema).unwrap_or_else(|why| panic!("{schema}: {why}"));
    for silent in [
        json!({"$anchor": "here"}),
        json!({"$dynamicAnchor": "here"}),
        json!({"$vocabulary": {"https://example.com/x": false}}),
        json!({"contentSchema": {"type": "object"}}),
        json!({"title": 7}),
        json!({"description": ["a", "b"]}),
        json!({"$comment": {"a": 1}}),
        json!({"deprecated": "since 1.2"}),
        json!({"examples": {"a": 1}}),
    ] {
        let mut with = json!({"type": "string"});
        with.as_object_mut().expect("an object").extend(silent.as_object().expect("an object").clone());
        assert_eq!(said(with.clone()), said(json!({"type": "string"})), "{with}");
    }
    for told in [json!({"title": "A"}), json!({"deprecated": true}), json!({"examples": [1]})] {
        assert_eq!(said(told.clone()), told, "well-formed words stay for people");
    }
}

#[test]
fn a_reference_below_additional_items_follows_them_only_where_they_moved() {
    let seven = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "items": [{"type": "integer"}], "additionalItems": {"type": "boolean"},
        "contains": {"$ref": "#/additionalItems"},
    });
    same(Draft::Draft7, &seven, &[json!([1, true]), json!([1]), json!([1, 2])]);
    let silent = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "additionalItems": {"type": "boolean"}, "properties": {"a": {"$ref": "#/additionalItems"}},
    });
    match lower(&silent) {
        Ok(lowered) => {
            let (old, new) = (native(&silent, Draft::Draft7), native(&lowered, Draft::Draft202012));
            for value in [json!({"a": true}), json!({"a": 1}), json!([1, 2])] {
                assert_eq!(old.is_valid(&value), new.is_valid(&value), "{value}\n{lowered}");
            }
        }
        Err(why) => assert!(why.contains("additionalItems"), "{why}"),
    }
}

#[test]
fn an_id_moves_nothing_where_nothing_refers() {
    let plain = json!({"$id": "https://example.com/root", "properties": {"a": {"$id": "part", "type": "string"}}});
    same(Draft::Draft202012, &plain, &[json!({"a": "x"}), json!({"a": 1})]);
    let fragment = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {"a": {"$id": "#name", "type": "string"}, "b": {"$id": "#/x", "type": "null"}},
        "properties": {"a": {"$ref": "#name"}},
    });
    same(Draft::Draft7, &fragment, &[json!({"a": "x"}), json!({"a": 1})]);
    let moved = json!({"properties": {"a": {"$id": "part", "properties": {"b": {"$ref": "#/properties/c"}}}}});
    refused(&moved, "moves the base");
}

#[test]
fn a_reference_follows_its_target_to_its_new_place() {
    let newest = json!({"$ref": "#/$defs/a", "$defs": {"a": {"items": {"type": "null"}}}, "properties": {
        "x": {"$ref": "#/$defs/a/items"}, "y": {"$ref": "#/properties/x"}}});
    assert_eq!(lower(&newest).as_ref(), Ok(&newest), "nothing has to move");
    let old = json!({
        "definitions": {"p": {"items": [{"type": "null"}], "additionalItems": {"type": "string"},
            "dependencies": {"a/b": {"minProperties": 2}}}},
        "allOf": [{"$ref": "#/definitions/p/items/0"}, {"$ref": "#/definitions/p/additionalItems"},
            {"$ref": "#/definitions/p/dependencies/a~1b"}, {"items": true}, {"$ref": "#/allOf/3/items"}],
    });
    let new = json!({
        "definitions": {"p": {"prefixItems": [{"type": "null"}], "items": {"type": "string"},
            "dependentSchemas": {"a/b": {"minProperties": 2}}}},
        "allOf": [{"$ref": "#/definitions/p/prefixItems/0"}, {"$ref": "#/definitions/p/items"},
            {"$ref": "#/definitions/p/dependentSchemas/a~1b"}, {"items": true}, {"$ref": "#/allOf/3/items"}],
    });
    assert_eq!(lower(&old), Ok(new));
}

#[test]
fn dependencies_say_what_they_say_in_their_dialect() {
    let (seven, later) = ("http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2019-09/schema");
    let (four, text) = ("http://json-schema.org/draft-04/schema#", json!({"a": "b"}));
    let named = lower(&json!({"$schema": four, "dependencies": text}));
    assert_eq!(named, Ok(json!({"dependentRequired": {"a": ["b"]}})));
    let needs = json!({"$schema": later, "dependencies": {"a": {"required": ["b"]}}});
    assert_eq!(lower(&needs), Ok(json!({"dependentSchemas": {"a": {"required": ["b"]}}})));
    // What the dialect does not know stands in nobody's way.
    let silent = json!({"$schema": seven, "dependencies": {"a": {"required": ["b"]}},
        "dependentRequired": {"c": ["d"]}, "dependentSchemas": {}, "unevaluatedProperties": false});
    assert_eq!(lower(&silent), Ok(json!({"dependentSchemas": {"a": {"required": ["b"]}}})));
    for other in ["dependentRequired", "dependentSchemas"] {
        refused(&json!({"$schema": later, "dependencies": {"a": ["b"]}, other: {}}), "stands beside");
    }
    refused(&json!({"$schema": later, "dependencies": {"a": true}, "not": {"unevaluatedProperties": true}}), "agreed");
}

#[test]
fn a_part_is_of_the_dialect_of_the_whole() {
    let (six, seven) = ("http://json-schema.org/draft-06/schema#", "http://json-schema.org/draft-07/schema");
    refused(&json!({"$schema": seven, "properties": {"a": {"$schema": six}}}), "another dialect");
    let same = json!({"$schema": seven, "properties": {"a": {"$schema": format!("{seven}#"), "type": "null"}}});
    assert_eq!(lower(&same), Ok(json!({"properties": {"a": {"type": "null"}}})));
}

#[test]
fn nesting_is_bounded_at_every_place() {
    let nested = |levels: usize, around: &dyn Fn(Value) -> Value| (0..levels).fold(json!(true), |deep, _| around(deep));
    let places: [&dyn Fn(Value) -> Value; 5] = [
        &|deep| json!({"not": deep}),
        &|deep| json!({"allOf": [deep]}),
        &|deep| json!({"properties": {"a": deep}}),
        &|deep| json!({"items": [], "additionalItems": deep}),
        &|deep| json!({"dependencies": {"a": deep}}),
    ];
    for around in places {
        lower(&nested(100, around)).expect("a hundred levels are read");
        refused(&nested(101, around), "levels deep");
        // Where no schema stands in 2020-12, until something refers to it.
        let hoisted = |levels| json!({"definitions": {}, "$ref": "#/x/a", "x": {"a": nested(levels, around)}});
        lower(&hoisted(100)).expect("a hundred levels are read");
        refused(&hoisted(101), "levels deep");
    }
}

#[test]
fn a_schema_that_names_no_dialect_is_of_the_one_that_its_keywords_are_of() {
    // Beside a reference nothing counts up to draft-07.
    let properties = json!({"a": {"$ref": "#/properties/b", "maxLength": 1}, "b": {"type": "string"}});
    let silenced = json!({"a": {"$ref": "#/properties/b"}, "b": {"type": "string"}});
    let newest = json!({"type": "object", "properties": properties});
    assert_eq!(lower(&newest).as_ref(), Ok(&newest));
    for (old, lowered) in [
        (json!({"items": [true]}), json!({"prefixItems": [true]})),
        (json!({"definitions": {}}), json!({"definitions": {}})),
        (json!({"minimum": 1, "exclusiveMinimum": true}), json!({"exclusiveMinimum": 1})),
        (json!({"maximum": 1, "exclusiveMaximum": false}), json!({"maximum": 1})),
    ] {
        let with = |mut schema: Value, properties: &Value| {
            schema["properties"] = properties.clone();
            schema
        };
        assert_eq!(lower(&with(old, &properties)), Ok(with(lowered, &silenced)));
    }
    let both = json!({"$defs": {}, "definitions": {"a": {"$id": "#a", "type": "null"}}, "properties": {
        "a": {"$ref": "#a", "maxLength": 1}}});
    let lowered = json!({"$defs": {}, "definitions": {"a": {"type": "null"}}, "properties": {
        "a": {"$ref": "#/definitions/a", "maxLength": 1}}});
    assert_eq!(lower(&both), Ok(lowered));
}

#[test]
fn what_a_dialect_does_not_have_is_not_read_into_it() {
    let newest = "https://json-schema.org/draft/2020-12/schema";
    refused(&json!({"$schema": newest, "items": [true]}), "`[true]` stands where a schema should");
    for later in [newest, "https://json-schema.org/draft/2019-09/schema"] {
        refused(&json!({"$schema": later, "$ref": "#a", "$defs": {"a": {"$id": "#a"}}}), "anchor that is not there");
    }
}

#[test]
fn a_name_stands_for_one_place() {
    let twice = |name: Value| json!({"$defs": {"a": name, "b": name}, "$ref": "#/$defs/a"});
    refused(&twice(json!({"$anchor": "x"})), "anchor `x` stands at");
    refused(&twice(json!({"$dynamicAnchor": "x"})), "anchor `x` stands at");
    let seven = "http://json-schema.org/draft-07/schema#";
    let old = |name: &str| json!({"$schema": seven, "definitions": {"a": {"$id": name}, "b": {"$id": name}}});
    refused(&old("#x"), "anchor `x` stands at");
    for no_name in ["#", "#/x"] {
        lower(&old(no_name)).expect("such an `$id` names nothing");
    }
    let newest = json!({"$defs": {"a": {"$id": "#x"}, "b": {"$id": "#x"}}});
    lower(&newest).expect("nor does any with `#` in 2020-12");
    let both = json!({"$ref": "#x", "$defs": {"a": {"$anchor": "x", "$dynamicAnchor": "x", "type": "null"}}});
    assert_eq!(lower(&both), Ok(json!({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}})));
    // What means nothing names nothing.
    for silent in [json!({"unevaluatedItems": {"$id": "#x"}}), json!({"$ref": "#x", "not": {"$id": "#x"}})] {
        let mut schema = json!({"$schema": seven, "definitions": {"a": {"$id": "#x"}}});
        schema.as_object_mut().expect("an object").extend(silent.as_object().expect("an object").clone());
        lower(&schema).unwrap_or_else(|why| panic!("{schema}: {why}"));
    }
    let apart = json!({"$defs": {"a": {"$id": "https://example.com/a", "properties": {"b": {"type": "null"}}}}});
    lower(&apart).expect("a base that nothing refers to");
}
