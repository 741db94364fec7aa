//! The search: is there a value of which all these literals hold?
//!
//! A goal is tried type by type. Literals are taken apart until only atoms of the type and clauses (choices) are left.
//! The theory of the type looks at the atoms alone: if they contradict each other, so does the case, whatever is
//! chosen. Else it gives a candidate, and the search chooses where a clause does not hold of that candidate. So only
//! choices that matter are made.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::{
    arena::Arena,
    budget::{Budget, Meter},
    case::{Case, Clause},
    inclusion::Reason,
    node::{Lit, Node, Scalar, Type},
    theory,
};

/// Deepest nesting of goals.
const MAX_DEPTH: usize = 120;

/// What is known of a goal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// No value.
    Empty,
    /// This value, as far as is known.
    Found(Value),
    Unknown,
}

/// What a theory knows of atoms of its type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Finding {
    Empty,
    /// Candidates, the likeliest first; at least one.
    Candidates(Vec<Value>),
    Unknown,
}

/// One question being answered.
pub(crate) struct Search<'a> {
    pub(crate) arena: &'a mut Arena,
    pub(crate) meter: Meter,
    known: HashMap<Vec<Lit>, Outcome>,
    /// Goals that are being tried, by depth.
    open: HashMap<Vec<Lit>, usize>,
    /// The outermost open goal that the current one took for empty.
    lean: usize,
    reasons: BTreeSet<Reason>,
}

/// Who says whether a candidate will do.
type Judge<'j> = Option<&'j dyn Fn(&Value) -> bool>;

