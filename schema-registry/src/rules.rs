//! The rules a change of contracts is held to, and what is made of their findings.
//!
//! All of it is pure: files, a date and the days of publication go in, findings and texts come out.

mod catalogue;
mod change;
mod check;
mod exceptions;
mod finding;
pub mod format;
mod hygiene;
mod impact;
mod keywords;
mod lifecycle;
mod owners;
mod pages;
mod place;
mod publish;
mod relation;
mod scaffold;
mod shape;
mod structure;
mod subject;
mod versions;

#[cfg(test)]
mod tests;

pub use catalogue::{RULES, Rule, rule};
pub(crate) use change::changes;
pub use check::{Change, check};
pub use finding::{Finding, Report};
pub use impact::{Impact, User, impact, users};
pub use owners::FILE as CODEOWNERS;
pub use pages::pages;
pub use publish::{Refused, publish};
pub use scaffold::{NotAName, scaffold};
pub use subject::Published;
