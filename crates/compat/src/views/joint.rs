//! Properties that several schemas of one place declare together.
//!
//! `allOf: [base]` with `payload` in the base and `payload` again beside it: closed one by one, each refuses what the
//! other declares, and nothing can be written. So they are closed together: the places where this happens are marked,
//! and a schema that joins the declarations is put under `$defs` for each.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::plan::{is_plain_reference, target};
use crate::dialect::{
    pointer,
    positions::{self, Role, Shape},
};

/// The mark: names and the schemas that join their declarations, or `true` where they depend on the value, so that the
/// name stays open. No keyword of a schema begins so.
pub(super) const MARK: &str = "\u{0}joint";
/// Most schemas of one place that are looked at, and most joined declarations; beyond, names are closed one by one.
const MOST: usize = 256;

/// The schema with its marks; nothing when no place needs one.
pub(super) fn marked(root: &Value) -> Option<Value> {
    let mut joints = Joints { doc: root.clone(), named: BTreeMap::new(), open: places(root) };
    let mut marks = Vec::new();
    while let Some(place) = joints.open.pop() {
        let names = joints.shared(&place);
        if !names.is_empty() {
            marks.push((place, names));
        }
    }
    if marks.is_empty() {
        return None;
    }
    for (place, names) in marks {
        if let Some(map) = joints.doc.pointer_mut(&place).and_then(Value::as_object_mut) {
            map.insert(MARK.to_owned(), Value::Object(names));
        }
    }
    Some(joints.doc)
}

struct Joints {
    doc: Value,
    /// Joined declarations, by their pointers, and the pointer of the schema that joins them.
    named: BTreeMap<BTreeSet<String>, String>,
    open: Vec<String>,
}

/// One of the schemas of a place.
struct Part {
    pointer: String,
    /// It holds whatever the value is.
    always: bool,
}

impl Joints {
    /// Names that more than one schema of this place would close.
    fn shared(&mut self, place: &str) -> Map<String, Value> {
        let mut declared: BTreeMap<String, Vec<Part>> = BTreeMap::new();
        let plain = self.doc.pointer(place).and_then(Value::as_object).is_none_or(is_plain_reference);
        for part in if plain { Vec::new() } else { parts(&self.doc, place) } {
            let properties = self.doc.pointer(&part.pointer).and_then(|schema| schema.get("properties")?.as_object());
            for name in properties.into_iter().flat_map(Map::keys) {
                let pointer = format!("{}/properties/{}", part.pointer, pointer::escaped(name));
                declared.entry(name.clone()).or_default().push(Part { pointer, always: part.always });
            }
        }
        let mut names = Map::new();
        for (name, mut declarations) in declared {
            if declarations.len() > 1 {
                declarations.retain(|one| would_close(&self.doc, &one.pointer));
            }
            if declarations.len() < 2 || !declarations.iter().any(|one| one.always) {
                continue;
            }
            let joined = if declarations.iter().all(|one| one.always) {
                self.join(declarations.into_iter().map(|one| one.pointer).collect())
            } else {
                Some(Value::Bool(true))
            };
            names.extend(joined.map(|joined| (name, joined)));
        }
        names
    }

    /// A reference to the schema that joins these.
    fn join(&mut self, declarations: BTreeSet<String>) -> Option<Value> {
        if let Some(known) = self.named.get(&declarations) {
            return Some(refer(known));
        }
        if self.named.len() == MOST {
            return None;
        }
        let all: Vec<Value> = declarations.iter().map(|at| refer(at)).collect();
        let defs = self.doc.as_object_mut()?.entry("$defs").or_insert_with(|| Value::Object(Map::new()));
        let name = format!("J:{}", self.named.len());
        if defs.get(&name).is_some() {
            return None;
        }
        let joint = Value::Object([("allOf".to_owned(), Value::Array(all))].into_iter().collect());
        defs.as_object_mut()?.insert(name.clone(), joint);
        let pointer = format!("/$defs/{name}");
        self.named.insert(declarations, pointer.clone());
        self.open.push(pointer.clone());
        Some(refer(&pointer))
    }
}

fn refer(pointer: &str) -> Value {
    Value::Object([("$ref".to_owned(), Value::String(pointer::reference(pointer)))].into_iter().collect())
}

/// Whether the write view closes the schema here, as the outermost of its place.
fn would_close(doc: &Value, pointer: &str) -> bool {
    let mut outermost = (pointer.to_owned(), doc.pointer(pointer));
    for _ in 0..64 {
        let Some(map) = outermost.1.and_then(Value::as_object) else { return false };
        if !is_plain_reference(map) {
            let open = ["additionalProperties", "unevaluatedProperties"].iter().all(|key| !map.contains_key(*key));
            let declares = |part: &Part| {
                let properties = doc.pointer(&part.pointer).and_then(|schema| schema.get("properties")?.as_object());
                properties.is_some_and(|properties| !properties.is_empty())
            };
            return open && parts(doc, &outermost.0).iter().any(declares);
        }
        let found = map.get("$ref").and_then(Value::as_str).and_then(|at| target(doc, at));
        let Some((at, found)) = found else { return false };
        outermost = (at, Some(found));
    }
    false
}

/// The schemas of a place, each once; those that always hold first.
fn parts(doc: &Value, place: &str) -> Vec<Part> {
    let mut open = VecDeque::from([Part { pointer: place.to_owned(), always: true }]);
    let (mut known, mut found) = (BTreeSet::new(), Vec::new());
    while let Some(part) = open.pop_front() {
        if found.len() == MOST || !known.insert(part.pointer.clone()) {
            continue;
        }
        let Some(map) = doc.pointer(&part.pointer).and_then(Value::as_object) else { continue };
        let reference = map.get("$ref").and_then(Value::as_str).and_then(|at| target(doc, at));
        let mut add = |pointer: String, always: bool| {
            let below = Part { pointer, always: part.always && always };
            if below.always { open.push_front(below) } else { open.push_back(below) }
        };
        if let Some((pointer, _)) = reference {
            add(pointer, true);
        }
        for keyword in map.keys() {
            let Some((shape, Role::InPlace | Role::OneOf)) = positions::of(keyword) else { continue };
            for step in steps(shape, &map[keyword]) {
                add(format!("{}/{keyword}{step}", part.pointer), keyword == "allOf");
            }
        }
        found.push(part);
    }
    found
}

/// The steps from a keyword to its schemas.
fn steps(shape: Shape, value: &Value) -> Vec<String> {
    match (shape, value) {
        (Shape::One, _) => vec![String::new()],
        (Shape::List, Value::Array(items)) => (0..items.len()).map(|at| format!("/{at}")).collect(),
        (Shape::Map, Value::Object(items)) => items.keys().map(|name| format!("/{}", pointer::escaped(name))).collect(),
        (Shape::List | Shape::Map, _) => Vec::new(),
    }
}

/// Pointers of all schemas.
fn places(root: &Value) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut next = 0;
    while let Some(place) = all.get(next).cloned() {
        next += 1;
        let Some(map) = root.pointer(&place).and_then(Value::as_object) else { continue };
        for (keyword, value) in map {
            if let Some((shape, _)) = positions::of(keyword) {
                all.extend(steps(shape, value).into_iter().map(|step| format!("{place}/{keyword}{step}")));
            }
        }
    }
    all
}
