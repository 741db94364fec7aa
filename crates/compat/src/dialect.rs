//! One dialect for the engine: older ones are lowered to 2020-12.
//!
//! The lowered form has no `$schema`, `$id` or anchors. Its only references are `$ref`s with a JSON pointer to a place
//! where a schema stands, so that who reads it needs one kind of reference and no table of names. One document has one
//! dynamic scope, so `$dynamicRef` and `$recursiveRef` are plain references in it.

mod circular;
mod draft;
mod edges;
pub(crate) mod pointer;
pub(crate) mod positions;
mod survey;
mod work;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use self::{circular::circular, work::unfolded};
use self::{draft::Draft, positions::Shape, survey::Survey};

/// Deepest nesting of schemas. Callers bound the depth of the whole text; this is for those who forget.
const MAX_DEPTH: usize = 100;

/// The schema in 2020-12, without `$schema`. The error says what cannot be read.
pub fn lower(schema: &Value) -> Result<Value, String> {
    let survey = Survey::of(schema)?;
    let mut lowering = Lowering { root: schema, survey, hoisted: BTreeMap::new(), waiting: Vec::new() };
    let mut lowered = lowering.schema(schema, 0)?;
    while let Some((key, target)) = lowering.waiting.pop() {
        let hoisted = lowering.schema(target, 0)?;
        let Some(root) = lowered.as_object_mut() else { break };
        match root.entry("$defs").or_insert_with(|| Value::Object(Map::new())) {
            Value::Object(defs) => drop(defs.insert(key, hoisted)),
            _ => return Err("`$defs` is not an object".to_owned()),
        }
    }
    Ok(lowered)
}

/// What a reference of a lowered schema points to.
pub fn at<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(&pointer::decoded(reference.strip_prefix('#')?)?)
}

struct Lowering<'a> {
    root: &'a Value,
    survey: Survey,
    /// Targets that stand where no schema stands in 2020-12, by their pointer, and their name in `$defs`.
    hoisted: BTreeMap<String, String>,
    waiting: Vec<(String, &'a Value)>,
}

impl<'a> Lowering<'a> {
    fn draft(&self) -> Draft {
        self.survey.draft
    }

