//! Whether all that one JSON Schema accepts is accepted by another: proven, refuted with a witness, or undecided.
//!
//! The question `left ⊆ right` is asked as "is there a value in `left` and not in `right`?". Both schemas are read into
//! one arena of shared nodes (`arena`); a search (`search`) splits the conjunction into cases until each is empty or
//! gives a value. What cannot be judged is never guessed: an unknown keyword is an atom that only contradicts itself.
//! The theories of strings, numbers, arrays and objects lie beside the search.
//!
//! Pure: no validator here. A witness counts only when the caller's `confirm` says so.

mod arena;
mod budget;
mod case;
pub mod dialect;
mod evaluate;
mod format;
mod inclusion;
mod language;
mod node;
mod number;
mod reader;
mod search;
mod stack;
#[cfg(test)]
mod tests;
mod theory;
mod unevaluated;
pub mod views;

pub use budget::Budget;
pub use inclusion::{Inclusion, Reason, included};
