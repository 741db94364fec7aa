//! Strings: lengths, patterns side by side, what is left out, and formats.

use std::collections::{BTreeSet, HashSet, VecDeque};

use serde_json::Value;

use crate::{
    format,
    language::{NOTHING, Term},
    node::{Lit, Node, Scalar},
    search::{Finding, Search},
};

/// Longest string that is built.
const MAX_LENGTH: u64 = 100_000;
/// Most candidates given.
const CANDIDATES: usize = 4;

/// What the atoms say.
#[derive(Debug, Default)]
struct Strings {
    min: u64,
    max: Option<u64>,
    matching: Vec<Term>,
    not_matching: Vec<Term>,
    excluded: BTreeSet<String>,
    formats: Vec<String>,
    not_formats: Vec<String>,
    /// Patterns beyond regular languages.
    opaque: Vec<String>,
    reversed: bool,
}

pub(super) fn find(search: &mut Search<'_>, atoms: &[Lit]) -> Finding {
    let mut strings = Strings::read(search, atoms);
    let within = |no: &String| strings.formats.iter().any(|yes| format::is_within(yes, no));
    if strings.reversed || strings.max.is_some_and(|max| max < strings.min) || strings.not_formats.iter().any(within) {
        return Finding::Empty;
    }
    if let Some(first) = strings.formats.first().cloned() {
        let fits = |text: &&&str| strings.fits(search, text);
        let found: Vec<Value> = format::samples(&first).iter().filter(fits).map(|text| Value::from(*text)).collect();
        if !found.is_empty() {
            return Finding::Candidates(found);
        }
    }
    for shape in strings.formats.iter().filter_map(|format| format::shape(format)) {
        strings.matching.extend(search.arena.languages.read(shape));
    }
    let found = if strings.matching.is_empty() && strings.not_matching.is_empty() {
        strings.of_length(search)
    } else {
        strings.side_by_side(search)
    };
    match found {
        Finding::Candidates(mut found) => {
            found.extend(strings.guessed(search));
            Finding::Candidates(found)
        }
        other => other,
    }
}

impl Strings {
    fn read(search: &Search<'_>, atoms: &[Lit]) -> Self {
        let mut strings = Self::default();
        for lit in atoms {
            match (search.arena.node(lit.id), lit.holds) {
                (Node::MinLength(min), true) => strings.at_least(*min),
                (Node::MaxLength(max), true) => strings.at_most(*max),
                (Node::MaxLength(max), false) => strings.at_least(max.saturating_add(1)),
                (Node::MinLength(min), false) => match min.checked_sub(1) {
                    Some(max) => strings.at_most(max),
                    None => strings.reversed = true,
                },
                (Node::Pattern(term), true) => strings.matching.push(*term),
                (Node::Pattern(term), false) => strings.not_matching.push(*term),
                (Node::Enum(scalars), false) => {
                    strings.excluded.extend(scalars.iter().filter_map(|scalar| match scalar {
                        Scalar::String(text) => Some(text.clone()),
                        _ => None,
                    }))
                }
                (Node::Opaque { key, .. }, holds) => {
                    if let Some(format) = key.strip_prefix("format ") {
                        let list = if holds { &mut strings.formats } else { &mut strings.not_formats };
                        list.push(format.to_owned());
                    } else if let Some(pattern) = key.strip_prefix("pattern ") {
                        strings.opaque.push(pattern.to_owned());
                    }
                }
                _ => {}
            }
        }
        strings
    }

    fn at_least(&mut self, min: u64) {
        self.min = self.min.max(min);
    }

    fn at_most(&mut self, max: u64) {
        self.max = Some(self.max.map_or(max, |known| known.min(max)));
    }

    fn fits(&self, search: &mut Search<'_>, text: &str) -> bool {
        let length = text.chars().count() as u64;
        length >= self.min
            && self.max.is_none_or(|max| length <= max)
            && !self.excluded.contains(text)
            && self.formats.iter().all(|format| format::is_of(format, text) != Some(false))
            && self.not_formats.iter().all(|format| format::is_of(format, text) != Some(true))
            && self.matching.iter().all(|term| search.arena.languages.accepts(*term, text))
            && self.not_matching.iter().all(|term| !search.arena.languages.accepts(*term, text))
    }

