//! A report as text, for people and for forges.

mod annotations;
mod human;
mod json;
mod junit;
mod sarif;

#[cfg(test)]
mod tests;

pub use annotations::{azure, github};
pub use human::human;
pub use json::json;
pub use junit::junit;
pub use sarif::sarif;
