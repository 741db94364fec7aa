//! Nodes of both schemas, each kept once: what is equal in the two has one place, so nothing has to be compared.

use std::collections::HashMap;

use serde_json::Value;

use crate::{
    language::{Languages, Term},
    node::{Id, Names, Node, Scalar, Type},
    number,
};

/// Most nodes before a pair counts as too large.
const MAX_NODES: usize = 400_000;

/// All nodes.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    nodes: Vec<Node>,
    places: HashMap<Node, Id>,
    /// Bodies of recursive schemas, by the number in [`Node::Recursive`].
    bodies: Vec<Option<Id>>,
    /// Where a node that cannot be judged came from, for reasons.
    origins: HashMap<Id, String>,
    /// Patterns that were read.
    patterns: HashMap<String, Option<Term>>,
    pub(crate) languages: Languages,
}

impl Arena {
    pub(crate) fn place(&mut self, node: Node) -> Id {
        if let Some(known) = self.places.get(&node) {
            return *known;
        }
        let place = Id::try_from(self.nodes.len()).expect("far fewer nodes than 2³²: schemas are bounded");
        self.places.insert(node.clone(), place);
        self.nodes.push(node);
        place
    }

    pub(crate) fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    pub(crate) fn is_small(&self) -> bool {
        self.nodes.len() < MAX_NODES && self.languages.is_small()
    }

    pub(crate) fn all(&mut self, mut of: Vec<Id>) -> Id {
        of.sort_unstable();
        of.dedup();
        match of[..] {
            [one] => one,
            _ => self.place(Node::All(of)),
        }
    }

    pub(crate) fn any(&mut self, mut of: Vec<Id>) -> Id {
        of.sort_unstable();
        of.dedup();
        match of[..] {
            [one] => one,
            _ => self.place(Node::Any(of)),
        }
    }

    pub(crate) fn anything(&mut self) -> Id {
        self.all(Vec::new())
    }

    pub(crate) fn nothing(&mut self) -> Id {
        self.any(Vec::new())
    }

    pub(crate) fn not(&mut self, of: Id) -> Id {
        match self.node(of) {
            Node::Not(inner) => *inner,
            _ => self.place(Node::Not(of)),
        }
    }

    /// A schema that is not understood, true of values of other types than `of`.
    pub(crate) fn opaque(&mut self, of: Option<Type>, key: String, origin: &str) -> Id {
        let id = self.place(Node::Opaque { of, key });
        self.came_from(id, origin);
        id
    }

    /// Strings that contain a match of this pattern; opaque where the pattern is beyond regular languages.
    pub(crate) fn pattern(&mut self, pattern: &str, origin: &str) -> Id {
        let known = self.patterns.get(pattern).copied();
        let term = known.unwrap_or_else(|| self.languages.read(pattern));
        self.patterns.insert(pattern.to_owned(), term);
        match term {
            Some(term) => {
                let id = self.place(Node::Pattern(term));
                self.came_from(id, origin);
                id
            }
            None => self.opaque(Some(Type::String), format!("pattern {pattern}"), origin),
        }
    }

    fn came_from(&mut self, id: Id, origin: &str) {
        self.origins.entry(id).or_insert_with(|| origin.to_owned());
    }

    pub(crate) fn origin(&self, id: Id) -> &str {
        self.origins.get(&id).map_or("", String::as_str)
    }

    /// A new recursive schema, its body to come.
    pub(crate) fn declare(&mut self) -> usize {
        self.bodies.push(None);
        self.bodies.len() - 1
    }

    pub(crate) fn define(&mut self, number: usize, body: Id) {
        self.bodies[number] = Some(body);
    }

    pub(crate) fn body(&self, number: usize) -> Option<Id> {
        self.bodies[number]
    }

    /// The schema of this value alone.
    pub(crate) fn constant(&mut self, value: &Value) -> Id {
        match value {
            Value::Array(items) => {
                let length = items.len() as u64;
                let mut parts = vec![
                    self.place(Node::Types(vec![Type::Array])),
                    self.place(Node::MinItems(length)),
                    self.place(Node::MaxItems(length)),
                ];
                for (n, item) in items.iter().enumerate() {
                    let item = self.constant(item);
                    parts.push(self.place(Node::Item(n as u64, item)));
                }
                self.all(parts)
            }
            Value::Object(members) => {
                let nothing = self.nothing();
                let mut names: Vec<String> = members.keys().cloned().collect();
                names.sort_unstable();
                let mut parts = vec![
                    self.place(Node::Types(vec![Type::Object])),
                    self.place(Node::Members(Names::Others(names, Vec::new()), nothing)),
                ];
                for (name, member) in members {
                    let member = self.constant(member);
                    parts.push(self.place(Node::Required(name.clone())));
                    parts.push(self.place(Node::Members(Names::One(name.clone()), member)));
                }
                self.all(parts)
            }
            scalar => {
                let scalar = Self::scalar(scalar).expect("arrays and objects are done above");
                self.place(Node::Enum(vec![scalar]))
            }
        }
    }

    /// A value that is neither array nor object.
    pub(crate) fn scalar(value: &Value) -> Option<Scalar> {
        Some(match value {
            Value::Null => Scalar::Null,
            Value::Bool(is) => Scalar::Boolean(*is),
            Value::Number(number) => Scalar::Number(number::exact(number)),
            Value::String(text) => Scalar::String(text.clone()),
            Value::Array(_) | Value::Object(_) => return None,
        })
    }
}
