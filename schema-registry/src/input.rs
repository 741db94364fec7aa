//! Schemas outside the registry: a blueprint's inputs, an agent's outputs, an artifact's form.

use jsonschema::Validator;
use serde_json::Value;

use crate::{
    schema::{self, Limits},
    violation::{MAX_LISTED, Violation},
};

/// A schema that values are checked against. Built once, used often.
#[derive(Debug, Clone)]
pub struct InputSchema {
    schema: Value,
    validator: Validator,
}

impl InputSchema {
    /// Builds the validator; the error says what is wrong with the schema.
    pub fn compile(schema: &Value) -> Result<Self, String> {
        let validator = schema::compile(schema, Limits::default()).map_err(|fault| fault.to_string())?;
        Ok(Self { schema: schema.clone(), validator })
    }

    /// What is wrong with the value, at most twenty findings; empty when it fits.
    pub fn check(&self, value: &Value) -> Vec<Violation> {
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        self.validator.iter_errors(value).take(MAX_LISTED).map(|error| Violation::telling(&error)).collect()
    }

    /// The value with each absent property that has a `default` set to it, at any depth of objects that are there.
    #[must_use]
    pub fn fill_defaults(&self, mut value: Value) -> Value {
        fill(&self.schema, &mut value);
        value
    }

    /// The schema it was built from.
    pub fn schema(&self) -> &Value {
        &self.schema
    }
}

fn fill(schema: &Value, value: &mut Value) {
    let (Some(properties), Value::Object(fields)) = (schema.get("properties").and_then(Value::as_object), value) else {
        return;
    };
    for (name, property) in properties {
        match (fields.get_mut(name), property.get("default")) {
            (Some(present), _) => fill(property, present),
            (None, Some(default)) => {
                fields.insert(name.clone(), default.clone());
            }
            (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::InputSchema;

    #[test]
    fn defaults_are_filled_and_findings_name_the_place() {
        let schema = InputSchema::compile(&json!({
            "type": "object",
            "required": ["name"],
            "additionalProperties": false,
            "properties": {
                "name": {"type": "string", "pattern": "^[a-z][a-z0-9-]{1,40}$"},
                "language": {"enum": ["rust"], "default": "rust"},
                "limits": {"type": "object", "properties": {"rps": {"type": "integer", "default": 10}}},
            },
        }))
        .expect("valid schema");
        let filled = schema.fill_defaults(json!({"name": "orders", "limits": {}}));
        assert_eq!(filled, json!({"name": "orders", "language": "rust", "limits": {"rps": 10}}));
        assert_eq!(schema.check(&filled), []);
        let found = schema.check(&json!({"name": "Orders!", "limits": {"rps": "many"}, "x": 1}));
        let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(shown.iter().any(|line| line.starts_with("`/name`: \"Orders!\" does not match")), "{shown:?}");
        assert!(shown.iter().any(|line| line.starts_with("`/limits/rps`:")), "{shown:?}");
        assert!(shown.iter().any(|line| line.contains("'x'")), "{shown:?}");
    }

    #[test]
    fn a_schema_that_cannot_be_used_says_why() {
        let why = InputSchema::compile(&json!({"type": "strnig"})).expect_err("misspelt type");
        assert!(why.contains("/type"), "{why}");
    }
}
