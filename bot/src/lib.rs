//! The bot's decisions: what a comment asks, who may ask it, which blueprints an occurrence starts, and what is said.
//!
//! Everything but [`pass`] is pure: comments, roles and blueprints come in as values; commands, decisions and Markdown go
//! out, so the same history gives the same decisions whether it arrived by webhook, by rescan or by hand. [`pass`] is the
//! edge: it stores what came in, asks the pure part, and stores what was decided.

pub mod authorize;
pub mod command;
pub mod pass;
pub mod press;
pub mod rebuild;
pub mod reply;
pub mod triggers;

pub use authorize::{Action, Principal, Refusal, Resource, Role, authorize};
pub use command::{Command, CommandFault, CommandLine, InputFault, Reading, Verb, read};
pub use pass::{Bot, Passed};
pub use press::Press;
pub use triggers::{Considered, Occurrence, decide};
