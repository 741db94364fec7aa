//! Numbers: an interval, multiples of one step, and what is left out.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use serde_json::Value;

use crate::{
    node::{Lit, Node, Scalar},
    number::{common_multiple, half, is_multiple, written},
    search::{Finding, Search},
};

/// Most multiples that are looked at.
const MAX_SCAN: u32 = 20_000;

/// An end of an interval.
#[derive(Debug, Clone)]
struct End {
    value: BigRational,
    open: bool,
}

/// What the atoms say.
#[derive(Debug, Default)]
struct Numbers {
    low: Option<End>,
    high: Option<End>,
    step: Option<BigRational>,
    not_steps: Vec<BigRational>,
    excluded: Vec<BigRational>,
    unknown: bool,
}

pub(super) fn find(search: &mut Search<'_>, atoms: &[Lit]) -> Finding {
    let numbers = Numbers::read(search, atoms);
    if numbers.is_reversed() {
        return Finding::Empty;
    }
    match numbers.step.clone() {
        Some(step) => numbers.multiples(search, &step),
        None => numbers.any(),
    }
}

impl Numbers {
    fn read(search: &Search<'_>, atoms: &[Lit]) -> Self {
        let mut numbers = Self::default();
        for lit in atoms {
            match (search.arena.node(lit.id), lit.holds) {
                (Node::Minimum { value, exclusive }, true) => numbers.above(value, *exclusive),
                (Node::Minimum { value, exclusive }, false) => numbers.below(value, !exclusive),
                (Node::Maximum { value, exclusive }, true) => numbers.below(value, *exclusive),
                (Node::Maximum { value, exclusive }, false) => numbers.above(value, !exclusive),
                (Node::MultipleOf(step), true) => {
                    let step = step.abs();
                    numbers.step = Some(numbers.step.map_or(step.clone(), |known| common_multiple(&known, &step)));
                }
                (Node::MultipleOf(step), false) => numbers.not_steps.push(step.abs()),
                (Node::Enum(scalars), false) => {
                    numbers.excluded.extend(scalars.iter().filter_map(|scalar| match scalar {
                        Scalar::Number(number) => Some(number.clone()),
                        _ => None,
                    }))
                }
                _ => numbers.unknown = true,
            }
        }
        numbers
    }

    fn above(&mut self, value: &BigRational, open: bool) {
        let tighter = self.low.as_ref().is_none_or(|low| *value > low.value || (*value == low.value && open));
        if tighter {
            self.low = Some(End { value: value.clone(), open });
        }
    }

    fn below(&mut self, value: &BigRational, open: bool) {
        let tighter = self.high.as_ref().is_none_or(|high| *value < high.value || (*value == high.value && open));
        if tighter {
            self.high = Some(End { value: value.clone(), open });
        }
    }

    fn is_reversed(&self) -> bool {
        matches!((&self.low, &self.high), (Some(low), Some(high)) if low.value > high.value)
    }

    fn allows(&self, value: &BigRational) -> bool {
        self.low.as_ref().is_none_or(|low| *value > low.value || (!low.open && *value == low.value))
            && self.high.as_ref().is_none_or(|high| *value < high.value || (!high.open && *value == high.value))
            && !self.excluded.contains(value)
            && !self.not_steps.iter().any(|step| is_multiple(value, step))
    }

