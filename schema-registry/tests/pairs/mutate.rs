//! Changes of a schema, as people make them and as they should not.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use crate::generate::{Generator, NAMES, PATTERNS};

/// The schema after one to three changes.
pub(crate) fn mutated(rng: &mut Rng, schema: &Value) -> Value {
    let mut schema = schema.clone();
    for _ in 0..rng.usize(1..4) {
        // A seed gives the same pair whatever keeps the members of an object in which order.
        schema.sort_all_objects();
        let places = places(&schema);
        let place = &places[rng.usize(..places.len())];
        if let Some(at) = schema.pointer_mut(place) {
            change(rng, at);
        }
    }
    schema
}

/// Pointers to all schemas of a schema.
fn places(schema: &Value) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![(String::new(), schema)]);
    while let Some((at, schema)) = open.pop() {
        found.push(at.clone());
        let Value::Object(map) = schema else { continue };
        for (keyword, value) in map {
            let below = format!("{at}/{keyword}");
            match (keyword.as_str(), value) {
                ("properties" | "patternProperties" | "dependentSchemas" | "$defs", Value::Object(map)) => {
                    open.extend(
                        map.iter()
                            .filter(|(name, _)| !name.contains(['/', '~']))
                            .map(|(name, schema)| (format!("{below}/{name}"), schema)),
                    );
                }
                ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(list)) => {
                    open.extend(list.iter().enumerate().map(|(n, schema)| (format!("{below}/{n}"), schema)));
                }
                (
                    "items"
                    | "additionalProperties"
                    | "not"
                    | "if"
                    | "then"
                    | "else"
                    | "contains"
                    | "propertyNames"
                    | "unevaluatedProperties"
                    | "unevaluatedItems",
                    _,
                ) => open.push((below, value)),
                _ => {}
            }
        }
    }
    found
}

