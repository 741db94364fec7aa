//! A member with a name that no atom names. Such names differ by the patterns they match, so each set of patterns is
//! tried: the name is a string of that kind, the value is what is said of members with such names.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Demand, Objects};
use crate::{
    node::{Id, Lit, Names, Node, Scalar, Type},
    search::{Outcome, Search},
};

/// Most patterns of which all sets are tried.
const MAX_PATTERNS: usize = 6;

pub(super) enum Fresh {
    /// There is none.
    None,
    Member(String, Value),
    Unknown,
}

/// A member that serves these demands, apart from those there are.
pub(super) fn find(
    search: &mut Search<'_>,
    objects: &Objects,
    demands: &[&Demand],
    there: &Map<String, Value>,
) -> Fresh {
    let mut patterns = BTreeSet::new();
    let demanded = demands.iter().filter_map(|demand| demand.names.as_ref());
    for names in objects.members.iter().map(|(names, _)| names).chain(demanded) {
        match names {
            Names::One(_) => {}
            Names::Matching(pattern) => drop(patterns.insert(*pattern)),
            Names::Others(_, others) => patterns.extend(others),
        }
    }
    let patterns: Vec<Id> = patterns.into_iter().collect();
    let taken = objects.named.iter().chain(there.keys());
    let mut taken: Vec<Scalar> = taken.map(|name| Scalar::String(name.clone())).collect();
    taken.sort_unstable();
    taken.dedup();
    let mut name = vec![Lit::yes(search.arena.place(Node::Types(vec![Type::String])))];
    name.extend(&objects.names);
    name.extend(demands.iter().filter_map(|demand| demand.name));
    if !taken.is_empty() {
        name.push(Lit::no(search.arena.place(Node::Enum(taken))));
    }
    let (sets, complete) = sets(&patterns);
    let mut unknown = !complete;
    for matched in sets {
        match of_kind(search, objects, demands, &name, &patterns, &matched) {
            Fresh::None => {}
            Fresh::Unknown => unknown = true,
            member @ Fresh::Member(..) => return member,
        }
    }
    if !complete {
        search.note("patternProperties", "", "more patterns of names than are looked at together");
    }
    if unknown { Fresh::Unknown } else { Fresh::None }
}

/// A member whose name matches these of the patterns.
fn of_kind(
    search: &mut Search<'_>,
    objects: &Objects,
    demands: &[&Demand],
    name: &[Lit],
    patterns: &[Id],
    matched: &BTreeSet<Id>,
) -> Fresh {
    let applies = |names: &Names| match names {
        Names::One(_) => false,
        Names::Matching(pattern) => matched.contains(pattern),
        Names::Others(_, patterns) => patterns.iter().all(|pattern| !matched.contains(pattern)),
    };
    if !demands.iter().filter_map(|demand| demand.names.as_ref()).all(applies) {
        return Fresh::None;
    }
    let mut value: Vec<Lit> = objects.members.iter().filter(|(names, _)| applies(names)).map(|(_, lit)| *lit).collect();
    value.extend(demands.iter().filter_map(|demand| demand.value));
    let value = match search.inhabit(value) {
        Outcome::Empty => return Fresh::None,
        Outcome::Unknown => None,
        Outcome::Found(value) => Some(value),
    };
    let mut goal = name.to_vec();
    goal.extend(patterns.iter().map(|pattern| Lit { id: *pattern, holds: matched.contains(pattern) }));
    match (search.inhabit(goal), value) {
        (Outcome::Empty, _) => Fresh::None,
        (Outcome::Found(Value::String(name)), Some(value)) => Fresh::Member(name, value),
        _ => Fresh::Unknown,
    }
}

/// Sets of patterns, the smaller first, and whether these are all.
fn sets(patterns: &[Id]) -> (Vec<BTreeSet<Id>>, bool) {
    if patterns.len() > MAX_PATTERNS {
        let mut sets = vec![BTreeSet::new()];
        sets.extend(patterns.iter().map(|pattern| BTreeSet::from([*pattern])));
        return (sets, false);
    }
    let mut masks: Vec<u32> = (0..1 << patterns.len()).collect();
    masks.sort_by_key(|mask| mask.count_ones());
    let set =
        |mask: u32| patterns.iter().enumerate().filter(|(n, _)| mask & (1 << n) != 0).map(|(_, id)| *id).collect();
    (masks.into_iter().map(set).collect(), true)
}
