//! Whether a value is of a schema: the candidate of a case is checked before anyone is told of it.

use std::collections::HashSet;

use serde_json::Value;

use crate::{
    arena::Arena,
    format,
    node::{Id, Lit, Names, Node, Scalar, Type},
    number,
};

/// Deepest nesting that is looked at.
const MAX_DEPTH: usize = 300;

impl Arena {
    /// Whether the literal holds of the value; nothing where that is not known.
    pub(crate) fn holds(&mut self, lit: Lit, value: &Value) -> Option<bool> {
        Evaluation { arena: self, depth: 0, left: 200_000 }.node(lit.id, value).map(|holds| holds == lit.holds)
    }

    /// Whether a name matches what [`Names`] says; nothing where that is not known.
    pub(crate) fn names(&mut self, names: &Names, name: &str) -> Option<bool> {
        match names {
            Names::One(one) => Some(one == name),
            Names::Matching(pattern) => self.matches(*pattern, name),
            Names::Others(ones, patterns) => {
                if ones.iter().any(|one| one == name) {
                    return Some(false);
                }
                let mut other = Some(true);
                for pattern in patterns {
                    match self.matches(*pattern, name) {
                        Some(true) => return Some(false),
                        Some(false) => {}
                        None => other = None,
                    }
                }
                other
            }
        }
    }

    fn matches(&mut self, pattern: Id, name: &str) -> Option<bool> {
        match self.node(pattern) {
            Node::Pattern(term) => {
                let term = *term;
                Some(self.languages.accepts(term, name))
            }
            _ => None,
        }
    }
}

/// The type of a value.
pub(crate) fn kind(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Boolean,
        Value::Number(_) => Type::Number,
        Value::String(_) => Type::String,
        Value::Array(_) => Type::Array,
        Value::Object(_) => Type::Object,
    }
}

struct Evaluation<'a> {
    arena: &'a mut Arena,
    depth: usize,
    left: u64,
}

