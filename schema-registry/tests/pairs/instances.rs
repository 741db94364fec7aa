//! Random values that come close to schemas: most are valid, some only nearly.

use fastrand::Rng;
use forgeline_compat::dialect;
use serde_json::{Map, Value, json};

use crate::generate::{NAMES, PATTERNS};

/// Makes values for a schema.
pub(crate) struct Instances<'a> {
    pub(crate) rng: &'a mut Rng,
    /// The document, for references.
    pub(crate) root: &'a Value,
}

impl<'a> Instances<'a> {
    pub(crate) fn value(&mut self, schema: &'a Value, depth: u32) -> Value {
        let Value::Object(map) = schema else { return self.anything(depth) };
        // Now and then something else altogether.
        if depth == 0 || self.rng.u32(..25) == 0 {
            return self.anything(depth);
        }
        if let Some(target) = map.get("$ref").and_then(Value::as_str).and_then(|to| dialect::at(self.root, to)) {
            return self.value(target, depth - 1);
        }
        if let Some(value) = map.get("const") {
            return value.clone();
        }
        if let Some(values) = map.get("enum").and_then(Value::as_array).filter(|values| !values.is_empty()) {
            return values[self.rng.usize(..values.len())].clone();
        }
        let own = ["type", "properties", "items", "minimum", "maximum", "pattern", "required", "prefixItems"];
        let has_own = own.iter().any(|keyword| map.contains_key(*keyword));
        for keyword in ["anyOf", "oneOf", "allOf"] {
            if let Some(branches) = map.get(keyword).and_then(Value::as_array).filter(|branches| !branches.is_empty())
                && (!has_own || self.rng.u32(..3) > 0)
            {
                let chosen = self.rng.usize(..branches.len());
                let branch = self.value(&branches[chosen], depth - 1);
                return if has_own { self.merged(map, branch, depth) } else { branch };
            }
        }
        for keyword in ["then", "else", "if"] {
            if let Some(branch) = map.get(keyword)
                && !has_own
                && self.rng.bool()
            {
                return self.value(branch, depth - 1);
            }
        }
        match self.kind(map) {
            "null" => Value::Null,
            "boolean" => json!(self.rng.bool()),
            "integer" => self.number(map, true),
            "number" => self.number(map, false),
            "string" => self.string(map),
            "array" => self.array(map, depth),
            _ => self.object(map, depth),
        }
    }

