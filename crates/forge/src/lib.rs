//! Forges: where repositories, work items, pull requests and people are.
//!
//! [`types`] are the same for every forge. [`LocalForge`] is the embedded one: bare repositories in a directory, and
//! the rest in the state database. A [`remote`] is one elsewhere, GitHub for
//! example: its repositories are mirrored into the local one, so that everything above knows one forge. SQL is the store's business and Git the repo crate's; this crate says what they mean
//! together. Every verb takes the time as an argument, and every verb that may be repeated after a crash finds what it
//! did before.

#[macro_use]
mod words;

mod error;
mod local;
pub mod marker;
pub mod remote;
pub mod types;

pub use error::ForgeError;
pub use local::{
    BOT, LocalForge, MergeMethod, NewRepository, NewThread, OwnComment, PullRequestProposal, Reach, Seed, SyncFault,
    ThreadAnswer,
};
