//! Canonical JSON: the one byte form of a value, so that equal values have equal digests.

use serde::Serialize;
use serde_json::Value;

/// The canonical form: object keys sorted by code point, no white space, numbers as `serde_json` prints them.
///
/// `serde_json`'s own map order depends on a feature that any dependency may switch on, so keys are sorted here.
pub fn to_string(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).expect("our own types serialise: string keys, no failing impls");
    let mut out = String::new();
    write(&value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            out.push('{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(&map[key], out);
            }
            out.push('}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => out.push_str(&value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value = json!({"b": [{"z": 1, "a": "é\n"}], "a": null});
        assert_eq!(super::to_string(&value), r#"{"a":null,"b":[{"a":"é\n","z":1}]}"#);
    }
}
