//! `unevaluatedProperties` and `unevaluatedItems`: what the schemas of the same place have looked at, by cases.
//!
//! Which of the alternatives hold decides what is looked at, so the keyword becomes a disjunction: each case says which
//! hold and constrains what they leave.

use serde_json::{Map, Value};

use crate::{
    dialect,
    node::{Id, Names, Node},
    reader::{Reader, escaped},
};

/// Most cases before the keyword counts as too complex.
const MAX_CASES: usize = 64;
/// Most schemas that are looked at for one keyword.
const MAX_SCHEMAS: usize = 2_000;
/// Deepest nesting of schemas of one place.
const MAX_DEPTH: usize = 24;

/// What has been looked at, when `conditions` hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Case {
    conditions: Vec<Id>,
    looked: Looked,
}

/// Members or items that some schema has looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Looked {
    all: bool,
    names: Vec<String>,
    /// Patterns of names, or schemas of items that `contains` has found.
    matching: Vec<Id>,
    prefix: u64,
}

impl Looked {
    fn join(&mut self, other: &Self) {
        self.all |= other.all;
        self.names.extend(other.names.iter().cloned());
        self.matching.extend(&other.matching);
        self.prefix = self.prefix.max(other.prefix);
    }
}

/// Which of the two keywords is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Properties,
    Items,
}

impl Of {
    fn keyword(self) -> &'static str {
        match self {
            Self::Properties => "unevaluatedProperties",
            Self::Items => "unevaluatedItems",
        }
    }
}

/// What `unevaluatedProperties` of this schema says.
pub(crate) fn properties<'a>(reader: &mut Reader<'a>, map: &'a Map<String, Value>, at: &str) -> Option<Id> {
    read(reader, map, at, Of::Properties)
}

/// What `unevaluatedItems` of this schema says.
pub(crate) fn items<'a>(reader: &mut Reader<'a>, map: &'a Map<String, Value>, at: &str) -> Option<Id> {
    read(reader, map, at, Of::Items)
}

fn read<'a>(reader: &mut Reader<'a>, map: &'a Map<String, Value>, at: &str, of: Of) -> Option<Id> {
    let value = map.get(of.keyword())?;
    let rest = reader.schema(value, &format!("{at}/{}", of.keyword()));
    let Some(cases) = Cases { reader: &mut *reader, of, left: MAX_SCHEMAS }.siblings(map, at, 0) else {
        let text = Value::Object(map.clone());
        let key = reader.key(of.keyword(), &text);
        return Some(reader.arena.opaque(None, key, at));
    };
    let mut alternatives = Vec::new();
    for case in cases {
        let mut parts = case.conditions;
        let mut looked = case.looked;
        if !looked.all {
            parts.push(match of {
                Of::Properties => {
                    looked.names.sort_unstable();
                    looked.names.dedup();
                    looked.matching.sort_unstable();
                    looked.matching.dedup();
                    reader.arena.place(Node::Members(Names::Others(looked.names, looked.matching), rest))
                }
                Of::Items => {
                    looked.matching.push(rest);
                    let item = reader.arena.any(looked.matching);
                    reader.arena.place(Node::Items(looked.prefix, item))
                }
            });
        }
        alternatives.push(reader.arena.all(parts));
    }
    Some(reader.arena.any(alternatives))
}

struct Cases<'r, 'a> {
    reader: &'r mut Reader<'a>,
    of: Of,
    left: usize,
}

