//! The two views of one schema: what producers may write, what consumers accept.
//!
//! Both work on the lowered form, and `W(S) ⊆ S ⊆ R(S)` holds for every schema: a view changes only what stands in a
//! positive position, and each change there makes the schema narrower (W) or wider (R). What stands in a negative one
//! (`not`, `if`, `contains`, `propertyNames`) stays, also when it is reached by reference: the targets of references are
//! copied into `$defs` once per way of viewing them, under the letter of the view and the pointer of the original.

mod joint;
mod plan;

use std::{collections::BTreeSet, rc::Rc};

use serde_json::{Map, Value};

use self::{joint::MARK, plan::Plan};
use crate::dialect::{
    pointer,
    positions::{self, Role, Shape},
};

/// W(S): objects that declare properties are closed. A subset of S.
pub fn write(schema: &Value) -> Value {
    match joint::marked(schema) {
        Some(marked) => Views::build(&marked, View::Closed),
        None => Views::build(schema, View::Closed),
    }
}

/// R(S): open, tolerant, defaults stand in. A superset of S.
pub fn read(schema: &Value) -> Value {
    Views::build(schema, View::Tolerant)
}

/// How a schema is viewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum View {
    /// As it is.
    Original,
    /// Closed, and all below: the outermost schema of a place in the instance.
    Closed,
    /// All below closed, itself not: another schema of the same place is the outermost.
    Inside,
    /// Open, and all below; a default stands in for a required property.
    Tolerant,
    /// Open, and all below; what is required stays so. Whether this schema is the one that applies depends on the
    /// value, so that who reads cannot know whose defaults to fill in.
    Loose,
}

impl View {
    fn letter(self) -> char {
        match self {
            Self::Original => 'O',
            Self::Closed => 'W',
            Self::Inside => 'P',
            Self::Tolerant => 'R',
            Self::Loose => 'L',
        }
    }

    /// How the schemas under a keyword of this schema are viewed.
    fn under(self, role: Role, map: &Map<String, Value>, keyword: &str) -> Self {
        match (self, role) {
            (Self::Original, _) | (_, Role::Negative | Role::Definitions) => Self::Original,
            (Self::Tolerant, _) if !is_filled(map, keyword) => Self::Loose,
            (Self::Tolerant | Self::Loose, _) => self,
            (Self::Closed | Self::Inside, Role::Below) => Self::Closed,
            (Self::Closed | Self::Inside, Role::InPlace | Role::OneOf) => Self::Inside,
        }
    }

    fn is_open(self) -> bool {
        matches!(self, Self::Tolerant | Self::Loose)
    }

    /// How the target of this schema's reference is viewed.
    fn through_reference(self, map: &Map<String, Value>) -> Self {
        match self {
            Self::Closed if !plan::is_plain_reference(map) => Self::Inside,
            same => same,
        }
    }
}

/// Whether the schemas under this keyword apply whatever the value is, beyond the names it has: there, and only there,
/// who reads fills in the defaults.
pub fn is_filled(map: &Map<String, Value>, keyword: &str) -> bool {
    match keyword {
        "allOf" | "dependentSchemas" | "properties" | "items" | "prefixItems" => true,
        "additionalProperties" => !map.contains_key("patternProperties"),
        _ => false,
    }
}

struct Views<'a> {
    root: &'a Value,
    plan: Plan<'a>,
    /// Names of the copies, given before they are made: a target may refer to itself.
    named: BTreeSet<String>,
    waiting: Vec<(String, &'a Value, Seen)>,
}

/// How a schema is viewed, and which properties are left as they are because the outermost schema of the place closes
/// their declarations together.
#[derive(Debug, Clone)]
struct Seen {
    view: View,
    joint: Rc<BTreeSet<String>>,
}

impl Seen {
    fn of(view: View) -> Self {
        Self { view, joint: Rc::default() }
    }

    /// The same place, viewed so.
    fn at(&self, view: View) -> Self {
        if view == View::Inside { Self { view, joint: Rc::clone(&self.joint) } } else { Self::of(view) }
    }
}

impl<'a> Views<'a> {
    fn build(root: &'a Value, view: View) -> Value {
        let mut views = Self { root, plan: Plan::of(root, view), named: BTreeSet::new(), waiting: Vec::new() };
        if !views.plan.changes(root, view) {
            return root.clone();
        }
        let mut out = views.schema(root, &Seen::of(view));
        let mut copies = Map::new();
        while let Some((name, target, seen)) = views.waiting.pop() {
            let copy = views.schema(target, &seen);
            copies.insert(name, copy);
        }
        if let Some(map) = out.as_object_mut().filter(|_| !copies.is_empty()) {
            map.insert("$defs".to_owned(), Value::Object(copies));
        }
        out
    }

    /// The view, or the original where nothing below would differ.
    fn effective(&self, schema: &Value, view: View) -> View {
        if self.plan.changes(schema, view) { view } else { View::Original }
    }

