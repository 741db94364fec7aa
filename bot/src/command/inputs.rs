//! Inputs as typed in a comment, given the types of the blueprint's schema.

use std::collections::BTreeMap;

use forgeline_blueprints::suggest;
use serde_json::{Map, Number, Value};

/// An input that cannot be what the blueprint asks for. Only what a text hides is judged here; the schema has the
/// last word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputFault {
    /// The blueprint declares no such input.
    #[error("the blueprint has no input `{name}`; {hint}")]
    Undeclared {
        /// The name.
        name: String,
        /// Names that it has.
        hint: String,
    },
    /// The text is not of the declared type.
    #[error("`{name}` must be {expected}, not `{value}`")]
    WrongType {
        /// The input.
        name: String,
        /// What it must be.
        expected: &'static str,
        /// What was written.
        value: String,
    },
}

/// Gives each text the type that `properties.<name>.type` of the schema declares: whole numbers, numbers, `true` and
/// `false`, lists written with commas; anything else stays text. All faults at once.
pub fn typed_inputs(schema: &Value, inputs: &BTreeMap<String, String>) -> Result<Value, Vec<InputFault>> {
    let empty = Map::new();
    let declared = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let (mut typed, mut faults) = (Map::new(), Vec::new());
    for (name, text) in inputs {
        let Some(property) = declared.get(name) else {
            let mut known: Vec<&str> = declared.keys().map(String::as_str).collect();
            known.sort_unstable();
            let hint =
                if known.is_empty() { "it has none".to_owned() } else { suggest::hint(name, known.iter().copied()) };
            faults.push(InputFault::Undeclared { name: name.clone(), hint });
            continue;
        };
        match value(property, text) {
            Ok(value) => {
                typed.insert(name.clone(), value);
            }
            Err(expected) => {
                let value = text.chars().take(60).collect();
                faults.push(InputFault::WrongType { name: name.clone(), expected, value });
            }
        }
    }
    if faults.is_empty() { Ok(Value::Object(typed)) } else { Err(faults) }
}

fn value(property: &Value, text: &str) -> Result<Value, &'static str> {
    match property.get("type").and_then(Value::as_str) {
        Some("integer") => text.parse::<i64>().map(Value::from).map_err(|_| "a whole number"),
        Some("number") => text
            .parse::<i64>()
            .map(Value::from)
            .ok()
            .or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number))
            .ok_or("a number"),
        Some("boolean") => text.parse::<bool>().map(Value::Bool).map_err(|_| "`true` or `false`"),
        Some("array") if text.is_empty() => Ok(Value::Array(Vec::new())),
        Some("array") => {
            let items = property.get("items").unwrap_or(&Value::Null);
            text.split(',').map(|item| value(items, item.trim())).collect::<Result<_, _>>().map(Value::Array)
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}
