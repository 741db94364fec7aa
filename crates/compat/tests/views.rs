//! The views, judged by a validator: W(S) ⊆ S ⊆ R(S) on random schemas, and what each is for on small ones.

use fastrand::Rng;
use forgeline_compat::{
    dialect::lower,
    views::{read, write},
};
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

const SCHEMAS: usize = 2_000;
const VALUES: usize = 25;

fn validator(schema: &Value) -> Validator {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .build(schema)
        .unwrap_or_else(|error| panic!("{schema}: {error}"))
}

/// Values that the write view accepts, those it refuses, those the read view accepts, and those it refuses.
#[track_caller]
fn check(schema: &Value, written: &[Value], not_written: &[Value], accepted: &[Value], not_accepted: &[Value]) {
    let schema = lower(schema).unwrap_or_else(|why| panic!("{schema}: {why}"));
    let (write, read) = (write(&schema), read(&schema));
    let judge = |view: &Value, good: &[Value], bad: &[Value]| {
        let validator = validator(view);
        for value in good {
            assert!(validator.is_valid(value), "{value} should fit\n{schema}\n{view}");
        }
        for value in bad {
            assert!(!validator.is_valid(value), "{value} should not fit\n{schema}\n{view}");
        }
    };
    judge(&write, written, not_written);
    judge(&read, accepted, not_accepted);
}

#[test]
fn what_declares_properties_is_closed_for_writers() {
    let open = [json!({"a": 1}), json!({"a": 1, "b": "x"})];
    let extra = [json!({"a": 1, "c": true})];
    let composed = json!({"allOf": [{"$ref": "#/$defs/base"}], "properties": {"b": {"type": "string"}},
        "$defs": {"base": {"properties": {"a": {"type": "integer"}}}}});
    check(&composed, &open, &extra, &extra, &[json!({"a": "x"})]);
    let nested = json!({"properties": {"a": true, "b": {"$ref": "#/$defs/b"}, "list": {"items": {"$ref": "#/$defs/b"}}},
        "$defs": {"b": {"properties": {"x": {"type": "integer"}, "next": {"$ref": "#/$defs/b"}}}}});
    let (deep, in_list) = (json!({"b": {"next": {"next": {"y": 1}}}}), json!({"list": [{"x": 1}, {"y": 1}]}));
    check(
        &nested,
        &[json!({"b": {"next": {"x": 1}}, "list": [{"x": 1}]})],
        &[deep.clone(), in_list.clone()],
        &[deep, in_list],
        &[],
    );
    let recursive = json!({"properties": {"next": {"$ref": "#"}, "n": true}});
    check(&recursive, &[json!({"next": {"next": {"n": 1}}})], &[json!({"next": {"next": {"m": 1}}})], &[], &[]);
    let map = json!({"type": "object", "properties": {"id": true}, "additionalProperties": {"type": "integer"}});
    check(&map, &[json!({"id": 1, "other": 2})], &[json!({"other": "x"})], &[], &[json!({"other": "x"})]);
    check(&json!({"type": "object"}), &[json!({"any": 1})], &[], &[], &[]);
}

#[test]
fn branches_are_closed_together_with_what_stands_around_them() {
    let variants = json!({"properties": {"kind": {"type": "string"}}, "required": ["kind"], "oneOf": [
        {"properties": {"kind": {"const": "a"}, "x": {"properties": {"n": true}}}},
        {"properties": {"kind": {"const": "b"}, "y": {"type": "integer"}}},
    ]});
    let bad = [json!({"kind": "a", "x": {"n": 1, "m": 1}}), json!({"kind": "a", "y": 1}), json!({"kind": "b", "z": 1})];
    check(&variants, &[json!({"kind": "a", "x": {"n": 1}}), json!({"kind": "b", "y": 1})], &bad, &bad, &[json!({})]);
    let both = json!({"oneOf": [{"properties": {"a": {"properties": {"x": true}}}}, {"required": ["a"]}]});
    // Closing the first branch would leave one branch, and `oneOf` would come to accept.
    let two = json!({"a": {"y": 1}});
    check(&both, &[], std::slice::from_ref(&two), std::slice::from_ref(&two), &[]);
}