    /// Values on a grid: those next to zero, or next to the end that lies next to zero.
    fn multiples(&self, search: &mut Search<'_>, step: &BigRational) -> Finding {
        if self.not_steps.iter().any(|other| is_multiple(step, other)) {
            return Finding::Empty;
        }
        // An end that is not reached is left out with the other values that are not allowed.
        let first = self.low.as_ref().map(|low| (&low.value / step).ceil().to_integer());
        let last = self.high.as_ref().map(|high| (&high.value / step).floor().to_integer());
        let zero = BigInt::zero();
        let start = match (&first, &last) {
            (Some(first), _) if *first > zero => first.clone(),
            (_, Some(last)) if *last < zero => last.clone(),
            _ => zero,
        };
        let is_in =
            |at: &BigInt| first.as_ref().is_none_or(|first| at >= first) && last.as_ref().is_none_or(|last| at <= last);
        let mut found = Vec::new();
        let (mut up, mut down) = (start.clone(), start - 1);
        for _ in 0..MAX_SCAN {
            if !search.step() {
                return Finding::Unknown;
            }
            let mut ended = true;
            for at in [&mut up, &mut down] {
                if is_in(at) {
                    ended = false;
                    let value = BigRational::from_integer(at.clone()) * step;
                    if self.allows(&value) {
                        match written(&value) {
                            Some(value) => found.push(value),
                            None => return give(self.round(&value, step), Finding::Unknown),
                        }
                    }
                }
            }
            up += 1;
            down -= 1;
            if found.len() >= 4 {
                break;
            }
            if ended {
                return give(found, Finding::Empty);
            }
        }
        give(found, Finding::Unknown)
    }

    /// Multiples next to a number that no double is, round enough to be doubles.
    fn round(&self, next_to: &BigRational, step: &BigRational) -> Vec<Value> {
        let tens = (1..25_u32).map(|n| step * BigRational::from_integer(BigInt::from(10).pow(n)));
        let tries = tens.flat_map(|ten| {
            let at = next_to / &ten;
            [at.ceil() * &ten, at.floor() * ten]
        });
        tries.filter(|value| self.allows(value)).filter_map(|value| written(&value)).take(4).collect()
    }

    /// Values anywhere: an interval that is more than a point has some that are on no grid.
    fn any(&self) -> Finding {
        if let (Some(low), Some(high)) = (&self.low, &self.high)
            && low.value == high.value
        {
            if !self.allows(&low.value) {
                return Finding::Empty;
            }
            return give(written(&low.value).into_iter().collect(), Finding::Unknown);
        }
        let (zero, one) = (BigRational::zero(), BigRational::one());
        let mut tries = vec![zero.clone(), one.clone(), half(), -half(), -one.clone()];
        match (&self.low, &self.high) {
            (Some(low), Some(high)) => {
                let width = &high.value - &low.value;
                tries.extend([low.value.clone(), high.value.clone(), low.value.ceil(), low.value.ceil() + &one]);
                for part in [2, 4, 5, 8, 10, 100, 1000] {
                    let part = BigRational::from_integer(BigInt::from(part));
                    tries.push(&low.value + &width / &part);
                    tries.push(&high.value - &width / &part);
                }
            }
            (Some(low), None) => {
                tries.extend([low.value.clone(), low.value.ceil(), low.value.ceil() + &one, low.value.ceil() + half()]);
            }
            (None, Some(high)) => {
                tries.extend([
                    high.value.clone(),
                    high.value.floor(),
                    high.value.floor() - &one,
                    high.value.floor() - half(),
                ]);
            }
            (None, None) => {}
        }
        // Off every grid and out of every list of a schema that people write.
        let from = self.low.as_ref().map_or(zero, |low| low.value.ceil());
        for n in 1..200_u32 {
            tries.push(&from + BigRational::new(BigInt::from(n), BigInt::from(64)));
            tries.push(&from + BigRational::from_integer(BigInt::from(n)));
        }
        if let Some(high) = &self.high {
            for n in 1..200_u32 {
                tries.push(&high.value - BigRational::new(BigInt::from(n), BigInt::from(64)));
            }
        }
        let found: Vec<Value> = tries.iter().filter(|value| self.allows(value)).filter_map(written).take(4).collect();
        give(found, Finding::Unknown)
    }
}

fn give(mut found: Vec<Value>, otherwise: Finding) -> Finding {
    found.dedup();
    if found.is_empty() { otherwise } else { Finding::Candidates(found) }
}

#[cfg(test)]
mod tests;
