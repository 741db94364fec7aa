//! References that come back to where they began without going down in the instance. What such a schema accepts is not
//! defined: a validator may loop, refuse the schema or cut the circle, so nothing can be proven of it.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::edges::edges;

/// The pointer of a schema that comes back to itself, among those that can be reached from the root.
pub fn circular(root: &Value) -> Option<String> {
    let mut reached = HashSet::new();
    let mut open = vec![(String::new(), root)];
    let mut state = HashMap::new();
    while let Some((pointer, schema)) = open.pop() {
        if !reached.insert(address(schema)) {
            continue;
        }
        if let Some(circle) = comes_back(root, &pointer, schema, &mut state) {
            return Some(circle);
        }
        open.extend(edges(root, &pointer, schema).into_iter().map(|edge| (edge.pointer, edge.schema)));
    }
    None
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// On the way that is being followed.
    Open,
    /// Leads to no circle.
    Done,
}

/// Follows what is applied to the same value, one branch after the other.
fn comes_back<'a>(
    root: &'a Value,
    pointer: &str,
    schema: &'a Value,
    state: &mut HashMap<usize, State>,
) -> Option<String> {
    let mut way = vec![(pointer.to_owned(), schema, false)];
    while let Some((pointer, schema, is_done)) = way.pop() {
        let key = address(schema);
        if is_done {
            state.insert(key, State::Done);
            continue;
        }
        match state.get(&key) {
            Some(State::Done) => continue,
            Some(State::Open) => return Some(pointer),
            None => state.insert(key, State::Open),
        };
        let next = edges(root, &pointer, schema).into_iter().filter(|edge| edge.in_place);
        way.push((pointer.clone(), schema, true));
        way.extend(next.map(|edge| (edge.pointer, edge.schema, false)));
    }
    None
}

fn address(schema: &Value) -> usize {
    std::ptr::from_ref(schema).addr()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::circular;

    #[test]
    fn a_circle_is_one_that_goes_down_nowhere() {
        let defs = |a: serde_json::Value, b: serde_json::Value| json!({"$ref": "#/$defs/a", "$defs": {"a": a, "b": b}});
        for (schema, place) in [
            (json!({"$ref": "#"}), Some("")),
            (json!({"if": {"$ref": "#"}}), Some("")),
            (json!({"not": {"$ref": "#"}}), Some("")),
            (json!({"dependentSchemas": {"x": {"anyOf": [true, {"$ref": "#"}]}}}), Some("")),
            (json!({"properties": {"a": {"oneOf": [{"$ref": "#/properties/a"}]}}}), Some("/properties/a")),
            (defs(json!({"$ref": "#/$defs/b"}), json!({"allOf": [{"$ref": "#/$defs/a"}]})), Some("/$defs/a")),
            (defs(json!({"properties": {"x": {"$ref": "#/$defs/a"}}}), json!({"$ref": "#/$defs/b"})), None),
            (json!({"items": {"$ref": "#"}, "contains": {"$ref": "#"}, "propertyNames": {"$ref": "#"}}), None),
            (json!({"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}], "$defs": {"a": {"type": "null"}}}), None),
            (json!({"enum": [{"$ref": "#"}], "const": {"$ref": "#"}}), None),
            (json!({"$ref": "#/nowhere"}), None),
            (json!(true), None),
        ] {
            assert_eq!(circular(&schema).as_deref(), place, "{schema}");
        }
    }

    #[test]
    fn a_long_way_is_followed_without_a_stack() {
        let count = 20_000;
        let mut defs = serde_json::Map::new();
        for at in 0..count {
            defs.insert(format!("d{at}"), json!({"$ref": format!("#/$defs/d{}", (at + 1) % count)}));
        }
        assert_eq!(circular(&json!({"$ref": "#/$defs/d0", "$defs": defs})).as_deref(), Some("/$defs/d0"));
    }
}