fn change(rng: &mut Rng, at: &mut Value) {
    let Value::Object(map) = at else {
        *at = if rng.bool() { json!({"type": "string"}) } else { json!(!at.as_bool().unwrap_or(false)) };
        return;
    };
    match rng.u32(..22) {
        0 => put(map, rng, "minimum"),
        1 => put(map, rng, "maximum"),
        2 => shift(map, rng, &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]),
        3 => shift(map, rng, &["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]),
        4 => drop_one(map, rng),
        5 => widen_type(map, rng),
        6 => narrow_type(map, rng),
        7 => property(map, rng),
        8 => require(map, rng),
        9 => un_require(map, rng),
        10 => enum_more(map, rng),
        11 => enum_less(map, rng),
        12 => drop(map.insert("pattern".to_owned(), json!(PATTERNS[rng.usize(..PATTERNS.len())].0))),
        13 => drop(map.insert("additionalProperties".to_owned(), json!(rng.bool()))),
        14 => rename(map, rng),
        15 => branch_more(map, rng),
        16 => branch_less(map, rng),
        17 => *at = wrap(rng, at),
        18 => unwrap(at),
        19 => const_as_enum(map),
        20 => drop(map.insert("uniqueItems".to_owned(), json!(rng.bool()))),
        _ => {
            let mut generator = Generator { rng, references: false };
            *at = generator.any(1);
        }
    }
}

fn put(map: &mut Map<String, Value>, rng: &mut Rng, keyword: &str) {
    map.insert(keyword.to_owned(), json!(rng.i32(-5..12)));
}

/// Moves a bound by a little.
fn shift(map: &mut Map<String, Value>, rng: &mut Rng, keywords: &[&str]) {
    let by = if rng.bool() { 1 } else { -1 };
    for keyword in keywords {
        if let Some(bound) = map.get_mut(*keyword) {
            *bound = match bound.as_i64() {
                Some(whole) if keyword.contains("imum") => json!(whole + by),
                Some(whole) => json!((whole + by).max(0)),
                None => json!(bound.as_f64().unwrap_or(0.0).floor()),
            };
            return;
        }
    }
}

fn drop_one(map: &mut Map<String, Value>, rng: &mut Rng) {
    let keys: Vec<String> = map.keys().filter(|key| *key != "$defs").cloned().collect();
    if !keys.is_empty() {
        map.remove(&keys[rng.usize(..keys.len())]);
    }
}

const TYPES: &[&str] = &["null", "boolean", "integer", "number", "string", "array", "object"];

fn types(map: &Map<String, Value>) -> Vec<String> {
    match map.get("type") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(some)) => some.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn widen_type(map: &mut Map<String, Value>, rng: &mut Rng) {
    let mut some = types(map);
    if some.is_empty() {
        return;
    }
    let more = TYPES[rng.usize(..TYPES.len())];
    if some == ["integer"] && rng.bool() {
        some = vec!["number".to_owned()];
    } else if !some.iter().any(|one| one == more) {
        some.push(more.to_owned());
    }
    map.insert("type".to_owned(), json!(some));
}

fn narrow_type(map: &mut Map<String, Value>, rng: &mut Rng) {
    let mut some = types(map);
    if some.len() > 1 {
        some.remove(rng.usize(..some.len()));
    } else if some == ["number"] {
        some = vec!["integer".to_owned()];
    } else {
        some = vec![TYPES[rng.usize(..TYPES.len())].to_owned()];
    }
    map.insert("type".to_owned(), json!(some));
}

fn property(map: &mut Map<String, Value>, rng: &mut Rng) {
    let name = NAMES[rng.usize(..NAMES.len())];
    let schema = Generator { rng, references: false }.any(1);
    if let Value::Object(properties) = map.entry("properties").or_insert_with(|| json!({})) {
        properties.insert(name.to_owned(), schema);
    }
}

fn require(map: &mut Map<String, Value>, rng: &mut Rng) {
    let name = json!(NAMES[rng.usize(..NAMES.len())]);
    if let Value::Array(names) = map.entry("required").or_insert_with(|| json!([]))
        && !names.contains(&name)
    {
        names.push(name);
    }
}

fn un_require(map: &mut Map<String, Value>, rng: &mut Rng) {
    if let Some(Value::Array(names)) = map.get_mut("required")
        && !names.is_empty()
    {
        names.remove(rng.usize(..names.len()));
    }
}

fn enum_more(map: &mut Map<String, Value>, rng: &mut Rng) {
    let value = Generator { rng, references: false }.constant();
    if let Value::Array(values) = map.entry("enum").or_insert_with(|| json!([]))
        && !values.contains(&value)
    {
        values.push(value);
    }
}

fn enum_less(map: &mut Map<String, Value>, rng: &mut Rng) {
    if let Some(Value::Array(values)) = map.get_mut("enum")
        && values.len() > 1
    {
        values.remove(rng.usize(..values.len()));
    }
}

fn rename(map: &mut Map<String, Value>, rng: &mut Rng) {
    let to = NAMES[rng.usize(..NAMES.len())];
    if let Some(Value::Object(properties)) = map.get_mut("properties")
        && let Some(from) = properties.keys().next().cloned()
        && let Some(schema) = properties.remove(&from)
    {
        properties.insert(to.to_owned(), schema);
    }
}

fn branch_more(map: &mut Map<String, Value>, rng: &mut Rng) {
    let schema = Generator { rng, references: false }.any(1);
    for keyword in ["anyOf", "oneOf", "allOf"] {
        if let Some(Value::Array(branches)) = map.get_mut(keyword) {
            branches.push(schema);
            return;
        }
    }
}

fn branch_less(map: &mut Map<String, Value>, rng: &mut Rng) {
    for keyword in ["anyOf", "oneOf", "allOf"] {
        if let Some(Value::Array(branches)) = map.get_mut(keyword)
            && branches.len() > 1
        {
            branches.remove(rng.usize(..branches.len()));
            return;
        }
    }
}

/// The same, said in another way, or nearly the same.
fn wrap(rng: &mut Rng, at: &Value) -> Value {
    if at.get("$defs").is_some() {
        return at.clone();
    }
    let other = Generator { rng, references: false }.any(1);
    match rng.u32(..6) {
        0 => json!({"allOf": [at]}),
        1 => json!({"anyOf": [at]}),
        2 => json!({"not": {"not": at}}),
        3 => json!({"anyOf": [at, other]}),
        4 => json!({"allOf": [at, other]}),
        _ => json!({"oneOf": [at, other]}),
    }
}

fn unwrap(at: &mut Value) {
    for keyword in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = at.get(keyword).and_then(|branches| branches.get(0)) {
            *at = first.clone();
            return;
        }
    }
}

fn const_as_enum(map: &mut Map<String, Value>) {
    if let Some(value) = map.remove("const") {
        map.insert("enum".to_owned(), json!([value]));
    }
}
