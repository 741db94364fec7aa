//! The question and its three answers.

use serde_json::Value;

use crate::budget::Budget;

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
    let _ = (left, right, budget, confirm);
    Inclusion::Undecided(Vec::new())
}
