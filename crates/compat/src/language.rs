//! Regular languages by derivatives: patterns of ECMA-262 as sets of strings.
//!
//! A pattern is read by the validator's own translation into a term; the term after a character is the term's
//! derivative (Brzozowski 1964; Owens, Reppy, Turon 2009). Anchors are terms that are empty or nothing, by where they
//! stand. No automaton is built ahead: a search walks the derivatives of all patterns side by side.

use std::collections::HashMap;

use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind, Look},
};

/// Place of a term; equal terms have equal places.
pub(crate) type Term = u32;

pub(crate) const NOTHING: Term = 0;
const EMPTY: Term = 1;
/// All strings.
const ANYTHING: Term = 3;
/// Most terms before patterns count as too complex.
const MAX_TERMS: usize = 200_000;
/// Most alternatives in all terms together: each derivative of `a?a?a?…` has one less than the last.
const MAX_ALTERNATIVES: usize = 2_000_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Shape {
    Nothing,
    Empty,
    Start,
    End,
    /// Sorted, disjoint ranges of scalar values.
    Class(Vec<(u32, u32)>),
    Concat(Term, Term),
    Union(Vec<Term>),
    Repeat(Term, u32, Option<u32>),
}

/// Terms and what is known of them.
#[derive(Debug)]
pub(crate) struct Languages {
    shapes: Vec<Shape>,
    places: HashMap<Shape, Term>,
    derivatives: HashMap<(Term, u32, bool), Term>,
    /// How many alternatives the unions have.
    alternatives: usize,
}

impl Default for Languages {
    fn default() -> Self {
        let mut new = Self { shapes: Vec::new(), places: HashMap::new(), derivatives: HashMap::new(), alternatives: 0 };
        new.place(Shape::Nothing);
        new.place(Shape::Empty);
        let any = new.place(Shape::Class(vec![(0, 0xD7FF), (0xE000, 0x10_FFFF)]));
        let anything = new.place(Shape::Repeat(any, 0, None));
        debug_assert_eq!(anything, ANYTHING, "the fourth term");
        new
    }
}

impl Languages {
    /// The strings that contain a match of an ECMA-262 pattern; nothing where the pattern is beyond regular
    /// languages or too large.
    pub(crate) fn read(&mut self, pattern: &str) -> Option<Term> {
        let translated = jsonschema_regex::to_rust_regex(pattern).ok()?;
        let hir = ParserBuilder::new().nest_limit(100).build().parse(&translated).ok()?;
        let inner = self.of_hir(&hir)?;
        let tail = self.concat(inner, ANYTHING);
        let whole = self.concat(ANYTHING, tail);
        self.is_small().then_some(whole)
    }

    pub(crate) fn is_small(&self) -> bool {
        self.shapes.len() < MAX_TERMS && self.alternatives < MAX_ALTERNATIVES
    }

    fn place(&mut self, shape: Shape) -> Term {
        if let Some(known) = self.places.get(&shape) {
            return *known;
        }
        let place = u32::try_from(self.shapes.len()).expect("far fewer terms than 2³²: bounded by MAX_TERMS and depth");
        if let Shape::Union(parts) = &shape {
            self.alternatives += parts.len();
        }
        self.places.insert(shape.clone(), place);
        self.shapes.push(shape);
        place
    }