impl<'a> Cases<'_, 'a> {
    /// The cases of a schema of the same place; nothing where there are too many.
    fn of_schema(&mut self, schema: &'a Value, at: &str, depth: usize) -> Option<Vec<Case>> {
        let Value::Object(map) = schema else { return Some(vec![Case::default()]) };
        let mut cases = self.siblings(map, at, depth)?;
        if map.contains_key(self.of.keyword()) {
            cases.iter_mut().for_each(|case| case.looked.all = true);
        }
        Some(cases)
    }

    /// The cases of what stands beside the keyword.
    fn siblings(&mut self, map: &'a Map<String, Value>, at: &str, depth: usize) -> Option<Vec<Case>> {
        self.left = self.left.checked_sub(1)?;
        if depth > MAX_DEPTH {
            return None;
        }
        let mut cases = vec![Case { conditions: Vec::new(), looked: self.own(map, at) }];
        if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
            let target = dialect::at(self.reader.root(), reference)?;
            let inner = self.of_schema(target, reference.trim_start_matches('#'), depth + 1)?;
            cases = product(&cases, &inner)?;
        }
        for (n, branch) in list(map, "allOf").iter().enumerate() {
            let inner = self.of_schema(branch, &format!("{at}/allOf/{n}"), depth + 1)?;
            cases = product(&cases, &inner)?;
        }
        for (n, branch) in list(map, "anyOf").iter().enumerate() {
            let inner = self.when(branch, &format!("{at}/anyOf/{n}"), depth)?;
            cases = product(&cases, &inner)?;
        }
        let mut one = Vec::new();
        for (n, branch) in list(map, "oneOf").iter().enumerate() {
            let at = format!("{at}/oneOf/{n}");
            let holds = self.reader.schema(branch, &at);
            one.extend(self.of_schema(branch, &at, depth + 1)?.into_iter().map(|case| case.given(holds)));
        }
        if one.iter().any(|case| case.looked != Looked::default()) {
            cases = product(&cases, &one)?;
        }
        if let Some(condition) = map.get("if") {
            let inner = self.conditional(map, condition, at, depth)?;
            cases = product(&cases, &inner)?;
        }
        for (name, schema) in map.get("dependentSchemas").and_then(Value::as_object).into_iter().flatten() {
            let inner = self.of_schema(schema, &format!("{at}/dependentSchemas/{}", escaped(name)), depth + 1)?;
            let present = self.reader.present(name);
            let inner = self.or_not(present, inner);
            cases = product(&cases, &inner)?;
        }
        Some(cases)
    }

    fn own(&mut self, map: &'a Map<String, Value>, at: &str) -> Looked {
        let mut looked = Looked::default();
        match self.of {
            Of::Properties => {
                if let Names::Others(names, patterns) = self.reader.others(map, at) {
                    (looked.names, looked.matching) = (names, patterns);
                }
                looked.all = map.contains_key("additionalProperties");
            }
            Of::Items => {
                looked.prefix = list(map, "prefixItems").len() as u64;
                looked.all = map.contains_key("items");
                if let Some(found) = map.get("contains") {
                    looked.matching.push(self.reader.schema(found, &format!("{at}/contains")));
                }
            }
        }
        looked
    }

    /// What a schema has looked at when it holds, and nothing when it does not.
    fn when(&mut self, schema: &'a Value, at: &str, depth: usize) -> Option<Vec<Case>> {
        let inner = self.of_schema(schema, at, depth + 1)?;
        let holds = self.reader.schema(schema, at);
        Some(self.or_not(holds, inner))
    }

    fn or_not(&mut self, holds: Id, inner: Vec<Case>) -> Vec<Case> {
        if inner.iter().all(|case| case.looked == Looked::default()) {
            return vec![Case::default()];
        }
        let fails = self.reader.arena.not(holds);
        let mut cases: Vec<Case> = inner.into_iter().map(|case| case.given(holds)).collect();
        cases.push(Case { conditions: vec![fails], looked: Looked::default() });
        cases
    }

    fn conditional(
        &mut self,
        map: &'a Map<String, Value>,
        condition: &'a Value,
        at: &str,
        depth: usize,
    ) -> Option<Vec<Case>> {
        let mut branch = |keyword: &str| match map.get(keyword) {
            Some(schema) => self.of_schema(schema, &format!("{at}/{keyword}"), depth + 1),
            None => Some(vec![Case::default()]),
        };
        let (then, otherwise) = (branch("then")?, branch("else")?);
        let at = format!("{at}/if");
        let looked = self.of_schema(condition, &at, depth + 1)?;
        let holds = self.reader.schema(condition, &at);
        let fails = self.reader.arena.not(holds);
        let mut cases: Vec<Case> = product(&looked, &then)?.into_iter().map(|case| case.given(holds)).collect();
        cases.extend(otherwise.into_iter().map(|case| case.given(fails)));
        if cases.iter().all(|case| case.looked == Looked::default()) {
            return Some(vec![Case::default()]);
        }
        Some(cases)
    }
}

impl Case {
    fn given(mut self, condition: Id) -> Self {
        self.conditions.push(condition);
        self
    }
}

/// Each case of the one with each of the other.
fn product(one: &[Case], other: &[Case]) -> Option<Vec<Case>> {
    if one.len() * other.len() > MAX_CASES {
        return None;
    }
    let mut cases = Vec::with_capacity(one.len() * other.len());
    for first in one {
        for second in other {
            let mut case = first.clone();
            case.conditions.extend(&second.conditions);
            case.looked.join(&second.looked);
            cases.push(case);
        }
    }
    Some(cases)
}

fn list<'a>(map: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    map.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
