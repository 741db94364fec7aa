//! The runner: carries out what the engine decides.
//!
//! [`prepare`] makes a run out of definitions and a request. [`Runner::drive`] takes a run's tasks under a lease, has
//! each performed by an agent's child process, and performs the effects that the run asks for: [`gate`] and
//! publishing into Git, [`report`] to people, [`knowledge`] for the index. Every effect may be performed twice with the
//! same result, so a process that dies is replaced by the next one that looks.

mod after;
pub mod again;
mod agent_cache;
mod answers;
pub mod checkpoint;
mod checks;
pub mod clock;
pub mod contracts;
pub mod definitions;
mod drive;
mod escalate;
pub mod factories;
pub mod gate;
pub mod knowledge;
mod notes;
mod outbound;
pub mod prepare;
pub mod provenance;
mod publish;
mod registries;
pub mod report;
pub mod reuse;
mod review;
mod runner;
pub mod secret;
pub mod signing;
pub mod standing;
mod target;
mod task;
#[cfg(test)]
mod testing;
pub mod watch;

pub use clock::Clock;
pub use definitions::InForce;
pub use drive::{Driven, Patience, Stop, Waiting};
pub use escalate::{Channel, Escalation, IssueChannel, SmtpChannel, Tls, WebhookChannel};
pub use factories::{Because, Factories, NotServed, Served};
pub use outbound::{Outbound, OutboundError, use_one_provider};
pub use publish::{Full, PublishError, StageSummary, Step, summarise};
pub use registries::Registries;
pub use report::check::CheckSaid;
pub use runner::{Effects, Parts, Runner, RunnerError};
pub use target::{OpenTarget, TargetError};
pub use watch::{Notice, Watch};