    fn of_hir(&mut self, hir: &Hir) -> Option<Term> {
        if !self.is_small() {
            return None;
        }
        Some(match hir.kind() {
            HirKind::Empty => EMPTY,
            HirKind::Literal(literal) => self.text(std::str::from_utf8(&literal.0).ok()?),
            HirKind::Class(Class::Unicode(class)) => {
                self.class(class.ranges().iter().map(|r| (u32::from(r.start()), u32::from(r.end()))).collect())
            }
            HirKind::Class(Class::Bytes(class)) => {
                self.class(class.ranges().iter().map(|r| (u32::from(r.start()), u32::from(r.end()))).collect())
            }
            HirKind::Look(Look::Start) => self.place(Shape::Start),
            HirKind::Look(Look::End) => self.place(Shape::End),
            HirKind::Look(_) => return None,
            HirKind::Repetition(repetition) => {
                // What an anchor says of the second round is another thing than what it says of the first.
                if !repetition.sub.properties().look_set().is_empty() {
                    return None;
                }
                let of = self.of_hir(&repetition.sub)?;
                self.repeat(of, repetition.min, repetition.max)
            }
            HirKind::Capture(capture) => self.of_hir(&capture.sub)?,
            HirKind::Concat(parts) => {
                let terms = parts.iter().map(|part| self.of_hir(part)).collect::<Option<Vec<_>>>()?;
                terms.into_iter().rev().fold(EMPTY, |tail, head| self.concat(head, tail))
            }
            HirKind::Alternation(parts) => {
                let terms = parts.iter().map(|part| self.of_hir(part)).collect::<Option<Vec<_>>>()?;
                self.union(terms)
            }
        })
    }

    /// This string alone.
    pub(crate) fn text(&mut self, text: &str) -> Term {
        let mut term = EMPTY;
        for c in text.chars().rev() {
            let one = self.place(Shape::Class(vec![(u32::from(c), u32::from(c))]));
            term = self.concat(one, term);
        }
        term
    }

    /// Whether the term is plainly all strings.
    pub(crate) fn is_anything(&self, term: Term) -> bool {
        term == ANYTHING
    }

    /// One character of each set of characters that these terms do not tell apart; a plain one where there is one.
    pub(crate) fn alphabet(&self, terms: &[Term], start: bool) -> Vec<u32> {
        let mut points = vec![0, 0xD800, 0xE000, 0x11_0000];
        terms.iter().for_each(|term| self.boundaries(*term, start, &mut points));
        points.sort_unstable();
        points.dedup();
        points.windows(2).filter(|range| range[0] != 0xD800).map(|range| plain(range[0], range[1])).collect()
    }

    fn class(&mut self, ranges: Vec<(u32, u32)>) -> Term {
        if ranges.is_empty() { NOTHING } else { self.place(Shape::Class(ranges)) }
    }

    fn concat(&mut self, head: Term, tail: Term) -> Term {
        match (head, tail) {
            (NOTHING, _) | (_, NOTHING) => NOTHING,
            (EMPTY, other) | (other, EMPTY) => other,
            (ANYTHING, ANYTHING) => ANYTHING,
            (ANYTHING, tail) if matches!(self.shapes[tail as usize], Shape::Concat(ANYTHING, _)) => tail,
            _ => {
                // To the right, so that equal languages meet in equal terms more often.
                let (mut firsts, mut last) = (Vec::new(), head);
                while let Shape::Concat(first, rest) = self.shapes[last as usize] {
                    firsts.push(first);
                    last = rest;
                }
                if firsts.is_empty() {
                    return self.place(Shape::Concat(head, tail));
                }
                firsts.push(last);
                firsts.into_iter().rev().fold(tail, |tail, first| self.concat(first, tail))
            }
        }
    }

    /// The strings of any of these.
    pub(crate) fn union(&mut self, terms: Vec<Term>) -> Term {
        // Wrong, and of no consequence: nothing is proven once the terms are no longer small.
        if !self.is_small() {
            return NOTHING;
        }
        let mut flat = Vec::new();
        for term in terms {
            match &self.shapes[term as usize] {
                Shape::Nothing => {}
                Shape::Union(parts) => flat.extend(parts.iter().copied()),
                _ => flat.push(term),
            }
        }
        flat.sort_unstable();
        flat.dedup();
        if flat.contains(&ANYTHING) {
            return ANYTHING;
        }
        match flat[..] {
            [] => NOTHING,
            [one] => one,
            _ => self.place(Shape::Union(flat)),
        }
    }

    fn repeat(&mut self, of: Term, min: u32, max: Option<u32>) -> Term {
        match (of, min, max) {
            (_, _, Some(0)) | (EMPTY, ..) => EMPTY,
            (NOTHING, 0, _) => EMPTY,
            (NOTHING, ..) => NOTHING,
            (_, 1, Some(1)) => of,
            _ => self.place(Shape::Repeat(of, min, max)),
        }
    }

