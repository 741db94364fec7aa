//! A schema seen as people see it: fields with types and bounds, references and `allOf` followed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Most fields that are looked at; a recursive schema can have any number.
const MAX_FIELDS: usize = 2000;
/// Most schemas that apply at one place; a cycle ends here too.
const MAX_FACETS: usize = 64;

/// A schema at a place.
pub(crate) type Node<'a> = (String, &'a Value);

/// All schema objects that apply at one place.
#[derive(Debug, Clone)]
pub(crate) struct Shape<'a> {
    root: &'a Value,
    /// Pointer of the outermost of them.
    pub(crate) pointer: String,
    facets: Vec<(String, &'a Map<String, Value>)>,
}

impl<'a> Shape<'a> {
    pub(crate) fn root(root: &'a Value) -> Self {
        Self::of(root, vec![(String::new(), root)])
    }

    pub(crate) fn of(root: &'a Value, nodes: Vec<Node<'a>>) -> Self {
        let pointer = nodes.first().map(|(pointer, _)| pointer.clone()).unwrap_or_default();
        let mut facets: Vec<(String, &'a Map<String, Value>)> = Vec::new();
        let mut open = nodes;
        open.reverse();
        while let Some((pointer, node)) = open.pop() {
            let Value::Object(map) = node else { continue };
            if facets.len() >= MAX_FACETS || facets.iter().any(|(_, known)| std::ptr::eq(*known, map)) {
                continue;
            }
            if let Some(Value::Array(all)) = map.get("allOf") {
                let members = all.iter().enumerate().map(|(n, member)| (format!("{pointer}/allOf/{n}"), member));
                open.extend(members.rev().collect::<Vec<_>>());
            }
            if let Some(target) = map.get("$ref").and_then(Value::as_str).and_then(|target| find(root, target)) {
                open.push((format!("{pointer}/$ref"), target));
            }
            facets.push((pointer, map));
        }
        Self { root, pointer, facets }
    }

    /// Each value of a keyword with its pointer.
    pub(crate) fn all(&self, keyword: &str) -> impl Iterator<Item = Node<'a>> {
        self.facets
            .iter()
            .filter_map(move |(pointer, map)| Some((format!("{pointer}/{}", escape(keyword)), map.get(keyword)?)))
    }

    /// The first value of a keyword.
    pub(crate) fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.facets.iter().find_map(|(_, map)| map.get(keyword))
    }

    /// Annotations of the owner's own, `x-…`, and the unit.
    pub(crate) fn annotations(&self) -> BTreeMap<&'a str, &'a Value> {
        let own = |name: &str| (name.starts_with("x-") && name != "x-version") || name == "unit";
        let all = self.facets.iter().rev().flat_map(|(_, map)| map.iter());
        all.filter(|(name, _)| own(name)).map(|(name, value)| (name.as_str(), value)).collect()
    }

    /// Fields by name.
    pub(crate) fn fields(&self) -> BTreeMap<&'a str, Shape<'a>> {
        let mut nodes: BTreeMap<&'a str, Vec<Node<'a>>> = BTreeMap::new();
        for (pointer, map) in &self.facets {
            for (name, schema) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let place = format!("{pointer}/properties/{}", escape(name));
                nodes.entry(name.as_str()).or_default().push((place, schema));
            }
        }
        nodes.into_iter().map(|(name, nodes)| (name, Self::of(self.root, nodes))).collect()
    }

    /// Names of required fields, with where it is said.
    pub(crate) fn required(&self) -> BTreeMap<&'a str, String> {
        let lists = self.all("required").collect::<Vec<_>>();
        let names = lists.into_iter().flat_map(|(pointer, list)| {
            let names: Vec<&'a str> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            names.into_iter().map(move |name| (name, pointer.clone()))
        });
        names.collect()
    }

    /// What items of an array are.
    pub(crate) fn items(&self) -> Option<Self> {
        let nodes: Vec<Node<'a>> = self.all("items").filter(|(_, items)| items.is_object()).collect();
        (!nodes.is_empty()).then(|| Self::of(self.root, nodes))
    }

    /// The values that are allowed, where they are listed.
    pub(crate) fn values(&self) -> Option<Vec<&'a Value>> {
        self.get("const")
            .map(|only| vec![only])
            .or_else(|| self.get("enum").and_then(Value::as_array).map(|all| all.iter().collect()))
    }

    /// The types that are allowed; nothing is any.
    pub(crate) fn types(&self) -> Option<BTreeSet<&'a str>> {
        let mut stated = self.all("type").map(|(_, value)| match value {
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect::<BTreeSet<_>>(),
        });
        let Some(first) = stated.next() else {
            return self.values().map(|values| values.into_iter().map(type_of).collect());
        };
        Some(stated.fold(first, |so_far, more| so_far.intersection(&more).copied().collect()))
    }

    /// A number bound.
    pub(crate) fn number(&self, keyword: &str) -> Option<f64> {
        self.get(keyword).and_then(Value::as_f64)
    }

    /// Whether the field is on its way out.
    pub(crate) fn deprecated(&self) -> bool {
        self.all("deprecated").any(|(_, value)| value == true)
    }
}

