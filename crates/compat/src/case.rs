//! One case of a goal: values of one type, what is said of them for sure, and the choices left.

use std::collections::{BTreeSet, HashSet};

use crate::{
    arena::Arena,
    node::{Id, Lit, Node, Type},
};

/// A choice between conjunctions.
pub(crate) type Clause = Vec<Vec<Lit>>;

/// How deep a literal of a clause is looked into before it is chosen.
const LOOK: usize = 4;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    kind: Type,
    atoms: BTreeSet<Lit>,
    clauses: Vec<Clause>,
    seen: HashSet<Lit>,
}

impl Case {
    pub(crate) fn new(kind: Type) -> Self {
        Self { kind, atoms: BTreeSet::new(), clauses: Vec::new(), seen: HashSet::new() }
    }

    pub(crate) fn kind(&self) -> Type {
        self.kind
    }

    pub(crate) fn atoms(&self) -> impl Iterator<Item = Lit> {
        self.atoms.iter().copied()
    }

    pub(crate) fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// The case without one of its clauses, to put an alternative in its place.
    pub(crate) fn without(&self, clause: usize) -> Self {
        let mut next = self.clone();
        next.clauses.remove(clause);
        next
    }

    /// Adds literals and all that follows from them; false when they contradict the case.
    pub(crate) fn take(&mut self, arena: &mut Arena, mut queue: Vec<Lit>) -> bool {
        loop {
            while let Some(lit) = queue.pop() {
                if !self.seen.insert(lit) {
                    continue;
                }
                if self.seen.contains(&lit.negated()) || !self.unfold(arena, lit, &mut queue) {
                    return false;
                }
            }
            if !self.simplify(arena, &mut queue) {
                return false;
            }
            if queue.is_empty() {
                return true;
            }
        }
    }

    /// Takes one literal apart.
    fn unfold(&mut self, arena: &Arena, lit: Lit, queue: &mut Vec<Lit>) -> bool {
        let signed = |ids: &[Id], holds: bool| -> Vec<Lit> { ids.iter().map(|id| Lit { id: *id, holds }).collect() };
        match (arena.node(lit.id), lit.holds) {
            (Node::All(of), true) => queue.extend(signed(of, true)),
            (Node::Any(of), false) => queue.extend(signed(of, false)),
            (Node::All(of), false) => self.clauses.push(signed(of, false).into_iter().map(|lit| vec![lit]).collect()),
            (Node::Any(of), true) => self.clauses.push(signed(of, true).into_iter().map(|lit| vec![lit]).collect()),
            (Node::ExactlyOne(of), true) => {
                let alternative = |n: usize| {
                    of.iter().enumerate().map(|(other, id)| Lit { id: *id, holds: other == n }).collect::<Vec<_>>()
                };
                self.clauses.push((0..of.len()).map(alternative).collect());
            }
            (Node::ExactlyOne(of), false) => {
                let mut clause = vec![signed(of, false)];
                for (n, first) in of.iter().enumerate() {
                    let both = of[n + 1..].iter().filter(|second| !are_apart(arena, *first, **second));
                    clause.extend(both.map(|second| vec![Lit::yes(*first), Lit::yes(*second)]));
                }
                self.clauses.push(clause);
            }
            (Node::Not(inner), holds) => queue.push(Lit { id: *inner, holds: !holds }),
            (Node::Recursive(number), holds) => match arena.body(*number) {
                Some(id) => queue.push(Lit { id, holds }),
                None => drop(self.atoms.insert(lit)),
            },
            (node, holds) => match of_type(node, self.kind) {
                Some(always) => return always == holds,
                None => drop(self.atoms.insert(lit)),
            },
        }
        true
    }

    /// Drops clauses that hold and alternatives that cannot; what is left alone is taken.
    fn simplify(&mut self, arena: &Arena, queue: &mut Vec<Lit>) -> bool {
        let mut left = Vec::new();
        for clause in std::mem::take(&mut self.clauses) {
            let mut alternatives: Clause = Vec::new();
            let mut holds = false;
            for alternative in clause {
                match self.every(arena, &alternative) {
                    Some(true) => {
                        holds = true;
                        break;
                    }
                    Some(false) => {}
                    None => alternatives.push(alternative),
                }
            }
            if holds {
                continue;
            }
            match alternatives.len() {
                0 => return false,
                1 => queue.extend(alternatives.remove(0)),
                _ => left.push(alternatives),
            }
        }
        self.clauses = left;
        true
    }

    fn every(&self, arena: &Arena, lits: &[Lit]) -> Option<bool> {
        let mut all = Some(true);
        for lit in lits {
            match self.status(arena, *lit, LOOK) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => all = None,
            }
        }
        all
    }

    /// Whether the case settles a literal.
    fn status(&self, arena: &Arena, lit: Lit, look: usize) -> Option<bool> {
        if self.seen.contains(&lit) {
            return Some(true);
        }
        if self.seen.contains(&lit.negated()) {
            return Some(false);
        }
        if look == 0 {
            return None;
        }
        let combine = |of: &[Id], decisive: bool| {
            let mut all = Some(!decisive);
            for id in of {
                match self.status(arena, Lit::yes(*id), look - 1) {
                    Some(holds) if holds == decisive => return Some(decisive),
                    Some(_) => {}
                    None => all = None,
                }
            }
            all
        };
        let holds = match arena.node(lit.id) {
            Node::All(of) => combine(of, false),
            Node::Any(of) => combine(of, true),
            Node::Not(inner) => self.status(arena, Lit::yes(*inner), look - 1).map(|holds| !holds),
            Node::ExactlyOne(_) | Node::Recursive(_) => None,
            node => of_type(node, self.kind),
        };
        holds.map(|holds| holds == lit.holds)
    }
}

/// Whether two schemas are lists of scalars without a common one.
fn are_apart(arena: &Arena, first: Id, second: Id) -> bool {
    match (arena.node(first), arena.node(second)) {
        (Node::Enum(first), Node::Enum(second)) => first.iter().all(|scalar| second.binary_search(scalar).is_err()),
        _ => false,
    }
}

/// What an atom says of all values of a type, if it says the same of all.
fn of_type(node: &Node, kind: Type) -> Option<bool> {
    let speaks_of = match node {
        Node::Types(types) => return Some(types.contains(&kind)),
        Node::Enum(scalars) => {
            return if scalars.iter().any(|scalar| scalar.kind() == kind) { None } else { Some(false) };
        }
        Node::Minimum { .. } | Node::Maximum { .. } | Node::MultipleOf(_) => Type::Number,
        Node::MinLength(_) | Node::MaxLength(_) | Node::Pattern(_) => Type::String,
        Node::MinItems(_)
        | Node::MaxItems(_)
        | Node::Item(..)
        | Node::Items(..)
        | Node::ContainsMin(..)
        | Node::UniqueItems => Type::Array,
        Node::MinProperties(_)
        | Node::MaxProperties(_)
        | Node::Required(_)
        | Node::Members(..)
        | Node::PropertyNames(_) => Type::Object,
        Node::Opaque { of: Some(of), .. } => *of,
        Node::Opaque { of: None, .. } => return None,
        Node::All(_) | Node::Any(_) | Node::ExactlyOne(_) | Node::Not(_) | Node::Recursive(_) => return None,
    };
    if speaks_of == kind { None } else { Some(true) }
}
