//! Parameters: JSON whose strings are templates.

use serde_json::Value;

use super::{
    Context, TextError, TextErrorKind, UNNAMED, expression, functions, lookup, render_text_in,
    scan::{self, Kind},
};

/// Renders every string inside a value.
///
/// A string that is exactly one variable, `{{stages.api.outputs.entities}}`, becomes that value itself, a list for
/// instance. An object `{"json": "…"}` becomes what its rendered text says in JSON.
///
/// # Errors
/// As [`super::render_text`]; also a rendered text that is not JSON where JSON was announced.
pub fn resolve(value: &Value, context: &Value) -> Result<Value, TextError> {
    if !has_template(value) {
        return Ok(value.clone());
    }
    resolve_in(value, &Context::new(context))
}

fn has_template(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{"),
        Value::Array(items) => items.iter().any(has_template),
        Value::Object(map) => announced_json(value).is_some() || map.values().any(has_template),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn resolve_in(value: &Value, context: &Context) -> Result<Value, TextError> {
    if let Some(text) = announced_json(value) {
        let rendered = render_text_in(text, context)?;
        return serde_json::from_str(&rendered).map_err(|error| {
            TextError::at(UNNAMED, (1, 1), TextErrorKind::Value, format!("the text of `json` is not JSON: {error}"))
        });
    }
    match value {
        Value::String(text) => match sole_variable(text) {
            Some((path, offset)) => lookup::find(context.value(), &path).cloned().ok_or_else(|| {
                let hint = lookup::hint(context.value(), &path);
                let message = format!("variable `{path}` is not defined{hint}");
                TextError::at(UNNAMED, scan::position(text, offset), TextErrorKind::Undefined, message)
            }),
            None => render_text_in(text, context).map(Value::String),
        },
        Value::Array(items) => items.iter().map(|item| resolve_in(item, context)).collect(),
        Value::Object(map) => {
            let entries: Result<serde_json::Map<_, _>, _> =
                map.iter().map(|(key, value)| Ok((key.clone(), resolve_in(value, context)?))).collect();
            entries.map(Value::Object)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
    }
}

/// The text of an object that has nothing but `json`.
fn announced_json(value: &Value) -> Option<&str> {
    value.as_object().filter(|map| map.len() == 1)?.get("json")?.as_str()
}

/// The path of a text that is one variable and nothing else, with its offset.
fn sole_variable(text: &str) -> Option<(String, usize)> {
    let trimmed = text.trim();
    let tags = scan::scan(trimmed).ok()?;
    let [tag] = tags.as_slice() else { return None };
    let is_whole = tag.kind == Kind::Value && tag.start == 0 && trimmed.ends_with("}}");
    // One tag, at the start, whose braces are the last ones.
    if !is_whole || tag.body_start + tag.body.len() + closing_length(trimmed) < trimmed.len() {
        return None;
    }
    let usage = expression::read(tag, functions::is_function);
    let [variable] = usage.variables.as_slice() else { return None };
    if usage.head.is_some() || variable.path.starts_with('.') || variable.path == "this" {
        return None;
    }
    let path =
        variable.path.strip_prefix("@root.").or_else(|| variable.path.strip_prefix("this.")).unwrap_or(variable.path);
    let lead = text.len() - text.trim_start().len();
    (!path.starts_with('@')).then(|| (path.replace('/', "."), lead + variable.offset))
}

/// Bytes of ` ~}}` at the end.
fn closing_length(text: &str) -> usize {
    let inner = text.trim_end_matches("}}").trim_end().trim_end_matches('~').trim_end();
    text.len() - inner.len()
}
