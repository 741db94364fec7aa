//! Editor schemas (draft-07), generated from the same shapes that definitions are checked with.

use serde_json::{Map, Value, json};

use crate::{
    agent, blueprint, config,
    form::Form,
    shape::{Field, Object, Shape},
};

/// The schemas: file name below `schemas/`, and content.
pub fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("agent.v1.json", of(&agent::SHAPE, "Agent")),
        ("blueprint.v1.json", of(&blueprint::SHAPE, "Blueprint")),
        ("factory.v1.json", of(&config::SHAPE, "Factory")),
        ("operator.v1.json", of(&config::OPERATOR_SHAPE, "Operator")),
    ]
}

/// The text of a schema file: keys in order, two spaces, a newline at the end.
pub fn print(schema: &Value) -> String {
    let mut text = String::new();
    write(schema, 0, &mut text);
    text.push('\n');
    text
}

fn of(shape: &'static Object, title: &str) -> Value {
    let mut schema = object(shape);
    if let Value::Object(map) = &mut schema {
        map.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
        map.insert("title".into(), format!("Forgeline {title} v1").into());
    }
    schema
}

fn object(shape: &'static Object) -> Value {
    let properties: Map<String, Value> =
        shape.fields.iter().map(|field| (field.name.to_owned(), property(field))).collect();
    let required: Vec<&str> = shape.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut schema = json!({
        "type": "object", "description": shape.doc, "properties": properties, "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(field: &'static Field) -> Value {
    let mut schema = value(field.shape);
    if let Value::Object(map) = &mut schema {
        map.insert("description".into(), field.doc.into());
    }
    schema
}

fn value(shape: Shape) -> Value {
    match shape {
        Shape::Text(form) => text(form),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::FlagOr(words) => json!({"anyOf": [{"type": "boolean"}, {"enum": words}]}),
        Shape::Whole(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Shape::Anything => json!({}),
        Shape::JsonSchema => json!({"type": ["object", "boolean"]}),
        Shape::List(items) => json!({"type": "array", "items": value(*items)}),
        Shape::Table(form, values) => {
            json!({"type": "object", "propertyNames": text(form), "additionalProperties": value(*values)})
        }
        Shape::Object(shape) => object(shape),
        Shape::OneField(fields) => {
            let properties: Map<String, Value> =
                fields.iter().map(|field| (field.name.to_owned(), property(field))).collect();
            json!({
                "type": "object", "properties": properties, "additionalProperties": false,
                "minProperties": 1, "maxProperties": 1,
            })
        }
        Shape::ByKind(kinds) => {
            let branches = kinds.iter().map(|(name, shape)| {
                let mut schema = object(shape);
                schema["properties"]["kind"] = json!({"const": name});
                schema
            });
            json!({"oneOf": branches.collect::<Vec<_>>()})
        }
    }
}

fn text(form: Form) -> Value {
    match form {
        Form::Exactly(text) => json!({"const": text}),
        Form::Template => json!({"type": "string"}),
        Form::OneOf(choices) => json!({"enum": choices}),
        _ => {
            let mut schema = json!({"type": "string", "minLength": 1});
            if let Some(pattern) = form.pattern() {
                schema["pattern"] = pattern.into();
            }
            schema
        }
    }
}

/// `serde_json`'s own printer keeps the order of its map, which a feature of any dependency may change.
fn write(value: &Value, depth: usize, out: &mut String) {
    let indent = |out: &mut String, depth: usize| out.push_str(&"  ".repeat(depth));
    match value {
        Value::Object(map) if !map.is_empty() => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            out.push_str("{\n");
            for (index, key) in keys.iter().enumerate() {
                indent(out, depth + 1);
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push_str(": ");
                write(&map[*key], depth + 1, out);
                out.push_str(if index + 1 < keys.len() { ",\n" } else { "\n" });
            }
            indent(out, depth);
            out.push('}');
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            out.push_str("[\n");
            for (index, item) in items.iter().enumerate() {
                indent(out, depth + 1);
                write(item, depth + 1, out);
                out.push_str(if index + 1 < items.len() { ",\n" } else { "\n" });
            }
            indent(out, depth);
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}
