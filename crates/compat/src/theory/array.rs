//! Arrays: length by length, place by place. What must be somewhere (`contains`, a refuted `items`) is a demand, and
//! each place may serve some of them; how many are served so far is all that the next place has to know.

use std::collections::HashSet;

use serde_json::Value;

use crate::{
    node::{Id, Lit, Node},
    search::{Finding, Outcome, Search},
};

/// Longest array that is built.
const MAX_LENGTH: u64 = 200;
/// Most demands; each place tries all their subsets.
const MAX_DEMANDS: usize = 8;

/// How many places are to serve, and how.
#[derive(Debug, Clone)]
enum Demand {
    /// One place from here on is of this.
    Somewhere(u64, Lit),
    /// So many places are of this schema, the upper bound included.
    Count { of: Id, min: u64, max: Option<u64> },
}

/// What the atoms say.
#[derive(Debug, Default)]
struct Arrays {
    min: u64,
    max: Option<u64>,
    at: Vec<(u64, Lit)>,
    from: Vec<(u64, Lit)>,
    demands: Vec<Demand>,
    unique: bool,
    not_unique: bool,
    empty: bool,
}

/// One value that stands at one place, or at two.
#[derive(Debug, Clone)]
struct Slot {
    places: Vec<u64>,
    goal: Vec<Lit>,
}

/// Whether a length can be had.
enum Built {
    Never,
    Array(Vec<Value>),
    Unknown,
}

pub(super) fn find(search: &mut Search<'_>, atoms: &[Lit]) -> Finding {
    let arrays = Arrays::read(search, atoms);
    if arrays.empty || arrays.max.is_some_and(|max| max < arrays.min) {
        return Finding::Empty;
    }
    if arrays.demands.len() > MAX_DEMANDS {
        search.note("contains", "", "more demands on the items of one array than are looked at");
        return Finding::Unknown;
    }
    let longest = arrays.longest();
    let mut unknown = false;
    for length in arrays.min..=arrays.max.map_or(longest, |max| max.min(longest)) {
        if length > MAX_LENGTH {
            search.note("minItems", "", "longer arrays than are looked at");
            return Finding::Unknown;
        }
        match arrays.of_length(search, length) {
            Built::Array(items) => return Finding::Candidates(vec![Value::Array(items)]),
            Built::Unknown => unknown = true,
            Built::Never => {}
        }
        // Nothing can stand at the next place, so nothing is longer.
        if matches!(search.inhabit(arrays.goal(length)), Outcome::Empty) {
            break;
        }
    }
    if unknown { Finding::Unknown } else { Finding::Empty }
}

impl Arrays {
    fn read(search: &Search<'_>, atoms: &[Lit]) -> Self {
        let mut arrays = Self::default();
        for lit in atoms {
            match (search.arena.node(lit.id), lit.holds) {
                (Node::MinItems(min), true) => arrays.at_least(*min),
                (Node::MaxItems(max), true) => arrays.at_most(*max),
                (Node::MaxItems(max), false) => arrays.at_least(max.saturating_add(1)),
                (Node::MinItems(min), false) => match min.checked_sub(1) {
                    Some(max) => arrays.at_most(max),
                    None => arrays.empty = true,
                },
                (Node::Item(n, of), true) => arrays.at.push((*n, Lit::yes(*of))),
                (Node::Item(n, of), false) => {
                    arrays.at_least(n.saturating_add(1));
                    arrays.at.push((*n, Lit::no(*of)));
                }
                (Node::Items(first, of), true) => arrays.from.push((*first, Lit::yes(*of))),
                (Node::Items(first, of), false) => arrays.demands.push(Demand::Somewhere(*first, Lit::no(*of))),
                (Node::ContainsMin(of, min), true) => arrays.count(*of, *min, None),
                (Node::ContainsMin(of, min), false) => match min.checked_sub(1) {
                    Some(0) => arrays.from.push((0, Lit::no(*of))),
                    Some(max) => arrays.count(*of, 0, Some(max)),
                    None => arrays.empty = true,
                },
                (Node::UniqueItems, true) => arrays.unique = true,
                (Node::UniqueItems, false) => arrays.not_unique = true,
                _ => {}
            }
        }
        arrays
    }

    fn at_least(&mut self, min: u64) {
        self.min = self.min.max(min);
    }

    fn at_most(&mut self, max: u64) {
        self.max = Some(self.max.map_or(max, |known| known.min(max)));
    }

    fn count(&mut self, what: Id, least: u64, most: Option<u64>) {
        for demand in &mut self.demands {
            if let Demand::Count { of, min, max } = demand
                && *of == what
            {
                *min = (*min).max(least);
                *max = match (*max, most) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
                return;
            }
        }
        self.demands.push(Demand::Count { of: what, min: least, max: most });
    }

    /// The length from which on an array of the kind has a place that can be taken out.
    fn longest(&self) -> u64 {
        let fixed = self.at.iter().map(|(n, _)| n + 1).chain(self.from.iter().map(|(first, _)| *first));
        let mut prefix = fixed.fold(self.min, u64::max);
        let mut served = if self.not_unique { 2 } else { 0_u64 };
        for demand in &self.demands {
            match demand {
                Demand::Somewhere(first, _) => {
                    prefix = prefix.max(*first);
                    served = served.saturating_add(1);
                }
                Demand::Count { min, .. } => served = served.saturating_add(*min),
            }
        }
        prefix.saturating_add(served)
    }

    /// What is said of a place apart from the demands.
    fn goal(&self, place: u64) -> Vec<Lit> {
        let at = self.at.iter().filter(|(n, _)| *n == place);
        let from = self.from.iter().filter(|(first, _)| *first <= place);
        let mut goal: Vec<Lit> = at.chain(from).map(|(_, lit)| *lit).collect();
        goal.sort_unstable();
        goal.dedup();
        goal
    }

