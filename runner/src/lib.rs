//! The runner: carries out what the engine decides.
//!
//! [`prepare`] makes a run out of definitions and a request. [`Runner::drive`] takes a run's tasks under a lease, has
//! each performed by an agent's child process, and performs the effects that the run asks for: [`gate`] and
//! publishing into Git, [`report`] to people, [`knowledge`] for the index. Every effect may be performed twice with the
//! same result, so a process that dies is replaced by the next one that looks.

mod after;
mod agent_cache;
pub mod clock;
pub mod definitions;
mod drive;
pub mod gate;
pub mod knowledge;
pub mod prepare;
mod publish;
mod registries;
pub mod report;
mod runner;
mod target;
mod task;
pub mod watch;

pub use clock::Clock;
pub use definitions::InForce;
pub use drive::{Driven, Stop};
pub use publish::{PublishError, StageSummary, Step, summarise};
pub use registries::Registries;
pub use runner::{Parts, Runner, RunnerError};
pub use target::{OpenTarget, TargetError};
pub use watch::{Notice, Watch};