    fn schema(&mut self, schema: &Value, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err(format!("the schema is nested more than {MAX_DEPTH} levels deep"));
        }
        let map = match schema {
            Value::Bool(_) => return Ok(schema.clone()),
            Value::Object(map) => map,
            other => return Err(format!("`{}` stands where a schema should", shortened(other))),
        };
        let (mut out, mut references) = (Map::new(), Vec::new());
        for (keyword, value) in map {
            if self.draft().ignores(keyword) || self.draft().silenced_by_reference(map, keyword) {
                continue;
            }
            match keyword.as_str() {
                "$schema" => self.same_dialect(value)?,
                "$anchor" | "$dynamicAnchor" | "$recursiveAnchor" | "$vocabulary" | "contentSchema" => {}
                name if name == self.draft().id_keyword() => {}
                // A sentence where 2020-12 wants yes or no, and the like: annotations that say nothing of values.
                "deprecated" | "readOnly" | "writeOnly" if !value.is_boolean() => {}
                "title" | "description" | "$comment" if !value.is_string() => {}
                "examples" if !value.is_array() => {}
                "$ref" | "$dynamicRef" | "$recursiveRef" => {
                    let text = value.as_str().ok_or_else(|| format!("`{keyword}` is not text"))?;
                    references.push(self.reference(text)?);
                }
                "items" if value.is_array() && self.draft().has_item_lists() => {
                    if map.contains_key("prefixItems") {
                        return Err("`items` is a list and `prefixItems` stands beside it".to_owned());
                    }
                    // 2020-12 has no empty list of positions.
                    if value.as_array().is_some_and(|items| !items.is_empty()) {
                        out.insert("prefixItems".to_owned(), self.under(Shape::List, value, depth)?);
                    }
                }
                "additionalItems" => {
                    if map.get("items").is_some_and(Value::is_array) {
                        out.insert("items".to_owned(), self.schema(value, depth + 1)?);
                    }
                }
                "dependencies" => self.dependencies(map, value, depth, &mut out)?,
                "minimum" | "maximum" => lower_bound(map, keyword, value, &mut out),
                "exclusiveMinimum" | "exclusiveMaximum" if value.is_boolean() => {}
                _ => {
                    let lowered = match positions::of(keyword) {
                        Some((shape, _)) => self.under(shape, value, depth)?,
                        None => value.clone(),
                    };
                    out.insert(keyword.clone(), lowered);
                }
            }
        }
        refer(&mut out, references);
        Ok(Value::Object(out))
    }

    /// What is of the wrong shape stays as it is: the validator's own check of the schema says so.
    fn under(&mut self, shape: Shape, value: &Value, depth: usize) -> Result<Value, String> {
        Ok(match (shape, value) {
            (Shape::One, _) => self.schema(value, depth + 1)?,
            (Shape::List, Value::Array(items)) => {
                Value::Array(items.iter().map(|item| self.schema(item, depth + 1)).collect::<Result<_, _>>()?)
            }
            (Shape::Map, Value::Object(items)) => {
                let mut out = Map::new();
                for (name, item) in items {
                    out.insert(name.clone(), self.schema(item, depth + 1)?);
                }
                Value::Object(out)
            }
            (Shape::List | Shape::Map, other) => other.clone(),
        })
    }

    fn same_dialect(&self, value: &Value) -> Result<(), String> {
        let named = value.as_str().ok_or("`$schema` is not text")?;
        if Draft::named(named)? == self.draft() {
            return Ok(());
        }
        Err(format!("a part of the schema is in another dialect, `{named}`"))
    }

    fn dependencies(
        &mut self,
        map: &Map<String, Value>,
        value: &Value,
        depth: usize,
        out: &mut Map<String, Value>,
    ) -> Result<(), String> {
        if ["dependentRequired", "dependentSchemas"]
            .iter()
            .any(|key| map.contains_key(*key) && !self.draft().ignores(key))
        {
            return Err("`dependencies` stands beside `dependentRequired` or `dependentSchemas`".to_owned());
        }
        let entries = value.as_object().ok_or("`dependencies` is not an object")?;
        let (mut names, mut schemas) = (Map::new(), Map::new());
        for (name, item) in entries {
            match item {
                Value::Array(_) => drop(names.insert(name.clone(), item.clone())),
                // Some schemas of draft-04 name one field as text.
                Value::String(_) => drop(names.insert(name.clone(), Value::Array(vec![item.clone()]))),
                _ => drop(schemas.insert(name.clone(), self.schema(item, depth + 1)?)),
            }
        }
        if !schemas.is_empty() && self.looks_at_the_rest() {
            let what = "has no agreed meaning in a schema with `unevaluatedProperties`; write `dependentSchemas`";
            return Err(format!("`dependencies` with a schema {what}"));
        }
        for (keyword, entries) in [("dependentRequired", names), ("dependentSchemas", schemas)] {
            if !entries.is_empty() {
                out.insert(keyword.to_owned(), Value::Object(entries));
            }
        }
        Ok(())
    }

    /// Whether some schema of the document says what becomes of members that no other has looked at.
    fn looks_at_the_rest(&self) -> bool {
        let keyword = "unevaluatedProperties";
        !self.draft().ignores(keyword) && self.root.to_string().contains(&format!("\"{keyword}\":"))
    }

    /// The reference in its lowered form.
    fn reference(&mut self, text: &str) -> Result<String, String> {
        let (base, fragment) = text.split_once('#').unwrap_or((text, ""));
        if !base.is_empty() && self.survey.base.as_deref() != Some(base) {
            return Err(format!("reference `{text}` leads out of the schema; only `#…` is followed"));
        }
        let fragment = pointer::decoded(fragment).ok_or_else(|| format!("reference `{text}` is not UTF-8"))?;
        if fragment.is_empty() || fragment.starts_with('/') {
            return self.located(&fragment);
        }
        match self.survey.anchors.get(&fragment) {
            Some(target) => self.located(&target.clone()),
            None => Err(format!("reference `{text}` names an anchor that is not there")),
        }
    }

    /// A reference to where the target of this pointer stands in the lowered form.
    fn located(&mut self, target: &str) -> Result<String, String> {
        if let Some(moved) = self.moved(target) {
            return Ok(pointer::reference(&moved));
        }
        let found = self.root.pointer(target).filter(|found| found.is_object() || found.is_boolean());
        let found = found.ok_or_else(|| format!("reference `#{target}` leads to no schema"))?;
        if !self.hoisted.contains_key(target) {
            let taken = |key: &str| self.root.get("$defs").is_some_and(|defs| defs.get(key).is_some());
            let mut key = format!("#{target}");
            while taken(&key) {
                key.push('\'');
            }
            self.hoisted.insert(target.to_owned(), key.clone());
            self.waiting.push((key, found));
        }
        Ok(pointer::reference(&format!("/$defs/{}", pointer::escaped(&self.hoisted[target]))))
    }

    /// The pointer in the lowered form, if its target stands at schema positions that are kept.
    fn moved(&self, target: &str) -> Option<String> {
        let (mut node, mut out) = (self.root, String::new());
        let mut steps = target.split('/').skip(1);
        while let Some(step) = steps.next() {
            let (map, keyword) = (node.as_object()?, pointer::unescaped(step));
            if self.draft().ignores(&keyword) || self.draft().silenced_by_reference(map, &keyword) {
                return None;
            }
            let value = map.get(&keyword)?;
            let lists = self.draft().has_item_lists();
            let (name, shape) = match keyword.as_str() {
                "items" if value.is_array() && lists => ("prefixItems", Shape::List),
                "additionalItems" if map.get("items").is_some_and(Value::is_array) => ("items", Shape::One),
                "dependencies" => ("dependentSchemas", Shape::Map),
                other => (other, positions::of(other)?.0),
            };
            out.push('/');
            out.push_str(&pointer::escaped(name));
            node = match (shape, value) {
                (Shape::One, _) => value,
                (Shape::List, Value::Array(items)) => {
                    let step = steps.next()?;
                    let index = step.parse::<usize>().ok()?;
                    // `00` and `+0` are no indexes of a JSON pointer.
                    if index.to_string() != step {
                        return None;
                    }
                    out.push('/');
                    out.push_str(step);
                    items.get(index)?
                }
                (Shape::Map, Value::Object(items)) => {
                    let step = steps.next()?;
                    out.push('/');
                    out.push_str(step);
                    items.get(&pointer::unescaped(step))?
                }
                (Shape::List | Shape::Map, _) => return None,
            };
        }
        (node.is_object() || node.is_boolean()).then_some(out)
    }
}

/// In draft-04 `exclusiveMinimum: true` makes `minimum` a bound that is not reached.
fn lower_bound(map: &Map<String, Value>, keyword: &str, value: &Value, out: &mut Map<String, Value>) {
    let exclusive = if keyword == "minimum" { "exclusiveMinimum" } else { "exclusiveMaximum" };
    let name = if map.get(exclusive) == Some(&Value::Bool(true)) { exclusive } else { keyword };
    out.insert(name.to_owned(), value.clone());
}

/// One reference stands as `$ref`; more than one have to hold all.
fn refer(out: &mut Map<String, Value>, references: Vec<String>) {
    let mut references = references.into_iter();
    let Some(first) = references.next() else { return };
    out.insert("$ref".to_owned(), Value::String(first));
    for reference in references {
        let branch = Value::Object([("$ref".to_owned(), Value::String(reference))].into_iter().collect());
        if let Value::Array(all) = out.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
            all.push(branch);
        }
    }
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