    fn of_length(&self, search: &mut Search<'_>, length: u64) -> Built {
        let slots: Vec<Slot> = (0..length).map(|place| Slot { places: vec![place], goal: self.goal(place) }).collect();
        if !self.not_unique {
            return self.fill(search, &slots);
        }
        let mut unknown = false;
        for second in 1..slots.len() {
            for first in 0..second {
                let mut twin = slots[first].clone();
                twin.places.extend(&slots[second].places);
                twin.goal.extend(&slots[second].goal);
                let mut twinned = vec![twin];
                twinned.extend(
                    slots.iter().enumerate().filter(|(n, _)| *n != first && *n != second).map(|(_, slot)| slot.clone()),
                );
                match self.fill(search, &twinned) {
                    Built::Never => {}
                    Built::Unknown => unknown = true,
                    built @ Built::Array(_) => return built,
                }
            }
        }
        if unknown { Built::Unknown } else { Built::Never }
    }

    fn fill(&self, search: &mut Search<'_>, slots: &[Slot]) -> Built {
        let mut filling = Filling { arrays: self, slots, failed: HashSet::new(), distinct: false };
        let loose = filling.place(search, 0, vec![0; self.demands.len()], &mut Vec::new());
        let Built::Array(items) = loose else { return loose };
        if !self.unique || crate::evaluate::are_distinct(&items) {
            return Built::Array(items);
        }
        filling.distinct = true;
        match filling.place(search, 0, vec![0; self.demands.len()], &mut Vec::new()) {
            // Places that are all alike give up their values in any order.
            Built::Never if !self.demands.is_empty() || slots.windows(2).any(|pair| pair[0].goal != pair[1].goal) => {
                search.note("uniqueItems", "", "distinct items of several schemas");
                Built::Unknown
            }
            built => built,
        }
    }
}

/// Fills the places of one length.
struct Filling<'a> {
    arrays: &'a Arrays,
    slots: &'a [Slot],
    /// Slots from which on nothing can be done, with what was served before.
    failed: HashSet<(usize, Vec<u64>)>,
    distinct: bool,
}

impl Filling<'_> {
    fn place(&mut self, search: &mut Search<'_>, n: usize, served: Vec<u64>, values: &mut Vec<Value>) -> Built {
        let Some(slot) = self.slots.get(n) else {
            return if self.is_served(&served) { Built::Array(self.assembled(values)) } else { Built::Never };
        };
        if !self.distinct && self.failed.contains(&(n, served.clone())) {
            return Built::Never;
        }
        if !search.step() {
            return Built::Unknown;
        }
        let mut unknown = false;
        for choice in 0..1_u32 << self.arrays.demands.len() {
            let Some((mut goal, next)) = self.serve(slot, choice, &served) else { continue };
            if self.distinct {
                for value in values.iter() {
                    goal.push(Lit::no(search.arena.constant(value)));
                }
            }
            match search.inhabit(goal) {
                Outcome::Empty => {}
                Outcome::Unknown => unknown = true,
                Outcome::Found(value) => {
                    values.push(value);
                    let rest = || self.place(search, n + 1, next, values);
                    match crate::stack::deep(rest) {
                        Built::Never => {}
                        Built::Unknown => unknown = true,
                        built @ Built::Array(_) => return built,
                    }
                    values.pop();
                }
            }
        }
        if unknown {
            return Built::Unknown;
        }
        if !self.distinct {
            self.failed.insert((n, served));
        }
        Built::Never
    }

    /// The goal of a slot that serves these demands, and what is served then; nothing where it cannot serve them or
    /// has no need to.
    fn serve(&self, slot: &Slot, choice: u32, served: &[u64]) -> Option<(Vec<Lit>, Vec<u64>)> {
        let (mut goal, mut next) = (slot.goal.clone(), served.to_vec());
        let weight = slot.places.len() as u64;
        let last = slot.places.iter().copied().max().unwrap_or(0);
        for (n, demand) in self.arrays.demands.iter().enumerate() {
            let serves = choice & (1 << n) != 0;
            match demand {
                Demand::Somewhere(first, lit) if serves => {
                    if served[n] > 0 || last < *first {
                        return None;
                    }
                    goal.push(*lit);
                    next[n] = 1;
                }
                Demand::Somewhere(..) => {}
                Demand::Count { of, min, max: None } if serves => {
                    if served[n] >= *min {
                        return None;
                    }
                    goal.push(Lit::yes(*of));
                    next[n] = (served[n] + weight).min(*min);
                }
                Demand::Count { max: None, .. } => {}
                Demand::Count { of, min, max: Some(max) } if serves => {
                    next[n] = served[n] + weight;
                    if next[n] > *max {
                        return None;
                    }
                    if *min > 0 {
                        goal.push(Lit::yes(*of));
                    }
                }
                Demand::Count { of, max: Some(_), .. } => goal.push(Lit::no(*of)),
            }
        }
        Some((goal, next))
    }

    fn is_served(&self, served: &[u64]) -> bool {
        self.arrays.demands.iter().zip(served).all(|(demand, served)| match demand {
            Demand::Somewhere(..) => *served > 0,
            Demand::Count { min, .. } => served >= min,
        })
    }

    fn assembled(&self, values: &[Value]) -> Vec<Value> {
        let mut placed: Vec<(u64, Value)> = Vec::new();
        for (slot, value) in self.slots.iter().zip(values) {
            placed.extend(slot.places.iter().map(|place| (*place, value.clone())));
        }
        placed.sort_by_key(|(place, _)| *place);
        placed.into_iter().map(|(_, value)| value).collect()
    }
}
