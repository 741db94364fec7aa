//! Objects: the names that the atoms name, one by one, and fresh names by which patterns they match.

mod fresh;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use self::fresh::Fresh;
use crate::{
    node::{Lit, Names, Node},
    search::{Finding, Outcome, Search},
};

/// Most members that must be somewhere without their names being known.
const MAX_DEMANDS: usize = 5;
/// Largest object that is filled up to its least size.
const MAX_SIZE: u64 = 200;

/// Somewhere there is a member like this.
#[derive(Debug, Clone)]
struct Demand {
    names: Option<Names>,
    /// What the name is, beside that.
    name: Option<Lit>,
    value: Option<Lit>,
}

/// What the atoms say.
#[derive(Debug, Default)]
struct Objects {
    min: u64,
    max: Option<u64>,
    required: BTreeSet<String>,
    absent: BTreeSet<String>,
    named: BTreeSet<String>,
    members: Vec<(Names, Lit)>,
    demands: Vec<Demand>,
    /// What all names are.
    names: Vec<Lit>,
    empty: bool,
}

/// Which members stand for the demands.
#[derive(Debug, Clone, Default)]
struct Plan {
    /// Members with known names, and what is said of them beside [`Objects::goal`].
    named: BTreeMap<String, Vec<Lit>>,
    /// Members with fresh names, and the demands that each serves.
    fresh: Vec<Vec<usize>>,
}

/// Whether a plan can be carried out.
enum Built {
    Never,
    Object(Map<String, Value>),
    Unknown,
}

/// Why members with fresh names cannot be added.
enum Stuck {
    Always,
    Unknown,
    /// The `n`th in this order finds no name that is left.
    At(usize),
}

pub(super) fn find(search: &mut Search<'_>, atoms: &[Lit]) -> Finding {
    let objects = Objects::read(search, atoms);
    if objects.empty
        || objects.max.is_some_and(|max| max < objects.min.max(objects.required.len() as u64))
        || !objects.required.is_disjoint(&objects.absent)
    {
        return Finding::Empty;
    }
    let mut plan = Plan::default();
    for name in &objects.required {
        let goal = objects.goal(search, name);
        if objects.is_refused(search, name) || search.inhabit(goal) == Outcome::Empty {
            return Finding::Empty;
        }
        plan.named.insert(name.clone(), Vec::new());
    }
    if objects.demands.len() > MAX_DEMANDS {
        search.note("additionalProperties", "", "more demands on the members of one object than are looked at");
        return Finding::Unknown;
    }
    match objects.serve(search, 0, plan) {
        Built::Object(members) => Finding::Candidates(vec![Value::Object(members)]),
        Built::Never => Finding::Empty,
        Built::Unknown => Finding::Unknown,
    }
}

impl Objects {
    fn read(search: &Search<'_>, atoms: &[Lit]) -> Self {
        let mut objects = Self::default();
        for lit in atoms {
            match (search.arena.node(lit.id), lit.holds) {
                (Node::MinProperties(min), true) => objects.at_least(*min),
                (Node::MaxProperties(max), true) => objects.at_most(*max),
                (Node::MaxProperties(max), false) => objects.at_least(max.saturating_add(1)),
                (Node::MinProperties(min), false) => match min.checked_sub(1) {
                    Some(max) => objects.at_most(max),
                    None => objects.empty = true,
                },
                (Node::Required(name), true) => objects.require(name),
                (Node::Required(name), false) => {
                    objects.named.insert(name.clone());
                    objects.absent.insert(name.clone());
                }
                (Node::Members(names, of), true) => {
                    objects.mention(names);
                    objects.members.push((names.clone(), Lit::yes(*of)));
                }
                (Node::Members(names @ Names::One(name), of), false) => {
                    objects.require(name);
                    objects.members.push((names.clone(), Lit::no(*of)));
                }
                (Node::Members(names, of), false) => {
                    objects.mention(names);
                    objects.demands.push(Demand { names: Some(names.clone()), name: None, value: Some(Lit::no(*of)) });
                }
                (Node::PropertyNames(of), true) => objects.names.push(Lit::yes(*of)),
                (Node::PropertyNames(of), false) => {
                    objects.demands.push(Demand { names: None, name: Some(Lit::no(*of)), value: None });
                }
                _ => {}
            }
        }
        objects
    }

    fn at_least(&mut self, min: u64) {
        self.min = self.min.max(min);
    }

    fn at_most(&mut self, max: u64) {
        self.max = Some(self.max.map_or(max, |known| known.min(max)));
    }

    fn require(&mut self, name: &str) {
        self.named.insert(name.to_owned());
        self.required.insert(name.to_owned());
    }

    fn mention(&mut self, names: &Names) {
        match names {
            Names::One(name) => drop(self.named.insert(name.clone())),
            Names::Matching(_) => {}
            Names::Others(names, _) => self.named.extend(names.iter().cloned()),
        }
    }

    /// Whether no member has this name.
    fn is_refused(&self, search: &mut Search<'_>, name: &str) -> bool {
        if self.absent.contains(name) {
            return true;
        }
        let text = Value::from(name);
        self.names.iter().any(|lit| search.arena.holds(*lit, &text) == Some(false))
    }