#[test]
fn what_is_declared_in_several_parts_is_closed_together() {
    let schema = json!({
        "$defs": {"base": {"properties": {"payload": {"properties": {"id": true, "deep": {"properties": {"x": true}}}}}}},
        "allOf": [{"$ref": "#/$defs/base"}],
        "properties": {"payload": {"required": ["id"], "properties": {"amount": {"type": "integer"},
            "deep": {"properties": {"y": true}}}}, "more": {"$ref": "#/$defs/base"}},
    });
    let good = [
        json!({"payload": {"id": 1, "amount": 2, "deep": {"x": 1, "y": 1}}}),
        json!({"more": {"payload": {"id": 1, "deep": {"x": 1}}}}),
    ];
    let bad = [
        json!({"payload": {"id": 1, "tax": 2}}),
        json!({"payload": {"id": 1, "deep": {"z": 1}}}),
        json!({"payload": {"id": 1}, "other": 1}),
        json!({"more": {"payload": {"amount": 1}}}),
        json!({"more": {"payload": {"deep": {"y": 1}}}}),
    ];
    check(&schema, &good, &bad, &bad, &[json!({"payload": {"amount": 1}})]);
    let tree = json!({"$defs": {"t": {"properties": {"next": {"$ref": "#/$defs/t"}, "a": true}}},
        "allOf": [{"$ref": "#/$defs/t"}], "properties": {"next": {"$ref": "#"}, "b": true}});
    let (both, none) = (json!({"next": {"next": {"a": 1, "b": 1}}}), json!({"next": {"next": {"c": 1}}}));
    check(&tree, &[both], std::slice::from_ref(&none), std::slice::from_ref(&none), &[]);
    let variants = json!({"properties": {"payload": {"required": ["id"], "properties": {"id": true}}},
        "oneOf": [{"properties": {"payload": {"properties": {"card": true}}}}, false]});
    let open = [json!({"payload": {"id": 1, "card": 2}}), json!({"payload": {"id": 1, "other": 2}})];
    check(&variants, &open, &[json!({"payload": {}})], &[], &[]);
    let below = json!({"properties": {"o": {"allOf": [{"properties": {"p": {"properties": {"x": true}}}}],
        "properties": {"p": {"properties": {"y": true}}}}}});
    check(&below, &[json!({"o": {"p": {"x": 1, "y": 1}}})], &[json!({"o": {"p": {"z": 1}}})], &[], &[]);
    for more in [
        json!({"additionalProperties": {"type": "integer"}}),
        json!({"additionalProperties": {"type": "integer"},
        "properties": {"z": true}}),
    ] {
        // One part says itself what others there may be, so that only the other part is closed.
        let schema = json!({"allOf": [{"properties": {"p": more}}], "properties": {"p": {"properties": {"x": true}}}});
        let other = json!({"p": {"x": 1, "y": 2}});
        check(&schema, &[json!({"p": {"x": 1}})], std::slice::from_ref(&other), std::slice::from_ref(&other), &[]);
    }
}

#[test]
fn negative_places_stay_as_they_are() {
    let closed = json!({"properties": {"x": {"type": "integer"}}});
    let negated = json!({"$defs": {"c": closed}, "not": {"$ref": "#/$defs/c"}, "properties": {"y": true}});
    check(&negated, &[], &[json!({"x": 1, "z": 1}), json!({"z": 1})], &[json!({"x": "a"})], &[json!({"z": 1})]);
    let through_a_property = json!({"properties": {"a": {"properties": {"x": {"type": "integer"}}},
        "b": {"not": {"$ref": "#/properties/a"}}}});
    check(&through_a_property, &[], &[json!({"b": {"z": 1}})], &[], &[json!({"b": {"z": 1}})]);
    let strict = json!({"not": {"additionalProperties": false, "properties": {"x": true}}});
    check(&strict, &[json!({"y": 1})], &[json!({"x": 1})], &[json!({"y": 1})], &[json!({"x": 1})]);
    let condition = json!({"if": {"properties": {"k": {"const": 1}}, "required": ["k"]},
        "then": {"required": ["x"], "properties": {"x": {"default": 1}, "k": true}}});
    check(&condition, &[json!({"k": 1, "x": 2})], &[json!({"k": 1})], &[], &[json!({"k": 1})]);
}

#[test]
fn readers_are_tolerant() {
    let schema = json!({
        "$defs": {"level": {"enum": ["low", "high"], "default": "low"}},
        "type": "object", "additionalProperties": false, "required": ["id", "level", "size"],
        "properties": {"id": {"type": "string"}, "level": {"$ref": "#/$defs/level"}, "size": {"default": 1}},
    });
    let (sparse, extra) = (json!({"id": "x"}), json!({"id": "x", "level": "high", "size": 2, "new": true}));
    check(
        &schema,
        &[json!({"id": "x", "level": "low", "size": 1})],
        &[sparse.clone(), extra.clone()],
        &[sparse, extra],
        &[json!({"level": "low"}), json!({"id": "x", "level": "middle"})],
    );
    let one = json!({"oneOf": [{"type": "integer"}, {"minimum": 3}], "anyOf": [{"type": "number"}, {"type": "null"}]});
    check(&one, &[json!(2)], &[json!(5)], &[json!(5)], &[json!(2.5), json!("x")]);
}

#[test]
fn a_view_that_changes_nothing_is_the_schema_itself() {
    let plain = json!({"type": "string", "maxLength": 3, "$defs": {"unused": {"properties": {"a": true}}}});
    assert_eq!((write(&plain), read(&plain)), (plain.clone(), plain));
    let open = json!({"properties": {"a": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "integer"}}});
    assert_eq!(read(&open), open);
}