/// What goes with one goal while its cases are tried.
struct Attempt<'j> {
    goal: Vec<Lit>,
    judge: Judge<'j>,
    /// A candidate of which not all is known.
    likely: Option<Value>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(arena: &'a mut Arena, budget: &Budget) -> Self {
        Self {
            arena,
            meter: Meter::new(budget),
            known: HashMap::new(),
            open: HashMap::new(),
            lean: usize::MAX,
            reasons: BTreeSet::new(),
        }
    }

    /// What stood in the way so far.
    pub(crate) fn reasons(self) -> Vec<Reason> {
        self.reasons.into_iter().collect()
    }

    /// The whole question: a value counts when `confirm` says so.
    pub(crate) fn question(&mut self, goal: Vec<Lit>, confirm: &dyn Fn(&Value) -> bool) -> Outcome {
        self.attempt(goal, Some(confirm))
    }

    /// A value of which all literals hold, as far as is known here.
    pub(crate) fn inhabit(&mut self, mut goal: Vec<Lit>) -> Outcome {
        goal.sort_unstable();
        goal.dedup();
        if let Some(known) = self.known.get(&goal) {
            return known.clone();
        }
        // A smallest value of a goal does not contain a value of the same goal.
        if let Some(depth) = self.open.get(&goal) {
            self.lean = self.lean.min(*depth);
            return Outcome::Empty;
        }
        if self.open.len() >= MAX_DEPTH {
            self.note("depth", "", "schemas refer to each other deeper than is looked at");
            return Outcome::Unknown;
        }
        let (depth, before) = (self.open.len(), std::mem::replace(&mut self.lean, usize::MAX));
        self.open.insert(goal.clone(), depth);
        let outcome = crate::stack::deep(|| self.attempt(goal.clone(), None));
        self.open.remove(&goal);
        let leans = self.lean < depth;
        self.lean = if leans { before.min(self.lean) } else { before };
        if !self.meter.exhausted() && (!leans || matches!(outcome, Outcome::Found(_))) {
            self.known.insert(goal, outcome.clone());
        }
        outcome
    }

    fn attempt(&mut self, goal: Vec<Lit>, judge: Judge<'_>) -> Outcome {
        let mut attempt = Attempt { goal, judge, likely: None };
        let mut outcome = Outcome::Empty;
        for kind in Type::ALL {
            let mut case = Case::new(kind);
            if !case.take(self.arena, attempt.goal.clone()) {
                continue;
            }
            match self.solve(&case, &mut attempt) {
                Outcome::Empty => {}
                Outcome::Unknown => outcome = Outcome::Unknown,
                found @ Outcome::Found(_) => return found,
            }
        }
        match attempt.likely {
            Some(value) if judge.is_none() => Outcome::Found(value),
            _ => outcome,
        }
    }

    fn solve(&mut self, case: &Case, attempt: &mut Attempt<'_>) -> Outcome {
        if !self.step() {
            return Outcome::Unknown;
        }
        if let Some(values) = self.finite(case) {
            return self.listed(case, values, attempt);
        }
        let atoms: Vec<Lit> = case.atoms().collect();
        let candidates = match theory::find(self, case.kind(), &atoms) {
            Finding::Empty => return Outcome::Empty,
            Finding::Candidates(candidates) => candidates,
            Finding::Unknown => Vec::new(),
        };
        let mut open: Option<usize> = None;
        for value in &candidates {
            match self.broken(case, value) {
                None => {
                    if self.accept(value, attempt) {
                        return Outcome::Found(value.clone());
                    }
                }
                Some(clause) => open = open.or(Some(clause)),
            }
        }
        if candidates.is_empty() {
            open = (0..case.clauses().len()).min_by_key(|n| case.clauses()[*n].len());
        }
        let Some(chosen) = open else {
            self.explain(&atoms);
            return Outcome::Unknown;
        };
        let mut outcome = Outcome::Empty;
        for alternative in case.clauses()[chosen].clone() {
            let mut next = case.without(chosen);
            if !next.take(self.arena, alternative) {
                continue;
            }
            match crate::stack::deep(|| self.solve(&next, attempt)) {
                Outcome::Empty => {}
                Outcome::Unknown => outcome = Outcome::Unknown,
                found @ Outcome::Found(_) => return found,
            }
        }
        outcome
    }

    /// The clause with the fewest alternatives that is not known to hold of a value.
    fn broken(&mut self, case: &Case, value: &Value) -> Option<usize> {
        let open: Vec<usize> =
            (0..case.clauses().len()).filter(|n| self.clause(&case.clauses()[*n], value) != Some(true)).collect();
        open.into_iter().min_by_key(|n| case.clauses()[*n].len())
    }

    fn clause(&mut self, clause: &Clause, value: &Value) -> Option<bool> {
        let mut any = Some(false);
        for alternative in clause {
            if !self.step() {
                return None;
            }
            match self.every(alternative, value) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => any = None,
            }
        }
        any
    }

    fn every(&mut self, lits: &[Lit], value: &Value) -> Option<bool> {
        let mut all = Some(true);
        for lit in lits {
            match self.arena.holds(*lit, value) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => all = None,
            }
        }
        all
    }

    fn accept(&mut self, value: &Value, attempt: &mut Attempt<'_>) -> bool {
        if let Some(judge) = attempt.judge {
            return self.step() && judge(value);
        }
        match self.every(&attempt.goal, value) {
            Some(sure) if sure => true,
            Some(_) => false,
            None => {
                attempt.likely.get_or_insert_with(|| value.clone());
                false
            }
        }
    }

    /// The scalars that the case is confined to, if it is.
    fn finite(&self, case: &Case) -> Option<Vec<Value>> {
        let kind = case.kind();
        let mut lists = case.atoms().filter(|lit| lit.holds).filter_map(|lit| match self.arena.node(lit.id) {
            Node::Enum(scalars) => Some(scalars),
            _ => None,
        });
        let first = match (kind, lists.next()) {
            (_, Some(first)) => first.clone(),
            (Type::Null, None) => vec![Scalar::Null],
            (Type::Boolean, None) => vec![Scalar::Boolean(false), Scalar::Boolean(true)],
            _ => return None,
        };
        let left: Vec<Scalar> = lists.fold(first, |mut left, list| {
            left.retain(|scalar| list.binary_search(scalar).is_ok());
            left
        });
        Some(left.iter().filter(|scalar| scalar.kind() == kind).filter_map(theory::value).collect())
    }

    /// The case when these are all its values.
    fn listed(&mut self, case: &Case, values: Vec<Value>, attempt: &mut Attempt<'_>) -> Outcome {
        let atoms: Vec<Lit> = case.atoms().collect();
        let mut outcome = Outcome::Empty;
        for value in values {
            if !self.step() {
                return Outcome::Unknown;
            }
            let mut holds = self.every(&atoms, &value);
            for clause in case.clauses() {
                if holds == Some(false) {
                    break;
                }
                match self.clause(clause, &value) {
                    Some(true) => {}
                    Some(false) => holds = Some(false),
                    None => holds = None,
                }
            }
            if holds == Some(false) {
                continue;
            }
            if self.accept(&value, attempt) {
                return Outcome::Found(value);
            }
            self.explain(&atoms);
            outcome = Outcome::Unknown;
        }
        outcome
    }

    /// Counts a step; false when the budget is spent.
    pub(crate) fn step(&mut self) -> bool {
        if self.meter.step() && self.arena.is_small() {
            return true;
        }
        self.note("budget", "", "the pair needs more work than the budget allows");
        false
    }

    /// Notes the atoms that cannot be judged.
    fn explain(&mut self, atoms: &[Lit]) {
        for lit in atoms {
            if let Node::Opaque { key, .. } = self.arena.node(lit.id) {
                let (keyword, what) = key.split_once(' ').unwrap_or((key, ""));
                let shown: String = what.chars().take(80).collect();
                let more = if shown.len() < what.len() { "…" } else { "" };
                let (keyword, message) = (keyword.to_owned(), format!("`{keyword}` is not understood: {shown}{more}"));
                let origin = self.arena.origin(lit.id).to_owned();
                self.note(&keyword, &origin, &message);
            }
        }
    }

    /// An undecided answer has a reason, if only a general one.
    pub(crate) fn note_if_silent(&mut self, keyword: &str, message: &str) {
        if self.reasons.is_empty() {
            self.note(keyword, "", message);
        }
    }

    pub(crate) fn note(&mut self, keyword: &str, pointer: &str, message: &str) {
        if self.reasons.len() < 20 {
            let (keyword, pointer, message) = (keyword.to_owned(), pointer.to_owned(), message.to_owned());
            self.reasons.insert(Reason { keyword, pointer, message });
        }
    }
}
