//! The two views of one schema: what producers may write, what consumers accept.
//!
//! Both work on the lowered form, and `W(S) ⊆ S ⊆ R(S)` holds for every schema: a view changes only what stands in a
//! positive position, and each change there makes the schema narrower (W) or wider (R). What stands in a negative one
//! (`not`, `if`, `contains`, `propertyNames`) stays, also when it is reached by reference: the targets of references are
//! copied into `$defs` once per way of viewing them, under the letter of the view and the pointer of the original.

mod plan;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use self::plan::Plan;
use crate::dialect::{
    pointer,
    positions::{self, Role, Shape},
};

/// W(S): objects that declare properties are closed. A subset of S.
pub fn write(schema: &Value) -> Value {
    Views::build(schema, View::Closed)
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
    waiting: Vec<(String, &'a Value, View)>,
}

impl<'a> Views<'a> {
    fn build(root: &'a Value, view: View) -> Value {
        let mut views = Self { root, plan: Plan::of(root, view), named: BTreeSet::new(), waiting: Vec::new() };
        if !views.plan.changes(root, view) {
            return root.clone();
        }
        let mut out = views.schema(root, view);
        let mut copies = Map::new();
        while let Some((name, target, view)) = views.waiting.pop() {
            let copy = views.schema(target, view);
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

    fn schema(&mut self, schema: &'a Value, view: View) -> Value {
        let view = self.effective(schema, view);
        let Some(map) = schema.as_object() else { return schema.clone() };
        let (mut out, mut more) = (Map::new(), Vec::new());
        for (keyword, value) in map {
            match (keyword.as_str(), positions::of(keyword)) {
                (_, Some((_, Role::Definitions))) => {}
                ("$ref", _) => drop(out.insert(keyword.clone(), self.reference(value, view.through_reference(map)))),
                ("additionalProperties" | "unevaluatedProperties", _)
                    if view.is_open() && *value == Value::Bool(false) => {}
                ("required", _) if view == View::Tolerant => {
                    if let Some(required) = self.still_required(map, value) {
                        out.insert(keyword.clone(), required);
                    }
                }
                ("oneOf", Some((shape, role))) => {
                    self.one_of(value, shape, view.under(role, map, keyword), &mut out, &mut more);
                }
                (_, Some((shape, role))) => {
                    let viewed = self.under(shape, value, view.under(role, map, keyword));
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

    fn under(&mut self, shape: Shape, value: &'a Value, view: View) -> Value {
        match (shape, value) {
            (Shape::One, _) => self.schema(value, view),
            (Shape::List, Value::Array(items)) => {
                Value::Array(items.iter().map(|item| self.schema(item, view)).collect())
            }
            (Shape::Map, Value::Object(items)) => {
                Value::Object(items.iter().map(|(name, item)| (name.clone(), self.schema(item, view))).collect())
            }
            (Shape::List | Shape::Map, other) => other.clone(),
        }
    }

    /// A narrower branch can make `oneOf` wider: a value of two branches may come to be of one. So when branches are
    /// narrowed, `oneOf` stays and `anyOf` of the narrowed branches joins it. A wider view needs only one branch.
    fn one_of(
        &mut self,
        value: &'a Value,
        shape: Shape,
        view: View,
        out: &mut Map<String, Value>,
        more: &mut Vec<Value>,
    ) {
        if !view.is_open() {
            out.insert("oneOf".to_owned(), self.under(shape, value, View::Original));
        }
        let narrowed = value.as_array().is_some_and(|all| all.iter().any(|branch| self.plan.changes(branch, view)));
        if view.is_open() || narrowed {
            let any = ("anyOf".to_owned(), self.under(shape, value, view));
            more.push(Value::Object([any].into_iter().collect()));
        }
    }

    fn still_required(&self, map: &Map<String, Value>, required: &Value) -> Option<Value> {
        let Value::Array(names) = required else { return Some(required.clone()) };
        let still: Vec<Value> = names.iter().filter(|name| !self.plan.stands_in(map, name)).cloned().collect();
        (!still.is_empty() || names.is_empty()).then_some(Value::Array(still))
    }

    /// A reference to the copy of the target that is viewed so.
    fn reference(&mut self, reference: &Value, view: View) -> Value {
        let found = reference.as_str().and_then(|at| plan::target(self.root, at));
        let Some((at, target)) = found else { return reference.clone() };
        let view = self.effective(target, view);
        let name = format!("{}:{at}", view.letter());
        let reference = pointer::reference(&format!("/$defs/{}", pointer::escaped(&name)));
        if self.named.insert(name.clone()) {
            self.waiting.push((name, target, view));
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
