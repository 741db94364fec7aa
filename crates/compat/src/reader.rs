//! From a lowered schema to nodes.

use std::{
    collections::{BTreeSet, HashMap},
    rc::Rc,
    time::Instant,
};

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;
use serde_json::{Map, Value};

use crate::{
    arena::Arena,
    dialect,
    node::{Id, Names, Node, Scalar, Type},
    number, unevaluated,
};

/// Deepest chain of references and nesting that is read.
const MAX_DEPTH: usize = 400;

/// What the documents of one question share: recursive schemas that say the same are the same.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Texts of schemas, numbered.
    texts: HashMap<String, usize>,
    /// Recursive schemas by their text and the texts of all that they lead to.
    recursive: HashMap<(usize, Vec<(String, usize)>), usize>,
    /// When reading has taken long enough.
    end: Option<Instant>,
    /// Whether it has. Then what was read is of no use.
    pub(crate) is_late: bool,
}

impl Shared {
    /// For reading that ends at a time.
    pub(crate) fn until(end: Instant) -> Self {
        Self { end: Some(end), ..Self::default() }
    }

    /// The number of a text.
    fn number(&mut self, text: String) -> usize {
        let next = self.texts.len();
        *self.texts.entry(text).or_insert(next)
    }

    fn look_at_the_clock(&mut self) -> bool {
        self.is_late = self.is_late || self.end.is_some_and(|end| Instant::now() >= end);
        self.is_late
    }
}

/// Reads the schemas of one document.
pub(crate) struct Reader<'a> {
    pub(crate) arena: &'a mut Arena,
    root: &'a Value,
    /// Schemas that are read, by where they lie in memory.
    read: HashMap<usize, Id>,
    /// Targets of references that are read, by reference.
    known: HashMap<String, Id>,
    /// References that stand in the target of a reference, and the target's text.
    targets: HashMap<String, Rc<Target>>,
    shared: &'a mut Shared,
    /// Number of the whole text, once it was asked for.
    document: Option<usize>,
    depth: usize,
}

/// What a reference leads to.
struct Target {
    text: usize,
    references: Vec<String>,
}

/// Reads a lowered document into the arena.
pub(crate) fn read<'a>(arena: &'a mut Arena, shared: &'a mut Shared, root: &'a Value) -> Id {
    let (read, known, targets) = (HashMap::new(), HashMap::new(), HashMap::new());
    let mut reader = Reader { arena, root, read, known, targets, shared, document: None, depth: 0 };
    reader.reference("#", "")
}

