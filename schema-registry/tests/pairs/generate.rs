//! Random schemas, small enough to meet in interesting ways.

use fastrand::Rng;
use forgeline_compat::dialect::circular;
use serde_json::{Map, Value, json};

/// Families of keywords that the figures are kept by.
pub(crate) const FAMILIES: &[&str] =
    &["numbers", "strings", "enums", "objects", "arrays", "combinators", "conditionals", "references", "unevaluated"];

/// Patterns, each with strings that match it and some that nearly do.
pub(crate) const PATTERNS: &[(&str, &[&str])] = &[
    ("^a", &["a", "ab", "abc"]),
    ("^[a-z]+$", &["a", "abc", "zz"]),
    ("^[a-z]{2,4}$", &["ab", "abc", "abcd"]),
    ("b$", &["b", "ab", "xb"]),
    ("[0-9]", &["1", "a1", "12"]),
    ("^[0-9]{1,3}$", &["1", "12", "123"]),
    ("^x-", &["x-", "x-a", "x-1"]),
    ("^(foo|bar)$", &["foo", "bar"]),
    ("^foo", &["foo", "foobar"]),
    ("^\\d+(\\.\\d+)?$", &["1", "1.5", "10.25"]),
    ("", &["", "a"]),
    ("a", &["a", "ba", "cab"]),
    ("b|^c", &["ab", "c", "cb"]),
    ("^[^b]*$", &["", "ac", "x"]),
    ("x.?y", &["xy", "xzy", "axy"]),
    ("^(ab)*$", &["", "ab", "abab"]),
];

/// Names of members.
pub(crate) const NAMES: &[&str] = &["a", "b", "c", "x-1", "kind"];

const FORMATS: &[&str] = &["date", "uuid", "email", "ipv4", "uri"];

/// Makes schemas.
pub(crate) struct Generator<'r> {
    pub(crate) rng: &'r mut Rng,
    /// Whether references may be made: `$defs` of the root have these names.
    pub(crate) references: bool,
}