    /// What is said of the member with this name.
    fn goal(&self, search: &mut Search<'_>, name: &str) -> Vec<Lit> {
        let mut goal: Vec<Lit> = Vec::new();
        for (names, lit) in &self.members {
            if search.arena.names(names, name) == Some(true) {
                goal.push(*lit);
            }
        }
        goal.sort_unstable();
        goal.dedup();
        goal
    }

    /// Finds members for the demands from the `n`th on.
    fn serve(&self, search: &mut Search<'_>, n: usize, plan: Plan) -> Built {
        if !search.step() {
            return Built::Unknown;
        }
        let Some(demand) = self.demands.get(n) else { return self.build(search, &plan) };
        let mut unknown = false;
        for plan in self.choices(search, n, demand, &plan) {
            match self.serve(search, n + 1, plan) {
                Built::Never => {}
                Built::Unknown => unknown = true,
                built @ Built::Object(_) => return built,
            }
        }
        if unknown { Built::Unknown } else { Built::Never }
    }

    /// The plans in which the demand is served: by a known name, by a new fresh one, by a fresh one that is there.
    fn choices(&self, search: &mut Search<'_>, n: usize, demand: &Demand, plan: &Plan) -> Vec<Plan> {
        let mut choices = Vec::new();
        for name in &self.named {
            if demand.names.as_ref().is_some_and(|names| search.arena.names(names, name) == Some(false))
                || demand.name.is_some_and(|lit| search.arena.holds(lit, &Value::from(name.as_str())) == Some(false))
                || self.is_refused(search, name)
            {
                continue;
            }
            let mut next = plan.clone();
            next.named.entry(name.clone()).or_default().extend(demand.value);
            choices.push(next);
        }
        let mut next = plan.clone();
        next.fresh.push(vec![n]);
        choices.push(next);
        for shared in 0..plan.fresh.len() {
            let mut next = plan.clone();
            next.fresh[shared].push(n);
            choices.push(next);
        }
        choices
    }

    fn build(&self, search: &mut Search<'_>, plan: &Plan) -> Built {
        if self.max.is_some_and(|max| (plan.named.len() + plan.fresh.len()) as u64 > max) {
            return Built::Never;
        }
        let mut members = Map::new();
        for (name, more) in &plan.named {
            let mut goal = self.goal(search, name);
            goal.extend(more);
            match search.inhabit(goal) {
                Outcome::Empty => return Built::Never,
                Outcome::Unknown => return Built::Unknown,
                Outcome::Found(value) => drop(members.insert(name.clone(), value)),
            }
        }
        // Each takes the first name it finds, which may be the only one that another can have: that one goes first then.
        let mut order: Vec<usize> = (0..plan.fresh.len()).collect();
        for _ in 0..=plan.fresh.len() {
            match self.add_fresh(search, plan, &order, &members) {
                Ok(all) => return self.fill_up(search, all),
                Err(Stuck::Always) => return Built::Never,
                Err(Stuck::Unknown) => return Built::Unknown,
                Err(Stuck::At(n)) => {
                    let late = order.remove(n);
                    order.insert(0, late);
                }
            }
        }
        search.note("patternProperties", "", "more demands on a few names than are looked at together");
        Built::Unknown
    }

    /// The members, and one for each group of demands in this order.
    fn add_fresh(
        &self,
        search: &mut Search<'_>,
        plan: &Plan,
        order: &[usize],
        named: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Stuck> {
        let mut members = named.clone();
        for (n, group) in order.iter().enumerate() {
            let demands: Vec<&Demand> = plan.fresh[*group].iter().map(|n| &self.demands[*n]).collect();
            match fresh::find(search, self, &demands, &members) {
                Fresh::Unknown => return Err(Stuck::Unknown),
                Fresh::Member(name, value) => drop(members.insert(name, value)),
                // The names that it could have may have gone to those before it.
                Fresh::None => match fresh::find(search, self, &demands, named) {
                    Fresh::None => return Err(Stuck::Always),
                    Fresh::Unknown => return Err(Stuck::Unknown),
                    Fresh::Member(..) => return Err(Stuck::At(n)),
                },
            }
        }
        Ok(members)
    }

    /// Adds members until the object is large enough.
    fn fill_up(&self, search: &mut Search<'_>, mut members: Map<String, Value>) -> Built {
        let mut unknown = false;
        let mut optional = self.named.iter();
        while (members.len() as u64) < self.min {
            if members.len() as u64 > MAX_SIZE {
                search.note("minProperties", "", "larger objects than are looked at");
                return Built::Unknown;
            }
            if let Some(name) = optional.next() {
                if members.contains_key(name) || self.is_refused(search, name) {
                    continue;
                }
                let goal = self.goal(search, name);
                match search.inhabit(goal) {
                    Outcome::Empty => {}
                    Outcome::Unknown => unknown = true,
                    Outcome::Found(value) => drop(members.insert(name.clone(), value)),
                }
                continue;
            }
            match fresh::find(search, self, &[], &members) {
                Fresh::None if unknown => return Built::Unknown,
                Fresh::None => return Built::Never,
                Fresh::Unknown => return Built::Unknown,
                Fresh::Member(name, value) => drop(members.insert(name, value)),
            }
        }
        Built::Object(members)
    }
}
