//! Filling in the defaults of what a producer left out.

use std::collections::BTreeSet;

use forgeline_compat::views::is_filled;
use serde_json::{Map, Value};

/// A lowered schema that has defaults.
#[derive(Debug, Clone)]
pub(crate) struct Defaults {
    schema: Value,
}

impl Defaults {
    /// Nothing where there is no default to fill in.
    pub(crate) fn of(schema: Value) -> Option<Self> {
        let mut open = vec![&schema];
        let mut found = false;
        while let Some(value) = open.pop() {
            match value {
                Value::Array(items) => open.extend(items),
                Value::Object(map) => {
                    found |= map.contains_key("default");
                    open.extend(map.values());
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        found.then_some(Self { schema })
    }

    /// Sets each absent property that has a default to it, at any depth of what is there: wherever the schema applies
    /// for certain, so not below `anyOf`, `oneOf`, `if` or `patternProperties`. What is filled in is not filled itself.
    /// The value's depth is bounded by the caller.
    pub(crate) fn fill(&self, value: &mut Value) {
        self.fill_place(&[&self.schema], value);
    }

    fn fill_place(&self, schemas: &[&Value], value: &mut Value) {
        match value {
            Value::Object(fields) => self.fill_object(&self.in_place(schemas, Some(fields)), fields),
            Value::Array(items) => {
                let parts = self.in_place(schemas, None);
                for (position, item) in items.iter_mut().enumerate() {
                    let below: Vec<&Value> = parts.iter().filter_map(|part| item_schema(part, position)).collect();
                    self.fill_some(&below, item);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn fill_object(&self, parts: &[&Map<String, Value>], fields: &mut Map<String, Value>) {
        for (name, field) in &mut *fields {
            let below: Vec<&Value> = parts.iter().filter_map(|part| property_schema(part, name)).collect();
            self.fill_some(&below, field);
        }
        for (name, property) in parts.iter().filter_map(|part| part.get("properties")?.as_object()).flatten() {
            if !fields.contains_key(name)
                && let Some(default) = self.in_place(&[property], None).iter().find_map(|part| part.get("default"))
            {
                fields.insert(name.clone(), default.clone());
            }
        }
    }

    fn fill_some(&self, schemas: &[&Value], value: &mut Value) {
        if !schemas.is_empty() {
            self.fill_place(schemas, value);
        }
    }

    /// All schemas that apply to a place for certain, each once: itself, `$ref`, `allOf` and, with the fields that are
    /// there, `dependentSchemas`.
    fn in_place<'a>(
        &'a self,
        schemas: &[&'a Value],
        fields: Option<&Map<String, Value>>,
    ) -> Vec<&'a Map<String, Value>> {
        let mut known = BTreeSet::new();
        let mut open: Vec<&Value> = schemas.iter().rev().copied().collect();
        let mut parts = Vec::new();
        while let Some(schema) = open.pop() {
            let Some(map) = schema.as_object() else { continue };
            if !known.insert(std::ptr::from_ref(schema).addr()) {
                continue;
            }
            parts.push(map);
            let target =
                map.get("$ref").and_then(Value::as_str).and_then(|at| forgeline_compat::dialect::at(&self.schema, at));
            let dependent = map.get("dependentSchemas").and_then(Value::as_object).into_iter().flatten();
            let there = dependent.filter(|(name, _)| fields.is_some_and(|fields| fields.contains_key(*name)));
            open.extend(there.map(|(_, schema)| schema));
            open.extend(map.get("allOf").and_then(Value::as_array).into_iter().flatten());
            open.extend(target);
        }
        parts
    }
}

fn property_schema<'a>(part: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let declared = part.get("properties").and_then(|properties| properties.get(name));
    declared.or_else(|| part.get("additionalProperties").filter(|_| is_filled(part, "additionalProperties")))
}

fn item_schema(part: &Map<String, Value>, position: usize) -> Option<&Value> {
    let first = part.get("prefixItems").and_then(Value::as_array);
    first.and_then(|first| first.get(position)).or_else(|| part.get("items"))
}

#[cfg(test)]
mod tests {
    use forgeline_compat::dialect::lower;
    use serde_json::{Value, json};

    use super::Defaults;

    #[track_caller]
    fn check(schema: &Value, mut value: Value, expected: &Value) {
        let lowered = lower(schema).unwrap_or_else(|why| panic!("{schema}: {why}"));
        Defaults::of(lowered).expect("a schema with defaults").fill(&mut value);
        assert_eq!(value, *expected);
    }

    #[test]
    fn defaults_are_filled_wherever_the_schema_applies_for_certain() {
        let schema = json!({
            "$defs": {"limits": {"properties": {"rps": {"$ref": "#/$defs/rps"}}}, "rps": {"allOf": [{"default": 10}]},
                "tree": {"properties": {"kind": {"default": "leaf"}, "next": {"$ref": "#/$defs/tree"}}}},
            "allOf": [{"$ref": "#/$defs/limits"}],
            "properties": {"list": {"prefixItems": [true], "items": {"$ref": "#/$defs/limits"}},
                "tree": {"$ref": "#/$defs/tree"}},
            "dependentSchemas": {"tls": {"properties": {"port": {"default": 443}}}},
            "additionalProperties": {"properties": {"x": {"default": null}}},
            "anyOf": [{"properties": {"never": {"default": 1}}}],
        });
        check(&schema, json!({}), &json!({"rps": 10}));
        check(&schema, json!({"rps": 1, "tls": true}), &json!({"rps": 1, "tls": true, "port": 443}));
        check(
            &schema,
            json!({"list": [{}, {}, {"rps": 2}]}),
            &json!({"rps": 10, "list": [{}, {"rps": 10}, {"rps": 2}]}),
        );
        check(
            &schema,
            json!({"tree": {"next": {}}, "other": {}}),
            &json!({"rps": 10, "tree": {"kind": "leaf", "next": {"kind": "leaf"}}, "other": {"x": null}}),
        );
        let endless = json!({"properties": {"next": {"$ref": "#"}}, "default": {}});
        check(&endless, json!({}), &json!({"next": {}}));
    }

    #[test]
    fn a_schema_without_defaults_costs_nothing() {
        assert!(Defaults::of(json!({"properties": {"a": {"type": "string"}}})).is_none());
    }
}