    /// Whether the empty string is in the term's language, at these edges of the text.
    pub(crate) fn nullable(&self, mut term: Term, start: bool, end: bool) -> bool {
        // A text is a long chain to the right.
        while let Shape::Concat(head, tail) = self.shapes[term as usize] {
            if !self.nullable(head, start, end) {
                return false;
            }
            term = tail;
        }
        match &self.shapes[term as usize] {
            Shape::Nothing | Shape::Class(_) => false,
            Shape::Empty => true,
            Shape::Start => start,
            Shape::End => end,
            Shape::Concat(..) => unreachable!("chains were followed to their end"),
            Shape::Union(parts) => parts.iter().any(|part| self.nullable(*part, start, end)),
            Shape::Repeat(of, min, _) => *min == 0 || self.nullable(*of, start, end),
        }
    }

    /// What must follow after this character; `start` says whether it is the text's first.
    pub(crate) fn derive(&mut self, term: Term, c: u32, start: bool) -> Term {
        if let Some(known) = self.derivatives.get(&(term, c, start)) {
            return *known;
        }
        let derived = crate::stack::deep(|| match self.shapes[term as usize].clone() {
            Shape::Nothing | Shape::Empty | Shape::Start | Shape::End => NOTHING,
            Shape::Class(ranges) => {
                if ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) {
                    EMPTY
                } else {
                    NOTHING
                }
            }
            Shape::Concat(head, tail) => {
                let first = self.derive(head, c, start);
                let after = self.concat(first, tail);
                if self.nullable(head, start, false) {
                    let skipped = self.derive(tail, c, start);
                    self.union(vec![after, skipped])
                } else {
                    after
                }
            }
            Shape::Union(parts) => {
                let derived = parts.into_iter().map(|part| self.derive(part, c, start)).collect();
                self.union(derived)
            }
            Shape::Repeat(of, min, max) => {
                let first = self.derive(of, c, start);
                let rest = self.repeat(of, min.saturating_sub(1), max.map(|max| max - 1));
                self.concat(first, rest)
            }
        });
        self.derivatives.insert((term, c, start), derived);
        derived
    }

    /// The first characters of all ranges that the term tells apart as its next character, into `points`.
    pub(crate) fn boundaries(&self, mut term: Term, start: bool, points: &mut Vec<u32>) {
        while let Shape::Concat(head, tail) = self.shapes[term as usize] {
            self.boundaries(head, start, points);
            if !self.nullable(head, start, false) {
                return;
            }
            term = tail;
        }
        match &self.shapes[term as usize] {
            Shape::Nothing | Shape::Empty | Shape::Start | Shape::End => {}
            Shape::Class(ranges) => {
                for (low, high) in ranges {
                    points.push(*low);
                    points.push(high + 1);
                }
            }
            Shape::Concat(..) => unreachable!("chains were followed to their end"),
            Shape::Union(parts) => parts.iter().for_each(|part| self.boundaries(*part, start, points)),
            Shape::Repeat(of, ..) => self.boundaries(*of, start, points),
        }
    }

    /// Whether the text is in the term's language.
    pub(crate) fn accepts(&mut self, term: Term, text: &str) -> bool {
        let mut term = term;
        for (n, c) in text.chars().enumerate() {
            term = self.derive(term, u32::from(c), n == 0);
            if term == NOTHING {
                return false;
            }
        }
        self.nullable(term, text.is_empty(), true)
    }
}

/// A character from this one up to but not including that one.
fn plain(low: u32, end: u32) -> u32 {
    for (first, last) in [('a', 'z'), ('0', '9'), ('A', 'Z'), ('!', '~'), (' ', ' '), ('\u{A1}', '\u{FF}')] {
        let (first, last) = (u32::from(first), u32::from(last));
        if low.max(first) < end.min(last + 1) {
            return low.max(first);
        }
    }
    low
}

#[cfg(test)]
mod tests;