/// All fields at any depth, their names joined by dots, `[]` for items.
pub(crate) fn paths<'a>(shape: &Shape<'a>) -> BTreeMap<String, Shape<'a>> {
    fn walk<'a>(shape: &Shape<'a>, prefix: &str, depth: usize, found: &mut BTreeMap<String, Shape<'a>>) {
        // A recursive schema has fields without end; six levels are what people review.
        if depth > 6 || found.len() >= MAX_FIELDS {
            return;
        }
        for (name, field) in shape.fields() {
            let path = format!("{prefix}{name}");
            walk(&field, &format!("{path}."), depth + 1, found);
            if let Some(items) = field.items() {
                walk(&items, &format!("{path}[]."), depth + 1, found);
            }
            found.insert(path, field);
        }
    }
    let mut found = BTreeMap::new();
    walk(shape, "", 0, &mut found);
    found
}

/// The schema without what only people read.
pub(crate) fn bare(value: &Value) -> Value {
    fn walk(value: &Value, names: bool) -> Value {
        match value {
            Value::Array(all) => Value::Array(all.iter().map(|one| walk(one, false)).collect()),
            Value::Object(map) => {
                let words = ["title", "description", "examples", "$comment", "deprecated", "readOnly", "writeOnly"];
                let kept = map.iter().filter(|(key, _)| {
                    names || !(words.contains(&key.as_str()) || key.starts_with("x-") || *key == "unit")
                });
                let named = [
                    "properties",
                    "patternProperties",
                    "dependentSchemas",
                    "dependentRequired",
                    "$defs",
                    "definitions",
                ];
                let inner = |key: &str| !names && named.contains(&key);
                kept.map(|(key, item)| {
                    let literal = !names && matches!(key.as_str(), "const" | "enum" | "default");
                    (key.clone(), if literal { item.clone() } else { walk(item, inner(key)) })
                })
                .collect::<Map<_, _>>()
                .into()
            }
            plain => plain.clone(),
        }
    }
    walk(value, false)
}

pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The schema that a local reference names.
pub(crate) fn find<'a>(root: &'a Value, target: &str) -> Option<&'a Value> {
    root.pointer(target.strip_prefix('#')?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Shape, bare, paths};

    #[test]
    fn references_and_all_of_are_followed_and_cycles_end() {
        let schema = json!({
            "$defs": {"base": {"properties": {"id": {"type": "string"}}, "required": ["id"]}, "loop": {"$ref": "#/$defs/loop"}},
            "allOf": [{"$ref": "#/$defs/base"}, {"$ref": "#/$defs/loop"}],
            "properties": {"id": {"maxLength": 3}, "lines": {"items": {"properties": {"n": {"type": ["null", "integer"]}}}}},
        });
        let shape = Shape::root(&schema);
        let all = paths(&shape);
        assert_eq!(all.keys().collect::<Vec<_>>(), ["id", "lines", "lines[].n"]);
        assert_eq!(all["id"].get("type"), Some(&json!("string")));
        assert_eq!(all["id"].pointer, "/properties/id");
        assert_eq!(shape.required()["id"], "/allOf/0/$ref/required");
    }

    #[test]
    fn a_field_may_have_the_name_of_a_keyword() {
        let schema = json!({"title": "x", "properties": {"title": {"description": "y"}}, "const": {"title": 1}});
        assert_eq!(bare(&schema), json!({"properties": {"title": {}}, "const": {"title": 1}}));
    }
}