    fn schema(&mut self, schema: &'a Value, seen: &Seen) -> Value {
        let Some(map) = schema.as_object() else { return schema.clone() };
        let mut seen = seen.at(self.effective(schema, seen.view));
        if seen.view == View::Closed {
            let names = map.get(MARK).and_then(Value::as_object).into_iter().flat_map(Map::keys);
            seen.joint = Rc::new(names.cloned().collect());
        }
        let view = seen.view;
        let (mut out, mut more) = (Map::new(), Vec::new());
        for (keyword, value) in map {
            match (keyword.as_str(), positions::of(keyword)) {
                (_, Some((_, Role::Definitions))) => {}
                (MARK, _) => more.extend(self.together(value, view)),
                ("$ref", _) => {
                    let reference = self.reference(value, &seen.at(view.through_reference(map)));
                    out.insert(keyword.clone(), reference);
                }
                ("additionalProperties" | "unevaluatedProperties", _)
                    if view.is_open() && *value == Value::Bool(false) => {}
                ("required", _) if view == View::Tolerant => {
                    if let Some(required) = self.still_required(map, value) {
                        out.insert(keyword.clone(), required);
                    }
                }
                ("oneOf", Some((shape, role))) => {
                    let branches = seen.at(view.under(role, map, keyword));
                    self.one_of(value, shape, &branches, &mut out, &mut more);
                }
                ("properties", Some(_)) if !seen.joint.is_empty() => {
                    let properties = self.properties(value, &seen.joint);
                    out.insert(keyword.clone(), properties);
                }
                (_, Some((shape, role))) => {
                    let viewed = self.under(shape, value, &seen.at(view.under(role, map, keyword)));
                    out.insert(keyword.clone(), viewed);
                }
                (_, None) => drop(out.insert(keyword.clone(), value.clone())),
            }
        }
        if view == View::Closed && self.plan.closes(schema, map) {
            out.insert("unevaluatedProperties".to_owned(), Value::Bool(false));
        }
        conjoin(map, more, &mut out);
        Value::Object(out)
    }

    fn under(&mut self, shape: Shape, value: &'a Value, seen: &Seen) -> Value {
        match (shape, value) {
            (Shape::One, _) => self.schema(value, seen),
            (Shape::List, Value::Array(items)) => {
                Value::Array(items.iter().map(|item| self.schema(item, seen)).collect())
            }
            (Shape::Map, Value::Object(items)) => {
                Value::Object(items.iter().map(|(name, item)| (name.clone(), self.schema(item, seen))).collect())
            }
            (Shape::List | Shape::Map, other) => other.clone(),
        }
    }

    /// Closed properties, but for those that are closed together.
    fn properties(&mut self, value: &'a Value, joint: &BTreeSet<String>) -> Value {
        let Value::Object(items) = value else { return value.clone() };
        let view = |name: &String| if joint.contains(name) { View::Original } else { View::Closed };
        let viewed = items.iter().map(|(name, item)| (name.clone(), self.schema(item, &Seen::of(view(name)))));
        Value::Object(viewed.collect())
    }

    /// What holds the properties that are closed together.
    fn together(&mut self, mark: &'a Value, view: View) -> Option<Value> {
        let joints = mark.as_object().filter(|_| view == View::Closed)?.iter().filter(|(_, joint)| joint.is_object());
        let closed: Map<String, Value> =
            joints.map(|(name, joint)| (name.clone(), self.schema(joint, &Seen::of(View::Closed)))).collect();
        let all = ("properties".to_owned(), Value::Object(closed));
        Some(Value::Object([all].into_iter().collect()))
    }

    /// A narrower branch can make `oneOf` wider: a value of two branches may come to be of one. So when branches are
    /// narrowed, `oneOf` stays and `anyOf` of the narrowed branches joins it. A wider view needs only one branch.
    fn one_of(
        &mut self,
        value: &'a Value,
        shape: Shape,
        seen: &Seen,
        out: &mut Map<String, Value>,
        more: &mut Vec<Value>,
    ) {
        if !seen.view.is_open() {
            out.insert("oneOf".to_owned(), self.under(shape, value, &Seen::of(View::Original)));
        }
        let changes = |branch: &Value| self.plan.changes(branch, seen.view);
        if seen.view.is_open() || value.as_array().is_some_and(|all| all.iter().any(changes)) {
            let any = ("anyOf".to_owned(), self.under(shape, value, seen));
            more.push(Value::Object([any].into_iter().collect()));
        }
    }

    fn still_required(&self, map: &Map<String, Value>, required: &Value) -> Option<Value> {
        let Value::Array(names) = required else { return Some(required.clone()) };
        let still: Vec<Value> = names.iter().filter(|name| !self.plan.stands_in(map, name)).cloned().collect();
        (!still.is_empty() || names.is_empty()).then_some(Value::Array(still))
    }

    /// A reference to the copy of the target that is viewed so.
    fn reference(&mut self, reference: &Value, seen: &Seen) -> Value {
        let found = reference.as_str().and_then(|at| plan::target(self.root, at));
        let Some((at, target)) = found else { return reference.clone() };
        let seen = seen.at(self.effective(target, seen.view));
        // Names come before the pointer, without slashes and spaces: no two copies have one name.
        let names: String =
            seen.joint.iter().map(|name| format!(" -{}", pointer::escaped(name).replace(' ', "~2"))).collect();
        let name = format!("{}{names}:{at}", seen.view.letter());
        let reference = pointer::reference(&format!("/$defs/{}", pointer::escaped(&name)));
        if self.named.insert(name.clone()) {
            self.waiting.push((name, target, seen));
        }
        Value::String(reference)
    }
}

/// Adds what has to hold besides: `anyOf` where there is none yet, else under `allOf`.
fn conjoin(map: &Map<String, Value>, more: Vec<Value>, out: &mut Map<String, Value>) {
    for schema in more {
        let any = schema.get("anyOf").filter(|_| !map.contains_key("anyOf"));
        if let Some(any) = any {
            out.insert("anyOf".to_owned(), any.clone());
        } else if let Value::Array(all) = out.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
            all.push(schema);
        }
    }
}
