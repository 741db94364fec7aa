//! What has to be known of a whole schema before a part of it can be lowered: its dialect and its names.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    MAX_DEPTH,
    draft::{self, Draft},
    pointer,
    positions::{self, Shape},
};

/// Dialect and names of a schema.
pub(super) struct Survey {
    pub(super) draft: Draft,
    /// The root's own `$id`: references to it stay inside.
    pub(super) base: Option<String>,
    /// Anchors and the pointers they stand for.
    pub(super) anchors: BTreeMap<String, String>,
}

impl Survey {
    pub(super) fn of(root: &Value) -> Result<Self, String> {
        let draft = match root.get("$schema") {
            Some(Value::String(uri)) => Draft::named(uri)?,
            Some(_) => return Err("`$schema` is not text".to_owned()),
            None => {
                let (mut old, mut new) = (false, false);
                each(root, &|_, _| false, &mut |_, map| {
                    old |= map.iter().any(|(keyword, value)| draft::is_old(keyword, value));
                    new |= map.keys().any(|keyword| draft::is_new(keyword));
                    Ok(())
                })?;
                Draft::guessed(old, new)
            }
        };
        let id = root.get(draft.id_keyword()).and_then(Value::as_str);
        let base = id.map(|id| id.trim_end_matches('#').to_owned()).filter(|id| !id.is_empty());
        let mut anchors = BTreeMap::new();
        let (mut contains, mut unevaluated) = (false, false);
        let skip = |map: &Map<String, Value>, keyword: &str| {
            draft.ignores(keyword) || draft.silenced_by_reference(map, keyword)
        };
        each(root, &skip, &mut |at, map| {
            contains |= map.contains_key("contains");
            unevaluated |= map.contains_key("unevaluatedItems");
            names(draft, at, map, &mut anchors)
        })?;
        if draft == Draft::D2019 && contains && unevaluated {
            return Err(
                "`unevaluatedItems` together with `contains` means something else in 2019-09 than in 2020-12; \
                        say `$schema: https://json-schema.org/draft/2020-12/schema`"
                    .to_owned(),
            );
        }
        Ok(Self { draft, base, anchors })
    }
}

/// Notes the names that a schema gives itself.
fn names(
    draft: Draft,
    at: &str,
    map: &Map<String, Value>,
    anchors: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    let mut name = |anchor: &str| match anchors.insert(anchor.to_owned(), at.to_owned()) {
        Some(other) if other != at => Err(format!("anchor `{anchor}` stands at `#{other}` and at `#{at}`")),
        _ => Ok(()),
    };
    for keyword in ["$anchor", "$dynamicAnchor"] {
        if let Some(anchor) = map.get(keyword).and_then(Value::as_str).filter(|_| !draft.ignores(keyword)) {
            name(anchor)?;
        }
    }
    let Some(id) = map.get(draft.id_keyword()).and_then(Value::as_str) else { return Ok(()) };
    if map.contains_key("$ref") && draft.silenced_by_reference(map, "type") {
        return Ok(());
    }
    match id.strip_prefix('#') {
        Some(anchor) if draft.id_makes_anchors() && !anchor.is_empty() && !anchor.starts_with('/') => name(anchor),
        Some(_) => Ok(()),
        None if at.is_empty() || !refers(map) => Ok(()),
        None => Err(format!("`{}` (`{id}`) at `#{at}` moves the base of the references below it", draft.id_keyword())),
    }
}

/// Whether anything below looks like a reference.
fn refers(map: &Map<String, Value>) -> bool {
    let mut open: Vec<&Value> = map.values().collect();
    let is_reference = |map: &Map<String, Value>| {
        ["$ref", "$dynamicRef", "$recursiveRef"].iter().any(|keyword| map.get(*keyword).is_some_and(Value::is_string))
    };
    if is_reference(map) {
        return true;
    }
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(map) if is_reference(map) => return true,
            Value::Object(map) => open.extend(map.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    false
}

/// Looks at each object schema with its pointer, in any dialect; `skip` says which keywords mean nothing.
fn each<'a>(
    root: &'a Value,
    skip: &impl Fn(&Map<String, Value>, &str) -> bool,
    look: &mut impl FnMut(&str, &'a Map<String, Value>) -> Result<(), String>,
) -> Result<(), String> {
    let mut open = vec![(String::new(), root, 0_usize)];
    while let Some((at, schema, depth)) = open.pop() {
        if depth > MAX_DEPTH {
            return Err(format!("the schema is nested more than {MAX_DEPTH} levels deep"));
        }
        let Value::Object(map) = schema else { continue };
        look(&at, map)?;
        for (keyword, value) in map.iter().filter(|(keyword, _)| !skip(map, keyword)) {
            let shape = match (keyword.as_str(), value) {
                ("items", Value::Array(_)) => Shape::List,
                ("additionalItems", _) => Shape::One,
                ("dependencies", _) => Shape::Map,
                (other, _) => match positions::of(other) {
                    Some((shape, _)) => shape,
                    None => continue,
                },
            };
            match (shape, value) {
                (Shape::One, _) => open.push((format!("{at}/{keyword}"), value, depth + 1)),
                (Shape::List, Value::Array(items)) => open
                    .extend(items.iter().enumerate().map(|(n, item)| (format!("{at}/{keyword}/{n}"), item, depth + 1))),
                (Shape::Map, Value::Object(items)) => open.extend(
                    items
                        .iter()
                        .map(|(name, item)| (format!("{at}/{keyword}/{}", pointer::escaped(name)), item, depth + 1)),
                ),
                (Shape::List | Shape::Map, _) => {}
            }
        }
    }
    Ok(())
}
