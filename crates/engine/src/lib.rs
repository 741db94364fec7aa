//! The pure core: what follows from what has happened.
//!
//! [`plan`] is what a run will do, fixed before it starts. [`run`] is what has happened, folded from the journal's
//! [facts](fact). [`step()`] takes both, an [input] and the time, and returns new facts, the events that tell of
//! them and the effects they ask for. Nothing here does I/O, reads a clock or draws a random number, so recovery is a
//! fold over the journal.

mod advance;
pub mod condition;
pub mod context;
pub mod estimate;
pub mod fact;
pub mod input;
pub mod plan;
pub mod record;
pub mod run;
pub mod spec;
pub mod step;
pub mod tell;
#[cfg(test)]
mod testing;

pub use advance::wake_at;
pub use fact::{Approval, Fact, Outcome, TaskId, TaskOutput};
pub use input::{BotEffect, Effect, Input};
pub use plan::Plan;
pub use run::RunState;
pub use spec::RunSpec;
pub use step::{Illegal, Step, held, step};
