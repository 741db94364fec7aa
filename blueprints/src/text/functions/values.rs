//! Functions on values: logic, numbers, lists, JSON and YAML.

use std::fmt::Write as _;

use forgeline_model::canonical;
use serde_json::Value;

use super::{Call, FunctionFault, as_text};
use crate::text::lookup;

type Answer = Result<Value, FunctionFault>;

/// True when every argument is; an undefined one is false.
pub(super) fn and(call: &Call<'_>) -> Answer {
    Ok(call.arguments().all(is_true).into())
}

/// True when any argument is; an undefined one is false.
pub(super) fn or(call: &Call<'_>) -> Answer {
    Ok(call.arguments().any(is_true).into())
}

/// True when the argument is not; an undefined one is false.
pub(super) fn not(call: &Call<'_>) -> Answer {
    Ok((!is_true(call.argument(0)?)).into())
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// `{{default value fallback}}`: the fallback for what is undefined, null or empty text.
pub(super) fn default(call: &Call<'_>) -> Answer {
    let value = call.argument(0)?;
    let is_absent = value.is_null() || value.as_str() == Some("");
    Ok(if is_absent { call.argument(1)?.clone() } else { value.clone() })
}

/// `{{add a b}}` on whole numbers.
pub(super) fn add(call: &Call<'_>) -> Answer {
    whole(call, i64::checked_add)
}

/// `{{sub a b}}` on whole numbers.
pub(super) fn sub(call: &Call<'_>) -> Answer {
    whole(call, i64::checked_sub)
}

fn whole(call: &Call<'_>, compute: fn(i64, i64) -> Option<i64>) -> Answer {
    let number = |index| {
        call.argument(index)?
            .as_i64()
            .ok_or_else(|| call.fault(format!("needs whole numbers; argument {} is not", index + 1)))
    };
    let result = compute(number(0)?, number(1)?);
    result.map(Value::from).ok_or_else(|| call.fault("leaves the range of numbers"))
}

/// Elements of a list, fields of an object, characters of a text.
pub(super) fn len(call: &Call<'_>) -> Answer {
    let length = match call.argument(0)? {
        Value::Array(items) => items.len(),
        Value::Object(map) => map.len(),
        Value::String(text) => text.chars().count(),
        Value::Null | Value::Bool(_) | Value::Number(_) => return Err(call.fault("works on a list, an object or text")),
    };
    Ok(length.into())
}

/// `{{contains in what}}`: part of a text, element of a list, or field of an object.
pub(super) fn contains(call: &Call<'_>) -> Answer {
    let what = call.argument(1)?;
    let found = match call.argument(0)? {
        Value::String(text) => what.as_str().is_some_and(|what| text.contains(what)),
        Value::Array(items) => items.contains(what),
        Value::Object(map) => what.as_str().is_some_and(|what| map.contains_key(what)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    };
    Ok(found.into())
}

/// `{{join list ", "}}`.
pub(super) fn join(call: &Call<'_>) -> Answer {
    let Value::Array(items) = call.argument(0)? else { return Err(call.fault("works on a list")) };
    let separator = if call.helper.param(1).is_some() { call.text(1)? } else { ", ".to_owned() };
    let parts: Vec<String> =
        items.iter().map(|item| as_text(item).unwrap_or_else(|| canonical::to_string(item))).collect();
    Ok(parts.join(&separator).into())
}

/// JSON, keys in order; `pretty=true` over several lines.
pub(super) fn json(call: &Call<'_>) -> Answer {
    let value = call.argument(0)?;
    let text = match call.named("pretty") {
        Some(Value::Bool(true)) => {
            serde_json::to_string_pretty(&lookup::sorted(value)).map_err(|error| call.fault(error))?
        }
        _ => canonical::to_string(value),
    };
    Ok(text.into())
}

/// A YAML scalar that reads back as the same value wherever it stands: text in double quotes, anything else as JSON.
pub(super) fn yaml(call: &Call<'_>) -> Answer {
    let Value::String(text) = call.argument(0)? else { return json(call) };
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    Ok(quoted.into())
}