    /// The words that stand in patterns nobody here can read, and their runs: what such a pattern tells apart has to do
    /// with them.
    fn guessed(&self, search: &mut Search<'_>) -> Vec<Value> {
        let mut words: Vec<&str> = Vec::new();
        for pattern in &self.opaque {
            words.extend(pattern.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 1));
            words.extend(pattern.split(['(', ')', '^', '$', '?', '!', '|', '=', '<']).filter(|word| !word.is_empty()));
        }
        let mut texts: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        texts.extend(words.iter().flat_map(|word| [format!("{word}a"), format!("a{word}"), format!("{word}{word}")]));
        texts.retain(|text| self.fits(search, text));
        texts.dedup();
        texts.into_iter().take(12).map(Value::from).collect()
    }

    /// Only length and exclusions: the shortest strings of letters that are not left out.
    fn of_length(&self, search: &mut Search<'_>) -> Finding {
        if self.min > MAX_LENGTH {
            search.note("minLength", "", "longer strings than are looked at");
            return Finding::Unknown;
        }
        if self.max == Some(0) {
            return if self.excluded.contains("") {
                Finding::Empty
            } else {
                Finding::Candidates(vec![Value::from("")])
            };
        }
        let mut found = Vec::new();
        let least = usize::try_from(self.min).unwrap_or(usize::MAX);
        let lengths = if self.min == 0 { vec![0, 1] } else { vec![least] };
        for length in lengths {
            // One letter that changes is enough: there are more letters than names in a list.
            for letter in ('a'..='z').chain('\u{4E00}'..='\u{9FFF}') {
                if !search.step() {
                    return Finding::Unknown;
                }
                let mut text = "a".repeat(length.saturating_sub(1));
                if length > 0 {
                    text.push(letter);
                }
                if !self.excluded.contains(&text)
                    && self.not_formats.iter().all(|no| format::is_of(no, &text) != Some(true))
                {
                    found.push(Value::from(text));
                }
                if length == 0 || found.len() >= CANDIDATES {
                    break;
                }
            }
        }
        if found.is_empty() { Finding::Unknown } else { Finding::Candidates(found) }
    }

    /// All patterns side by side, breadth first: the shortest string that goes through.
    fn side_by_side(&self, search: &mut Search<'_>) -> Finding {
        let languages = &mut search.arena.languages;
        let listed: Vec<Term> = self.excluded.iter().map(|text| languages.text(text)).collect();
        let excluded = languages.union(listed);
        let yes = self.matching.len();
        let mut terms = self.matching.clone();
        terms.extend(&self.not_matching);
        terms.push(excluded);
        // Longer than this, the length no longer tells states apart.
        let counted = self.max.unwrap_or(self.min);
        // The first state is none of the others: anchors hold there.
        let mut seen: HashSet<(Vec<Term>, u64)> = HashSet::new();
        let mut states: Vec<(u32, usize)> = vec![(0, usize::MAX)];
        let mut open = VecDeque::from([(terms, 0_u64, 0_usize)]);
        let (mut found, mut is_cut) = (Vec::new(), false);
        while let Some((terms, length, state)) = open.pop_front() {
            if !search.step() {
                return if found.is_empty() { Finding::Unknown } else { Finding::Candidates(found) };
            }
            let languages = &mut search.arena.languages;
            let start = state == 0;
            let accepted = |term: &Term| languages.nullable(*term, start, true);
            if length >= self.min && terms[..yes].iter().all(accepted) && !terms[yes..].iter().any(accepted) {
                found.push(Value::from(spelled(&states, state)));
                if found.len() >= CANDIDATES {
                    return Finding::Candidates(found);
                }
            }
            if self.max.is_some_and(|max| length >= max) {
                continue;
            }
            if length > MAX_LENGTH {
                is_cut = true;
                continue;
            }
            for c in languages.alphabet(&terms, start) {
                let next: Vec<Term> = terms.iter().map(|term| languages.derive(*term, c, start)).collect();
                let is_dead =
                    next[..yes].contains(&NOTHING) || next[yes..].iter().any(|term| languages.is_anything(*term));
                if is_dead {
                    continue;
                }
                let length = length + 1;
                if seen.insert((next.clone(), length.min(counted))) {
                    states.push((c, state));
                    open.push_back((next, length, states.len() - 1));
                }
            }
        }
        if found.is_empty() && is_cut {
            search.note("minLength", "", "longer strings than are looked at");
            return Finding::Unknown;
        }
        if found.is_empty() { Finding::Empty } else { Finding::Candidates(found) }
    }
}

/// The string that led to a state.
fn spelled(states: &[(u32, usize)], mut state: usize) -> String {
    let mut letters = Vec::new();
    while state != 0 {
        let (c, before) = states[state];
        letters.extend(char::from_u32(c));
        state = before;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests;
