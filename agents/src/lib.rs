//! The agent host: one task of a run, done by an agent in a process that holds nothing.
//!
//! ```text
//!  runner ─ host::Session ─ pipe ─► child::main ─► perform: plan skill ─ render ─ fix ─ check ─► TaskOutcome
//! ```
//!
//! [`perform()`] is a pure function of an agent's files and a request, and anyone may call it. [`host`] does so in a
//! child process with a clean environment, a fresh directory and limits, because a definition may come from a stranger
//! and a template engine can be made to end its process. A task that ends its child ends as a failed attempt.
//!
//! The child never writes a file. What it proposes goes to the write gate.

pub mod child;
pub mod host;
pub mod perform;

mod artifact;
mod check;
mod failure;
mod fix;
mod loaded;
mod pool;
mod protocol;
mod render;
mod review;

pub use check::{VALIDATORS, well_formed};
pub use fix::FIXERS;
pub use host::{AgentHost, HostError, Session};
pub use loaded::LoadedAgent;
pub use perform::{perform, perform_loaded};