impl<'a> Reader<'a> {
    pub(crate) fn root(&self) -> &'a Value {
        self.root
    }

    /// The node of a schema; `at` is its pointer.
    pub(crate) fn schema(&mut self, schema: &'a Value, at: &str) -> Id {
        match schema {
            Value::Bool(true) => self.arena.anything(),
            Value::Bool(false) => self.arena.nothing(),
            Value::Object(map) if self.depth < MAX_DEPTH && self.arena.is_small() => {
                let place = std::ptr::from_ref(schema).addr();
                if let Some(known) = self.read.get(&place) {
                    return *known;
                }
                self.depth += 1;
                let parts = crate::stack::deep(|| self.parts(map, at));
                self.depth -= 1;
                let id = self.arena.all(parts);
                self.read.insert(place, id);
                id
            }
            other => self.unread(other, at),
        }
    }

    /// What cannot be read is an atom of its own: what says the same in both documents is the same atom.
    fn unread(&mut self, value: &Value, at: &str) -> Id {
        let key = self.key("schema", value);
        self.arena.opaque(None, key, at)
    }

    /// The key of such an atom. The same references mean the same only in the same document.
    pub(crate) fn key(&mut self, keyword: &str, value: &Value) -> String {
        let key = format!("{keyword} {value}");
        if !key.contains("$ref") {
            return key;
        }
        let document = match self.document {
            Some(number) => number,
            None => self.shared.number(self.root.to_string()),
        };
        self.document = Some(document);
        format!("{key} of document {document}")
    }

    fn parts(&mut self, map: &'a Map<String, Value>, at: &str) -> Vec<Id> {
        let mut parts: Vec<Id> = Vec::new();
        for (keyword, value) in map {
            if let Some(part) = self.keyword(map, keyword, value, at) {
                parts.push(part);
            }
        }
        parts.extend(unevaluated::properties(self, map, at));
        parts.extend(unevaluated::items(self, map, at));
        parts
    }

    /// What one keyword says; nothing for annotations and for keywords that others speak for.
    fn keyword(&mut self, map: &'a Map<String, Value>, keyword: &str, value: &'a Value, at: &str) -> Option<Id> {
        let here = || format!("{at}/{keyword}");
        Some(match keyword {
            "$ref" => match value.as_str() {
                Some(reference) => self.reference(reference, &here()),
                None => self.unread(value, &here()),
            },
            "type" => self.types(value)?,
            "const" => self.arena.constant(value),
            "enum" => self.enumeration(value.as_array()?),
            "minimum" => self.bound(value, |value| Node::Minimum { value, exclusive: false })?,
            "exclusiveMinimum" => self.bound(value, |value| Node::Minimum { value, exclusive: true })?,
            "maximum" => self.bound(value, |value| Node::Maximum { value, exclusive: false })?,
            "exclusiveMaximum" => self.bound(value, |value| Node::Maximum { value, exclusive: true })?,
            "multipleOf" => self.bound(value, Node::MultipleOf)?,
            "minLength" => self.arena.place(Node::MinLength(count(value)?)),
            "maxLength" => self.arena.place(Node::MaxLength(count(value)?)),
            "pattern" => self.arena.pattern(value.as_str()?, &here()),
            "format" => {
                let format = value.as_str().filter(|format| crate::format::is_checked(format))?;
                self.arena.opaque(Some(Type::String), format!("format {format}"), &here())
            }
            "prefixItems" => {
                let items = value.as_array()?;
                let parts = items.iter().enumerate().map(|(n, item)| {
                    let item = self.schema(item, &format!("{at}/prefixItems/{n}"));
                    self.arena.place(Node::Item(n as u64, item))
                });
                let parts = parts.collect();
                self.arena.all(parts)
            }
            "items" => {
                let first = map.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                let item = self.schema(value, &here());
                self.arena.place(Node::Items(first as u64, item))
            }
            "contains" => self.contains(map, value, &here()),
            "minItems" => self.arena.place(Node::MinItems(count(value)?)),
            "maxItems" => self.arena.place(Node::MaxItems(count(value)?)),
            "uniqueItems" => value.as_bool()?.then(|| self.arena.place(Node::UniqueItems))?,
            "properties" => {
                let mut parts = Vec::new();
                for (name, member) in value.as_object()? {
                    let member = self.schema(member, &format!("{at}/properties/{}", escaped(name)));
                    parts.push(self.arena.place(Node::Members(Names::One(name.clone()), member)));
                }
                self.arena.all(parts)
            }
            "patternProperties" => {
                let mut parts = Vec::new();
                for (pattern, member) in value.as_object()? {
                    let at = format!("{at}/patternProperties/{}", escaped(pattern));
                    let (names, member) = (self.arena.pattern(pattern, &at), self.schema(member, &at));
                    parts.push(self.arena.place(Node::Members(Names::Matching(names), member)));
                }
                self.arena.all(parts)
            }
            "additionalProperties" => {
                let names = self.others(map, at);
                let member = self.schema(value, &here());
                self.arena.place(Node::Members(names, member))
            }
            "propertyNames" => {
                let name = self.schema(value, &here());
                self.arena.place(Node::PropertyNames(name))
            }
            "required" => {
                let parts = names(value).map(|name| self.arena.place(Node::Required(name.to_owned()))).collect();
                self.arena.all(parts)
            }
            "minProperties" => self.arena.place(Node::MinProperties(count(value)?)),
            "maxProperties" => self.arena.place(Node::MaxProperties(count(value)?)),
            "dependentRequired" => {
                let mut parts = Vec::new();
                for (name, needs) in value.as_object()? {
                    let needs = names(needs).map(|need| self.arena.place(Node::Required(need.to_owned()))).collect();
                    let needs = self.arena.all(needs);
                    parts.push(self.dependent(name, needs));
                }
                self.arena.all(parts)
            }
            "dependentSchemas" => {
                let mut parts = Vec::new();
                for (name, schema) in value.as_object()? {
                    let needs = self.schema(schema, &format!("{at}/dependentSchemas/{}", escaped(name)));
                    parts.push(self.dependent(name, needs));
                }
                self.arena.all(parts)
            }
            "allOf" => {
                let parts = self.list(value, &here())?;
                self.arena.all(parts)
            }
            "anyOf" => {
                let parts = self.list(value, &here())?;
                self.arena.any(parts)
            }
            "oneOf" => {
                let parts = self.list(value, &here())?;
                match parts[..] {
                    [one] => one,
                    _ => self.arena.place(Node::ExactlyOne(parts)),
                }
            }
            "not" => {
                let inner = self.schema(value, &here());
                self.arena.not(inner)
            }
            "if" => self.conditional(map, value, at)?,
            _ => return None,
        })
    }

    /// The target of a reference. Recursive ones stand apart, under all that they say.
    pub(crate) fn reference(&mut self, reference: &str, at: &str) -> Id {
        if let Some(known) = self.known.get(reference) {
            return *known;
        }
        let Some(target) = dialect::at(self.root, reference) else {
            return self.unread(&Value::String(reference.to_owned()), at);
        };
        let at = reference.trim_start_matches('#');
        let reached = self.reached(reference, target);
        if !reached.contains(reference) {
            let id = self.schema(target, at);
            self.known.insert(reference.to_owned(), id);
            return id;
        }
        let text = self.target(reference, target).text;
        let mut leads = Vec::new();
        for to in reached {
            if let Some(target) = dialect::at(self.root, &to) {
                let text = self.target(&to, target).text;
                leads.push((to, text));
            }
        }
        let says = (text, leads);
        if let Some(number) = self.shared.recursive.get(&says) {
            let id = self.arena.place(Node::Recursive(*number));
            self.known.insert(reference.to_owned(), id);
            return id;
        }
        let number = self.arena.declare();
        self.shared.recursive.insert(says, number);
        let id = self.arena.place(Node::Recursive(number));
        self.known.insert(reference.to_owned(), id);
        let body = self.schema(target, at);
        self.arena.define(number, body);
        id
    }

    /// All references that the target of a reference leads to.
    fn reached(&mut self, reference: &str, target: &'a Value) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut open = vec![self.target(reference, target)];
        // A chain of references is walked once for each of them.
        while let Some(target) = open.pop()
            && !self.shared.look_at_the_clock()
        {
            for to in &target.references {
                if !reached.contains(to)
                    && let Some(target) = dialect::at(self.root, to)
                {
                    reached.insert(to.clone());
                    open.push(self.target(to, target));
                }
            }
        }
        reached
    }

    fn target(&mut self, reference: &str, target: &'a Value) -> Rc<Target> {
        if let Some(known) = self.targets.get(reference) {
            return Rc::clone(known);
        }
        // Definitions say nothing until a reference leads to one. Only at the top: deeper down the word may be a name.
        let said = match target {
            Value::Object(map) => {
                let said = map.iter().filter(|(key, _)| *key != "$defs");
                Value::Object(said.map(|(key, value)| (key.clone(), value.clone())).collect())
            }
            other => other.clone(),
        };
        let (mut references, mut open) = (Vec::new(), vec![&said]);
        while let Some(value) = open.pop() {
            match value {
                Value::Object(map) => {
                    references.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
                    open.extend(map.values());
                }
                Value::Array(items) => open.extend(items),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        let text = said.to_string();
        let text = self.shared.number(text);
        let found = Rc::new(Target { text, references });
        self.targets.insert(reference.to_owned(), Rc::clone(&found));
        found
    }

    fn list(&mut self, value: &'a Value, at: &str) -> Option<Vec<Id>> {
        let items = value.as_array()?;
        Some(items.iter().enumerate().map(|(n, item)| self.schema(item, &format!("{at}/{n}"))).collect())
    }

    fn types(&mut self, value: &Value) -> Option<Id> {
        let names: Vec<&str> = match value {
            Value::String(name) => vec![name],
            Value::Array(_) => names(value).collect(),
            _ => return None,
        };
        let mut types = BTreeSet::new();
        for name in &names {
            types.insert(match *name {
                "null" => Type::Null,
                "boolean" => Type::Boolean,
                "number" | "integer" => Type::Number,
                "string" => Type::String,
                "array" => Type::Array,
                "object" => Type::Object,
                _ => return None,
            });
        }
        let mut parts = vec![self.arena.place(Node::Types(types.into_iter().collect()))];
        if names.contains(&"integer") && !names.contains(&"number") {
            parts.push(self.arena.place(Node::MultipleOf(BigRational::from_integer(1.into()))));
        }
        Some(self.arena.all(parts))
    }

    fn enumeration(&mut self, values: &'a [Value]) -> Id {
        let mut scalars: Vec<Scalar> = values.iter().filter_map(Arena::scalar).collect();
        scalars.sort_unstable();
        scalars.dedup();
        let mut parts: Vec<Id> = Vec::new();
        for value in values.iter().filter(|value| value.is_array() || value.is_object()) {
            parts.push(self.arena.constant(value));
        }
        if !scalars.is_empty() {
            parts.push(self.arena.place(Node::Enum(scalars)));
        }
        self.arena.any(parts)
    }

    fn bound(&mut self, value: &Value, node: impl FnOnce(BigRational) -> Node) -> Option<Id> {
        let Value::Number(number) = value else { return None };
        let exact = number::exact(number);
        let node = node(exact);
        if matches!(&node, Node::MultipleOf(step) if step.is_zero()) {
            return None;
        }
        Some(self.arena.place(node))
    }

    fn contains(&mut self, map: &Map<String, Value>, value: &'a Value, at: &str) -> Id {
        let item = self.schema(value, at);
        let min = map.get("minContains").and_then(count).unwrap_or(1);
        let mut parts = Vec::new();
        // Only of arrays: an atom's negation would hold of none but arrays.
        if min > 0 {
            parts.push(self.arena.place(Node::ContainsMin(item, min)));
        }
        if let Some(max) = map.get("maxContains").and_then(count) {
            let more = self.arena.place(Node::ContainsMin(item, max.saturating_add(1)));
            let array = self.arena.place(Node::Types(vec![Type::Array]));
            let (other, few) = (self.arena.not(array), self.arena.not(more));
            parts.push(self.arena.any(vec![other, few]));
        }
        self.arena.all(parts)
    }

    /// The names that `additionalProperties` of this schema speaks of.
    pub(crate) fn others(&mut self, map: &Map<String, Value>, at: &str) -> Names {
        let object = |keyword: &str| map.get(keyword).and_then(Value::as_object);
        let mut names: Vec<String> = object("properties").into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let mut patterns = Vec::new();
        for (pattern, _) in object("patternProperties").into_iter().flatten() {
            patterns.push(self.arena.pattern(pattern, &format!("{at}/patternProperties/{}", escaped(pattern))));
        }
        names.sort_unstable();
        patterns.sort_unstable();
        patterns.dedup();
        Names::Others(names, patterns)
    }

    /// Not an object, or without this member, or as the dependency says.
    fn dependent(&mut self, name: &str, needs: Id) -> Id {
        let present = self.present(name);
        let absent = self.arena.not(present);
        self.arena.any(vec![absent, needs])
    }

    /// An object with this member.
    pub(crate) fn present(&mut self, name: &str) -> Id {
        let object = self.arena.place(Node::Types(vec![Type::Object]));
        let required = self.arena.place(Node::Required(name.to_owned()));
        self.arena.all(vec![object, required])
    }

    fn conditional(&mut self, map: &'a Map<String, Value>, condition: &'a Value, at: &str) -> Option<Id> {
        let (then, otherwise) = (map.get("then"), map.get("else"));
        if then.is_none() && otherwise.is_none() {
            return None;
        }
        let condition = self.schema(condition, &format!("{at}/if"));
        let refused = self.arena.not(condition);
        let mut branch = |keyword: &str, schema: Option<&'a Value>| match schema {
            Some(schema) => self.schema(schema, &format!("{at}/{keyword}")),
            None => self.arena.anything(),
        };
        let (then, otherwise) = (branch("then", then), branch("else", otherwise));
        let first = self.arena.all(vec![condition, then]);
        let second = self.arena.all(vec![refused, otherwise]);
        Some(self.arena.any(vec![first, second]))
    }
}

pub(crate) fn escaped(name: &str) -> String {
    dialect::pointer::escaped(name)
}

fn names(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// A whole number that is not negative, as the validator reads it: `2.0` is 2.
pub(crate) fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = number::exact(value.as_number()?);
        let whole = number.is_integer().then(|| number.to_integer())?;
        // More than anything has, which is not the same as no bound.
        let most = if whole < BigInt::zero() { None } else { Some(u64::MAX) };
        u64::try_from(whole).ok().or(most)
    })
}