impl Generator<'_> {
    /// A schema with keywords of a family.
    pub(crate) fn document(&mut self, family: &str) -> Value {
        let mut schema = self.of_family(family, 3);
        if family == "references" {
            schema = self.referring();
            // What comes back to itself without going down is a kind of its own, and most of these are wanted to mean something.
            for _ in 0..8 {
                if circular(&schema).is_none() || self.rng.u32(..40) == 0 {
                    break;
                }
                schema = self.referring();
            }
        }
        schema
    }

    fn referring(&mut self) -> Value {
        self.references = true;
        let (first, second) = (self.object(2), self.any(2));
        let mut root = self.object(2);
        self.references = false;
        if let Some(map) = root.as_object_mut() {
            map.insert("$defs".to_owned(), json!({"first": first, "second": second}));
        }
        root
    }

    pub(crate) fn of_family(&mut self, family: &str, depth: u32) -> Value {
        match family {
            "numbers" => self.number(),
            "strings" => self.string(),
            "enums" => self.enumeration(),
            "objects" => self.object(depth),
            "arrays" => self.array(depth),
            "combinators" => self.combinator(depth),
            "conditionals" => self.conditional(depth),
            "unevaluated" => self.unevaluated(depth),
            _ => self.any(depth),
        }
    }

    pub(crate) fn any(&mut self, depth: u32) -> Value {
        if self.references && self.rng.u32(..4) == 0 {
            return json!({"$ref": self.pick(&["#/$defs/first", "#/$defs/second", "#"])});
        }
        match self.rng.u32(..if depth == 0 { 5 } else { 10 }) {
            0 => self.number(),
            1 => self.string(),
            2 => self.enumeration(),
            3 => self.types(),
            4 => Value::Bool(self.rng.u32(..4) > 0),
            5 | 6 => self.object(depth - 1),
            7 => self.array(depth - 1),
            8 => self.combinator(depth - 1),
            _ => self.conditional(depth - 1),
        }
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.rng.usize(..of.len())]
    }

    fn maybe(&mut self, of_ten: u32) -> bool {
        self.rng.u32(..10) < of_ten
    }

    fn types(&mut self) -> Value {
        let all = ["null", "boolean", "integer", "number", "string", "array", "object"];
        let mut some: Vec<&str> = all.into_iter().filter(|_| self.rng.u32(..3) == 0).collect();
        if some.is_empty() {
            some.push(self.pick(&all));
        }
        if some.len() == 1 { json!({"type": some[0]}) } else { json!({"type": some}) }
    }

    pub(crate) fn small(&mut self) -> Value {
        match self.rng.u32(..5) {
            0 => json!(f64::from(self.rng.i32(-8..9)) / 2.0),
            _ => json!(self.rng.i32(-5..12)),
        }
    }

    pub(crate) fn number(&mut self) -> Value {
        let mut map = Map::new();
        if self.maybe(8) {
            map.insert("type".to_owned(), json!(self.pick(&["integer", "number"])));
        }
        for keyword in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] {
            if self.maybe(3) {
                let bound = self.small();
                map.insert(keyword.to_owned(), bound);
            }
        }
        if self.maybe(2) {
            let step = self.pick(&[json!(2).as_f64(), Some(3.0), Some(0.5), Some(5.0), Some(6.0)]);
            map.insert("multipleOf".to_owned(), json!(step));
        }
        Value::Object(map)
    }

    pub(crate) fn string(&mut self) -> Value {
        let mut map = Map::new();
        if self.maybe(8) {
            map.insert("type".to_owned(), json!("string"));
        }
        if self.maybe(3) {
            map.insert("minLength".to_owned(), json!(self.rng.u32(..4)));
        }
        if self.maybe(3) {
            map.insert("maxLength".to_owned(), json!(self.rng.u32(1..6)));
        }
        if self.maybe(5) {
            let (pattern, _) = self.pick(PATTERNS);
            map.insert("pattern".to_owned(), json!(pattern));
        }
        if self.maybe(1) {
            map.insert("format".to_owned(), json!(self.pick(FORMATS)));
        }
        Value::Object(map)
    }

    pub(crate) fn constant(&mut self) -> Value {
        match self.rng.u32(..8) {
            0 => Value::Null,
            1 => Value::Bool(self.rng.bool()),
            2 | 3 => self.small(),
            4 => json!([1, "a"]),
            5 => json!({"a": 1}),
            _ => json!(self.pick(&["a", "b", "foo", "12", "x-1", ""])),
        }
    }

    pub(crate) fn enumeration(&mut self) -> Value {
        if self.maybe(3) {
            return json!({"const": self.constant()});
        }
        let mut values: Vec<Value> = Vec::new();
        for _ in 0..self.rng.usize(1..5) {
            let value = self.constant();
            if !values.contains(&value) {
                values.push(value);
            }
        }
        json!({"enum": values})
    }

    pub(crate) fn object(&mut self, depth: u32) -> Value {
        let mut map = Map::new();
        if self.maybe(8) {
            map.insert("type".to_owned(), json!("object"));
        }
        let mut properties = Map::new();
        for name in NAMES {
            if self.maybe(4) {
                properties.insert((*name).to_owned(), self.any(depth.saturating_sub(1)));
            }
        }
        let required: Vec<&str> = NAMES.iter().copied().filter(|_| self.rng.u32(..5) == 0).collect();
        if !properties.is_empty() {
            map.insert("properties".to_owned(), Value::Object(properties));
        }
        if !required.is_empty() {
            map.insert("required".to_owned(), json!(required));
        }
        if self.maybe(2) {
            let (pattern, _) = self.pick(PATTERNS);
            let schema = self.any(depth.saturating_sub(1));
            map.insert("patternProperties".to_owned(), json!({pattern: schema}));
        }
        if self.maybe(4) {
            let rest = if self.maybe(5) { json!(false) } else { self.any(depth.saturating_sub(1)) };
            map.insert("additionalProperties".to_owned(), rest);
        }
        if self.maybe(1) {
            map.insert("propertyNames".to_owned(), self.string());
        }
        if self.maybe(1) {
            map.insert("minProperties".to_owned(), json!(self.rng.u32(..3)));
        }
        if self.maybe(1) {
            map.insert("maxProperties".to_owned(), json!(self.rng.u32(..4)));
        }
        if self.maybe(1) {
            let (name, needs) = (self.pick(NAMES), self.pick(NAMES));
            map.insert("dependentRequired".to_owned(), json!({name: [needs]}));
        }
        if self.maybe(1) {
            let name = self.pick(NAMES);
            let schema = self.any(depth.saturating_sub(1));
            map.insert("dependentSchemas".to_owned(), json!({name: schema}));
        }
        Value::Object(map)
    }

    pub(crate) fn array(&mut self, depth: u32) -> Value {
        let mut map = Map::new();
        if self.maybe(8) {
            map.insert("type".to_owned(), json!("array"));
        }
        if self.maybe(3) {
            let prefix: Vec<Value> = (0..self.rng.usize(1..3)).map(|_| self.any(depth.saturating_sub(1))).collect();
            map.insert("prefixItems".to_owned(), json!(prefix));
        }
        if self.maybe(6) {
            map.insert("items".to_owned(), self.any(depth.saturating_sub(1)));
        }
        if self.maybe(2) {
            map.insert("contains".to_owned(), self.any(0));
            if self.maybe(4) {
                map.insert("minContains".to_owned(), json!(self.rng.u32(..3)));
            }
            if self.maybe(3) {
                map.insert("maxContains".to_owned(), json!(self.rng.u32(..3)));
            }
        }
        if self.maybe(3) {
            map.insert("minItems".to_owned(), json!(self.rng.u32(..3)));
        }
        if self.maybe(3) {
            map.insert("maxItems".to_owned(), json!(self.rng.u32(1..4)));
        }
        if self.maybe(2) {
            map.insert("uniqueItems".to_owned(), json!(true));
        }
        Value::Object(map)
    }

    pub(crate) fn combinator(&mut self, depth: u32) -> Value {
        let below = depth.saturating_sub(1);
        match self.rng.u32(..5) {
            0 => json!({"not": self.any(below)}),
            1 => json!({"allOf": self.branches(below)}),
            2 => json!({"anyOf": self.branches(below)}),
            3 => json!({"oneOf": self.branches(below)}),
            _ => self.union(below),
        }
    }

    fn branches(&mut self, depth: u32) -> Vec<Value> {
        (0..self.rng.usize(1..4)).map(|_| self.any(depth)).collect()
    }

    /// Alternatives that a member tells apart.
    fn union(&mut self, depth: u32) -> Value {
        let mut branches = Vec::new();
        for kind in ["one", "two", "three"].iter().take(self.rng.usize(2..4)) {
            let mut branch = self.object(depth);
            if let Some(properties) = branch["properties"].as_object_mut() {
                properties.insert("kind".to_owned(), json!({"const": kind}));
            } else {
                branch["properties"] = json!({"kind": {"const": kind}});
            }
            branch["required"] = json!(["kind"]);
            branches.push(branch);
        }
        let keyword = self.pick(&["oneOf", "anyOf"]);
        json!({keyword: branches})
    }

    pub(crate) fn conditional(&mut self, depth: u32) -> Value {
        let below = depth.saturating_sub(1);
        let mut map = Map::new();
        map.insert("if".to_owned(), self.any(below));
        if self.maybe(8) {
            map.insert("then".to_owned(), self.any(below));
        }
        if self.maybe(6) {
            map.insert("else".to_owned(), self.any(below));
        }
        Value::Object(map)
    }

    pub(crate) fn unevaluated(&mut self, depth: u32) -> Value {
        let below = depth.saturating_sub(1);
        let arrays = self.maybe(3);
        let mut base = if arrays { self.array(below) } else { self.object(below) };
        let Some(map) = base.as_object_mut() else { return base };
        map.remove("additionalProperties");
        if self.maybe(7) {
            let keyword = self.pick(&["allOf", "anyOf", "oneOf"]);
            let mut branches = Vec::new();
            for _ in 0..self.rng.usize(1..4) {
                let mut branch = if arrays { self.array(below) } else { self.object(below) };
                if self.maybe(7)
                    && let Some(branch) = branch.as_object_mut()
                {
                    branch.remove("additionalProperties");
                }
                branches.push(branch);
            }
            map.insert(keyword.to_owned(), json!(branches));
        }
        let rest = if self.maybe(7) { json!(false) } else { self.any(0) };
        map.insert(if arrays { "unevaluatedItems" } else { "unevaluatedProperties" }.to_owned(), rest);
        base
    }
}