#[test]
fn writers_are_within_the_schema_and_the_schema_within_readers() {
    let mut random = Rng::with_seed(20_260_302);
    let mut seen = [0_usize; 4];
    for _ in 0..SCHEMAS {
        let schema = Schemas { random: &mut random }.root();
        let Ok(lowered) = lower(&schema) else { continue };
        let (write, read) = (write(&lowered), read(&lowered));
        let [narrow, plain, wide] = [&write, &lowered, &read].map(validator);
        for _ in 0..VALUES {
            let value = value(&mut random, 4);
            let [w, s, r] = [&narrow, &plain, &wide].map(|one| one.is_valid(&value));
            assert!(s || !w, "{value} is written and not of the schema\n{lowered}\n{write}");
            assert!(r || !s, "{value} is of the schema and not read\n{lowered}\n{read}");
            for (count, there) in seen.iter_mut().zip([w, s && !w, r && !s, !r]) {
                *count += usize::from(there);
            }
        }
    }
    assert!(seen.iter().all(|count| *count > SCHEMAS), "one-sided: {seen:?}");
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn value(random: &mut Rng, depth: usize) -> Value {
    match random.usize(..if depth == 0 { 4 } else { 12 }) {
        0 => json!(null),
        1 => json!(random.bool()),
        2 => json!(random.u8(..4)),
        3 => json!(["x", "yy"][random.usize(..2)]),
        4 | 5 => (0..random.usize(..3)).map(|_| value(random, depth - 1)).collect(),
        _ => {
            let mut map = Map::new();
            for name in NAMES {
                if random.u8(..5) < 2 {
                    map.insert(name.to_owned(), value(random, depth - 1));
                }
            }
            Value::Object(map)
        }
    }
}

/// Small schemas with much composition. A reference in place leads to a later definition only, so that reading ends.
struct Schemas<'a> {
    random: &'a mut Rng,
}

impl Schemas<'_> {
    fn root(&mut self) -> Value {
        let mut root = self.schema(3, 0);
        let definitions: Map<String, Value> = (1..4).map(|n| (format!("d{n}"), self.schema(2, n))).collect();
        if let Value::Object(map) = &mut root {
            map.insert("$defs".to_owned(), Value::Object(definitions));
        }
        root
    }

    /// `after` is the number of the definition it stands in.
    fn schema(&mut self, depth: usize, after: usize) -> Value {
        if depth == 0 {
            return [json!(true), json!({"type": "integer"}), json!({"type": "object"}), json!({"default": 1})]
                [self.random.usize(..4)]
            .clone();
        }
        let mut map = Map::new();
        for _ in 0..self.random.usize(1..4) {
            let (keyword, value) = self.keyword(depth, after);
            map.insert(keyword.to_owned(), value);
        }
        Value::Object(map)
    }

    fn keyword(&mut self, depth: usize, after: usize) -> (&'static str, Value) {
        let pick = self.random.usize(..26);
        match pick {
            0..5 => ("properties", self.map(depth)),
            5 => ("patternProperties", json!({"^[ab]$": self.below(depth)})),
            6 => ("additionalProperties", json!(false)),
            7 => ("additionalProperties", self.below(depth)),
            8 => ("unevaluatedProperties", if self.random.bool() { json!(false) } else { self.below(depth) }),
            9 => ("required", json!([NAMES[self.random.usize(..4)]])),
            10 => ("items", self.below(depth)),
            11 => ("prefixItems", json!([self.below(depth)])),
            12 => ("unevaluatedItems", if self.random.bool() { json!(false) } else { self.below(depth) }),
            13 => ("contains", self.below(depth)),
            14 => ("maxContains", json!(1)),
            15 | 16 => ("oneOf", self.list(depth, after)),
            17 => ("anyOf", self.list(depth, after)),
            18 => ("allOf", self.list(depth, after)),
            19 => ("not", self.schema(depth - 1, after)),
            20 => ("if", self.schema(depth - 1, after)),
            21 => ("then", self.schema(depth - 1, after)),
            22 => ("else", self.schema(depth - 1, after)),
            23 => ("dependentSchemas", json!({NAMES[self.random.usize(..4)]: self.schema(depth - 1, after)})),
            24 if after < 3 => ("$ref", json!(format!("#/$defs/d{}", self.random.usize(after + 1..4)))),
            _ => ("minProperties", json!(1)),
        }
    }

    fn map(&mut self, depth: usize) -> Value {
        let mut map = Map::new();
        for name in NAMES {
            if self.random.bool() {
                map.insert(name.to_owned(), self.below(depth));
            }
        }
        Value::Object(map)
    }

    fn list(&mut self, depth: usize, after: usize) -> Value {
        (0..self.random.usize(1..4)).map(|_| self.schema(depth - 1, after)).collect()
    }

    /// A schema of a place further down, where a reference may lead back.
    fn below(&mut self, depth: usize) -> Value {
        match self.random.usize(..8) {
            0 => json!({"$ref": "#"}),
            1 => json!({"$ref": format!("#/$defs/d{}", self.random.usize(1..4))}),
            // Not always there; such a schema is passed over.
            2 if self.random.u8(..8) == 0 => json!({"$ref": "#/properties/a"}),
            _ => self.schema(depth - 1, 0),
        }
    }
}