    fn kind(&mut self, map: &'a Map<String, Value>) -> &'a str {
        match map.get("type") {
            Some(Value::String(one)) => one,
            Some(Value::Array(some)) if !some.is_empty() => {
                some[self.rng.usize(..some.len())].as_str().unwrap_or("null")
            }
            _ if ["properties", "required", "additionalProperties", "patternProperties", "unevaluatedProperties"]
                .iter()
                .any(|key| map.contains_key(*key)) =>
            {
                "object"
            }
            _ if ["items", "prefixItems", "contains", "uniqueItems"].iter().any(|key| map.contains_key(*key)) => {
                "array"
            }
            _ if map.contains_key("pattern") || map.contains_key("minLength") => "string",
            _ if map.keys().any(|key| key.ends_with("imum") || key == "multipleOf") => "number",
            _ => ["null", "boolean", "number", "string", "array", "object"][self.rng.usize(..6)],
        }
    }

    fn merged(&mut self, map: &'a Map<String, Value>, branch: Value, depth: u32) -> Value {
        match (branch, self.kind(map)) {
            (Value::Object(mut one), "object") => {
                if let Value::Object(other) = self.object(map, depth) {
                    one.extend(other);
                }
                Value::Object(one)
            }
            (branch, _) => branch,
        }
    }

    pub(crate) fn anything(&mut self, depth: u32) -> Value {
        match self.rng.u32(..if depth == 0 { 6 } else { 8 }) {
            0 => Value::Null,
            1 => json!(self.rng.bool()),
            2 => json!(self.rng.i32(-6..14)),
            3 => json!(f64::from(self.rng.i32(-12..28)) / 2.0),
            4 | 5 => json!(self.word()),
            6 => Value::Array((0..self.rng.usize(..4)).map(|_| self.anything(depth - 1)).collect()),
            _ => {
                let mut map = Map::new();
                for _ in 0..self.rng.usize(..4) {
                    map.insert(self.name(), self.anything(depth - 1));
                }
                Value::Object(map)
            }
        }
    }

    fn word(&mut self) -> String {
        const MORE: &[&str] =
            &["", "é", "zzzzzz", "one", "two", "three", "2024-01-31", "a@example.com", "192.0.2.1", "urn:a", "x-1"];
        if self.rng.u32(..3) == 0 {
            return MORE[self.rng.usize(..MORE.len())].to_owned();
        }
        let (_, words) = PATTERNS[self.rng.usize(..PATTERNS.len())];
        words[self.rng.usize(..words.len())].to_owned()
    }

    fn name(&mut self) -> String {
        if self.rng.u32(..4) == 0 { self.word() } else { NAMES[self.rng.usize(..NAMES.len())].to_owned() }
    }

    fn number(&mut self, map: &Map<String, Value>, whole: bool) -> Value {
        let bounds = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
        let near: Vec<f64> = bounds.iter().filter_map(|key| map.get(*key)).filter_map(Value::as_f64).collect();
        let mut base = match near[..] {
            [] => f64::from(self.rng.i32(-6..14)),
            _ => near[self.rng.usize(..near.len())] + f64::from(self.rng.i32(-6..7)) / 2.0,
        };
        if let Some(step) = map.get("multipleOf").and_then(Value::as_f64) {
            base = (base / step).round() * step;
        }
        if whole {
            base = base.round();
        }
        #[expect(clippy::cast_possible_truncation, reason = "small whole numbers")]
        if base.fract() == 0.0 { json!(base as i64) } else { json!(base) }
    }

    fn string(&mut self, map: &Map<String, Value>) -> Value {
        let pattern = map.get("pattern").and_then(Value::as_str);
        let words = PATTERNS.iter().find(|(known, _)| Some(*known) == pattern).map(|(_, words)| *words);
        match words {
            Some(words) if self.rng.u32(..4) > 0 => json!(words[self.rng.usize(..words.len())]),
            _ => json!(self.word()),
        }
    }

    fn array(&mut self, map: &'a Map<String, Value>, depth: u32) -> Value {
        let least = map.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let length = least + self.rng.u64(..3);
        let prefix = map.get("prefixItems").and_then(Value::as_array);
        let mut items = Vec::new();
        for n in 0..length {
            let schema = prefix
                .and_then(|prefix| prefix.get(usize::try_from(n).unwrap_or(usize::MAX)))
                .or_else(|| if self.rng.u32(..3) == 0 { map.get("contains") } else { None })
                .or_else(|| map.get("items"));
            items.push(match schema {
                Some(schema) => self.value(schema, depth - 1),
                None => self.anything(depth - 1),
            });
        }
        Value::Array(items)
    }

    fn object(&mut self, map: &'a Map<String, Value>, depth: u32) -> Value {
        let mut members = Map::new();
        let properties = map.get("properties").and_then(Value::as_object);
        for (name, schema) in properties.into_iter().flatten() {
            if self.rng.u32(..5) > 1 {
                members.insert(name.clone(), self.value(schema, depth - 1));
            }
        }
        for name in map.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) && self.rng.u32(..15) > 0 {
                let value = match properties.and_then(|properties| properties.get(name)) {
                    Some(schema) => self.value(schema, depth - 1),
                    None => self.anything(depth - 1),
                };
                members.insert(name.to_owned(), value);
            }
        }
        if self.rng.u32(..3) == 0 {
            let name = self.name();
            let rest = map.get("additionalProperties").or_else(|| map.get("unevaluatedProperties"));
            let value = match rest {
                Some(schema @ Value::Object(_)) => self.value(schema, depth - 1),
                _ => self.anything(depth - 1),
            };
            members.entry(name).or_insert(value);
        }
        Value::Object(members)
    }
}
