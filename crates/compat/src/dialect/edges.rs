//! From a schema to those that it leads to.

use serde_json::Value;

use super::{
    at, pointer,
    positions::{self, Role, Shape},
};

/// A place of a schema with what it leads to.
pub(super) struct Edge<'a> {
    pub(super) pointer: String,
    pub(super) schema: &'a Value,
    /// Whether it is applied to the same value.
    pub(super) in_place: bool,
}

/// Everything that a schema leads to: what stands below it, and what it refers to. Definitions wait for a reference.
pub(super) fn edges<'a>(root: &'a Value, at_pointer: &str, schema: &'a Value) -> Vec<Edge<'a>> {
    let Some(map) = schema.as_object() else { return Vec::new() };
    let mut all = Vec::new();
    if let Some(to) = map.get("$ref").and_then(Value::as_str)
        && let Some(target) = at(root, to)
    {
        all.push(Edge { pointer: to.trim_start_matches('#').to_owned(), schema: target, in_place: true });
    }
    for (keyword, value) in map {
        let Some((shape, role)) = positions::of(keyword) else { continue };
        let in_place = match role {
            Role::InPlace | Role::OneOf => true,
            Role::Negative => matches!(keyword.as_str(), "not" | "if"),
            Role::Below => false,
            Role::Definitions => continue,
        };
        let mut add = |token: Option<String>, schema: &'a Value| {
            let below = token.map_or_else(String::new, |token| format!("/{token}"));
            all.push(Edge { pointer: format!("{at_pointer}/{keyword}{below}"), schema, in_place });
        };
        match (shape, value) {
            (Shape::One, _) => add(None, value),
            (Shape::List, Value::Array(items)) => {
                items.iter().enumerate().for_each(|(index, item)| add(Some(index.to_string()), item));
            }
            (Shape::Map, Value::Object(items)) => {
                items.iter().for_each(|(name, item)| add(Some(pointer::escaped(name)), item));
            }
            (Shape::List | Shape::Map, _) => {}
        }
    }
    all
}
