//! The question and its three answers.

use std::time::Instant;

use serde_json::Value;

use crate::{
    arena::Arena,
    budget::Budget,
    dialect,
    node::Lit,
    reader::{self, Shared},
    search::{Outcome, Search},
};

/// The answer to `left ⊆ right`.
#[derive(Debug, Clone, PartialEq)]
pub enum Inclusion {
    /// Every value of `left` is one of `right`.
    Proven,
    /// This value is one of `left` and not of `right`, and the caller's validator says so too.
    Refuted(Value),
    /// Not known, and what stood in the way.
    Undecided(Vec<Reason>),
}

/// What stood in the way of an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// Keyword or bound, `pattern`, `budget`.
    pub keyword: String,
    /// JSON pointer into the schema that has it.
    pub pointer: String,
    /// One sentence.
    pub message: String,
}

/// Whether every value of `left` is one of `right`. Both are in the form that [`crate::dialect::lower`] gives.
/// `confirm` says whether a value is accepted by a validator of `left` and rejected by one of `right`.
pub fn included(left: &Value, right: &Value, budget: &Budget, confirm: &dyn Fn(&Value) -> bool) -> Inclusion {
    if let Some(pointer) = dialect::circular(left).or_else(|| dialect::circular(right)) {
        // Whatever it means, it means the same on both sides.
        if left == right {
            return Inclusion::Proven;
        }
        let message = "a reference comes back to itself without reaching a smaller value, so the schema has no meaning";
        return Inclusion::Undecided(vec![Reason { keyword: "$ref".into(), pointer, message: message.into() }]);
    }
    let begun = Instant::now();
    let (mut arena, mut shared) = (Arena::default(), Shared::until(begun + budget.time));
    let left = reader::read(&mut arena, &mut shared, left);
    let right = reader::read(&mut arena, &mut shared, right);
    if shared.is_late {
        let message = "reading the schemas takes more time than the budget allows";
        let reason = Reason { keyword: "budget".into(), pointer: String::new(), message: message.into() };
        return Inclusion::Undecided(vec![reason]);
    }
    let left_over = Budget { time: budget.time.saturating_sub(begun.elapsed()), ..budget.clone() };
    let mut search = Search::new(&mut arena, &left_over);
    match search.question(vec![Lit::yes(left), Lit::no(right)], confirm) {
        // What has grown too large was not judged to its end.
        Outcome::Empty if search.arena.is_small() => Inclusion::Proven,
        Outcome::Found(witness) => Inclusion::Refuted(witness),
        Outcome::Empty | Outcome::Unknown => {
            if !search.arena.is_small() {
                search.note("budget", "", "the pair needs more room than the budget allows");
            }
            search.note_if_silent(
                "search",
                "no value was found that both sides tell apart, and no proof that there is none",
            );
            Inclusion::Undecided(search.reasons())
        }
    }
}
