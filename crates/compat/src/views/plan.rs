//! Which schemas a view changes, found before anything is rewritten.
//!
//! References make a graph with cycles, so "does anything below change" is reachability: walk forward once over pairs
//! of a schema and the way it is viewed, then backward from those that change themselves.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{View, joint::MARK};
use crate::dialect::{
    pointer,
    positions::{self, Role, Shape},
};

/// A schema, by where it lies in memory, and how it is viewed.
type Key = (usize, View);

/// What a view changes.
pub(super) struct Plan<'a> {
    root: &'a Value,
    /// Schemas that declare properties at their own place, themselves or by what holds there too.
    declares: HashSet<Key>,
    /// Schemas that change, or that have something below that does.
    changes: HashSet<Key>,
}

struct Edge {
    from: usize,
    /// Both ends are about one place in the instance.
    in_place: bool,
}

struct Node<'a> {
    schema: &'a Value,
    view: View,
    /// Who leads here.
    from: Vec<Edge>,
}

impl<'a> Plan<'a> {
    pub(super) fn of(root: &'a Value, view: View) -> Self {
        let nodes = graph(root, view);
        let mut plan = Self { root, declares: HashSet::new(), changes: HashSet::new() };
        plan.declares = reaching(&nodes, |edge| edge.in_place, |map, _| declares_here(map));
        let changes = |map: &Map<String, Value>, node: &Node<'_>| match node.view {
            View::Closed => plan.closes(node.schema, map),
            View::Tolerant => Self::opens(map) || plan.fills(map),
            View::Loose => Self::opens(map),
            View::Original | View::Inside => false,
        };
        plan.changes = reaching(&nodes, |_| true, changes);
        plan
    }

    pub(super) fn changes(&self, schema: &Value, view: View) -> bool {
        self.changes.contains(&(address(schema), view))
    }

    /// Whether this schema, the outermost of its place, is closed.
    pub(super) fn closes(&self, schema: &Value, map: &Map<String, Value>) -> bool {
        self.declares.contains(&(address(schema), View::Closed))
            && !map.contains_key("unevaluatedProperties")
            && !map.contains_key("additionalProperties")
            && !is_plain_reference(map)
    }

    fn opens(map: &Map<String, Value>) -> bool {
        ["additionalProperties", "unevaluatedProperties"].iter().any(|key| map.get(*key) == Some(&Value::Bool(false)))
            || map.contains_key("oneOf")
    }

    fn fills(&self, map: &Map<String, Value>) -> bool {
        let required = map.get("required").and_then(Value::as_array);
        required.is_some_and(|names| names.iter().any(|name| self.stands_in(map, name)))
    }

    /// Whether a default stands in for this required property.
    pub(super) fn stands_in(&self, map: &Map<String, Value>, name: &Value) -> bool {
        let property = name.as_str().and_then(|name| map.get("properties")?.get(name));
        let mut open = property.and_then(Value::as_object);
        // A chain of references ends, or comes back and has no default.
        for _ in 0..64 {
            let Some(property) = open else { return false };
            if property.contains_key("default") {
                return true;
            }
            open = property.get("$ref").and_then(Value::as_str).and_then(|at| target(self.root, at)?.1.as_object());
        }
        false
    }
}

/// Whether the schema is a reference and what else it says is not about properties, so that closing the target closes it.
pub(super) fn is_plain_reference(map: &Map<String, Value>) -> bool {
    let about_place = |keyword: &str| {
        matches!(positions::of(keyword), Some((_, Role::InPlace | Role::OneOf)))
            || matches!(
                keyword,
                "if" | "properties" | "patternProperties" | "additionalProperties" | "unevaluatedProperties"
            )
    };
    map.contains_key("$ref") && !map.keys().any(|keyword| about_place(keyword))
}

/// The pointer of a lowered reference and what is there.
pub(super) fn target<'a>(root: &'a Value, reference: &str) -> Option<(String, &'a Value)> {
    let pointer = pointer::decoded(reference.strip_prefix('#')?)?;
    let found = root.pointer(&pointer)?;
    Some((pointer, found))
}

fn address(schema: &Value) -> usize {
    std::ptr::from_ref(schema).addr()
}

fn declares_here(map: &Map<String, Value>) -> bool {
    map.get("properties").and_then(Value::as_object).is_some_and(|properties| !properties.is_empty())
}

/// All pairs that the view of the root leads to.
fn graph(root: &Value, view: View) -> Vec<Node<'_>> {
    let mut nodes = vec![Node { schema: root, view, from: Vec::new() }];
    let mut known: HashMap<Key, usize> = HashMap::from([((address(root), view), 0)]);
    let mut next = 0;
    while let Some(Node { schema, view, .. }) = nodes.get(next) {
        for (child, viewed, in_place) in children(root, schema, *view) {
            let at = *known.entry((address(child), viewed)).or_insert(nodes.len());
            if at == nodes.len() {
                nodes.push(Node { schema: child, view: viewed, from: Vec::new() });
            }
            nodes[at].from.push(Edge { from: next, in_place });
        }
        next += 1;
    }
    nodes
}

/// Schemas right below, how each is viewed, and whether it is about the same place in the instance. What a view never
/// changes is left out.
fn children<'a>(root: &'a Value, schema: &'a Value, view: View) -> Vec<(&'a Value, View, bool)> {
    let mut all = Vec::new();
    let Some(map) = schema.as_object() else { return all };
    for (keyword, value) in map {
        if keyword == "$ref" {
            let found = value.as_str().and_then(|at| target(root, at));
            all.extend(found.map(|(_, found)| (found, view.through_reference(map), true)));
            continue;
        }
        if keyword == MARK && view == View::Closed {
            all.extend(value.as_object().into_iter().flat_map(Map::values).map(|joint| (joint, View::Closed, false)));
        }
        let Some((shape, role)) = positions::of(keyword) else { continue };
        let viewed = view.under(role, map, keyword);
        if role == Role::Definitions || viewed == View::Original {
            continue;
        }
        let in_place = matches!(role, Role::InPlace | Role::OneOf);
        match (shape, value) {
            (Shape::One, _) => all.push((value, viewed, in_place)),
            (Shape::List, Value::Array(items)) => all.extend(items.iter().map(|item| (item, viewed, in_place))),
            (Shape::Map, Value::Object(items)) => all.extend(items.values().map(|item| (item, viewed, in_place))),
            (Shape::List | Shape::Map, _) => {}
        }
    }
    all
}

/// The nodes from which one that `holds` is reached over edges that are `followed`.
fn reaching<'a>(
    nodes: &[Node<'a>],
    followed: impl Fn(&Edge) -> bool,
    holds: impl Fn(&Map<String, Value>, &Node<'a>) -> bool,
) -> HashSet<Key> {
    let seed = |node: &Node<'a>| node.schema.as_object().is_some_and(|map| holds(map, node));
    let mut open: Vec<usize> = (0..nodes.len()).filter(|at| seed(&nodes[*at])).collect();
    let mut found = HashSet::new();
    while let Some(at) = open.pop() {
        let node = &nodes[at];
        if found.insert((address(node.schema), node.view)) {
            open.extend(node.from.iter().filter(|edge| followed(edge)).map(|edge| edge.from));
        }
    }
    found
}