impl Evaluation<'_> {
    fn node(&mut self, id: Id, value: &Value) -> Option<bool> {
        if self.depth > MAX_DEPTH || self.left == 0 {
            return None;
        }
        self.left -= 1;
        let node = match self.arena.node(id) {
            // The lists are sorted, and may be long: they are not copied.
            Node::Enum(scalars) => {
                return Some(Arena::scalar(value).is_some_and(|scalar| scalars.binary_search(&scalar).is_ok()));
            }
            other => other.clone(),
        };
        self.depth += 1;
        let holds = crate::stack::deep(|| self.judge(&node, value));
        self.depth -= 1;
        holds
    }

    fn judge(&mut self, node: &Node, value: &Value) -> Option<bool> {
        match node {
            Node::All(of) => self.every(of.iter().map(|id| (*id, value))),
            Node::Any(of) => self.some(of.iter().map(|id| (*id, value))),
            Node::ExactlyOne(of) => self.exactly_one(of, value),
            Node::Not(inner) => self.node(*inner, value).map(|holds| !holds),
            Node::Recursive(number) => {
                let body = self.arena.body(*number)?;
                self.node(body, value)
            }
            Node::Types(types) => Some(types.contains(&kind(value))),
            Node::Opaque { of: Some(of), .. } if *of != kind(value) => Some(true),
            Node::Opaque { key, .. } => {
                let (format, text) = (key.strip_prefix("format ")?, value.as_str()?);
                format::is_of(format, text)
            }
            _ => match value {
                Value::Number(number) => Some(of_number(node, &number::exact(number))),
                Value::String(text) => Some(self.of_string(node, text)),
                Value::Array(items) => self.of_array(node, items),
                Value::Object(members) => self.of_object(node, members),
                Value::Null | Value::Bool(_) => Some(true),
            },
        }
    }

    fn every<'v>(&mut self, of: impl Iterator<Item = (Id, &'v Value)>) -> Option<bool> {
        let mut all = Some(true);
        for (id, value) in of {
            match self.node(id, value) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => all = None,
            }
        }
        all
    }

    fn some<'v>(&mut self, of: impl Iterator<Item = (Id, &'v Value)>) -> Option<bool> {
        let mut any = Some(false);
        for (id, value) in of {
            match self.node(id, value) {
                Some(false) => {}
                Some(true) => return Some(true),
                None => any = None,
            }
        }
        any
    }

    fn exactly_one(&mut self, of: &[Id], value: &Value) -> Option<bool> {
        let (mut yes, mut unknown) = (0, 0);
        for id in of {
            match self.node(*id, value) {
                Some(true) => yes += 1,
                Some(false) => {}
                None => unknown += 1,
            }
        }
        match (yes, unknown) {
            (2.., _) => Some(false),
            (yes, 0) => Some(yes == 1),
            _ => None,
        }
    }

    fn of_string(&mut self, node: &Node, text: &str) -> bool {
        match node {
            Node::MinLength(min) => text.chars().count() as u64 >= *min,
            Node::MaxLength(max) => text.chars().count() as u64 <= *max,
            Node::Pattern(term) => self.arena.languages.accepts(*term, text),
            _ => true,
        }
    }

    fn of_array(&mut self, node: &Node, items: &[Value]) -> Option<bool> {
        let length = items.len() as u64;
        match node {
            Node::MinItems(min) => Some(length >= *min),
            Node::MaxItems(max) => Some(length <= *max),
            Node::Item(n, of) => match usize::try_from(*n).ok().and_then(|n| items.get(n)) {
                Some(item) => self.node(*of, item),
                None => Some(true),
            },
            Node::Items(first, of) => {
                let skipped = usize::try_from(*first).unwrap_or(usize::MAX);
                self.every(items.iter().skip(skipped).map(|item| (*of, item)))
            }
            Node::ContainsMin(of, min) => {
                let (mut yes, mut unknown) = (0, 0);
                for item in items {
                    match self.node(*of, item) {
                        Some(true) => yes += 1,
                        Some(false) => {}
                        None => unknown += 1,
                    }
                }
                if yes >= *min {
                    Some(true)
                } else if yes + unknown < *min {
                    Some(false)
                } else {
                    None
                }
            }
            Node::UniqueItems => Some(are_distinct(items)),
            _ => Some(true),
        }
    }

    fn of_object(&mut self, node: &Node, members: &serde_json::Map<String, Value>) -> Option<bool> {
        let size = members.len() as u64;
        match node {
            Node::MinProperties(min) => Some(size >= *min),
            Node::MaxProperties(max) => Some(size <= *max),
            Node::Required(name) => Some(members.contains_key(name)),
            Node::Members(names, of) => {
                let mut all = Some(true);
                for (name, member) in members {
                    let applies = self.arena.names(names, name);
                    if applies == Some(false) {
                        continue;
                    }
                    match (applies, self.node(*of, member)) {
                        (_, Some(true)) => {}
                        (Some(true), Some(false)) => return Some(false),
                        _ => all = None,
                    }
                }
                all
            }
            Node::PropertyNames(of) => {
                let mut all = Some(true);
                for name in members.keys() {
                    match self.node(*of, &Value::String(name.clone())) {
                        Some(true) => {}
                        Some(false) => return Some(false),
                        None => all = None,
                    }
                }
                all
            }
            _ => Some(true),
        }
    }
}

fn of_number(node: &Node, value: &num_rational::BigRational) -> bool {
    match node {
        Node::Minimum { value: bound, exclusive } => value > bound || (!exclusive && value == bound),
        Node::Maximum { value: bound, exclusive } => value < bound || (!exclusive && value == bound),
        Node::MultipleOf(step) => number::is_multiple(value, step),
        _ => true,
    }
}

/// Whether no two items are equal; `1` and `1.0` are.
pub(crate) fn are_distinct(items: &[Value]) -> bool {
    let mut seen = HashSet::new();
    items.iter().all(|item| seen.insert(normal(item)))
}

/// Equal for equal values.
pub(crate) fn normal(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(normal).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut parts: Vec<String> = members
                .iter()
                .map(|(name, member)| format!("{}:{}", Value::from(name.as_str()), normal(member)))
                .collect();
            parts.sort_unstable();
            format!("{{{}}}", parts.join(","))
        }
        scalar => match Arena::scalar(scalar) {
            Some(Scalar::Number(number)) => number.to_string(),
            _ => scalar.to_string(),
        },
    }
}
