//! State in flight: journal, leases, outbox, results. The only crate that speaks SQL.
//!
//! Git and the forge are the truth for what has happened; this database is the truth for work that is under way. What
//! a run does next is decided by the pure engine; this crate makes the decision durable: facts, the events that tell of
//! them, the effects they ask for and the projection that workers claim from change in one transaction.
//!
//! | transaction | function |
//! |---|---|
//! | T0 receive | [`Store::receive`]; [`Store::keep_hook`] for what forges elsewhere send |
//! | T1 decide | [`Store::decide`] |
//! | T2 claim | [`Store::claim`] |
//! | T3 renew | [`Store::renew`] |
//! | T4 finish | [`Store::finish`] |
//! | T5 fail | [`Store::fail`] |
//! | T6 settle | [`Store::next_effect`], [`Store::settle`] |

mod artifacts;
mod audit;
mod batch;
mod blobs;
mod claim;
mod copy;
mod decide;
mod decisions;
mod dlq;
mod error;
mod events;
mod filesystem;
mod gauges;
mod groups;
mod holds;
mod hooks;
mod inbox;
mod instance;
mod intents;
pub mod local_forge;
mod memory;
mod notices;
mod open;
mod outbox;
mod past;
mod project;
mod query;
mod rebuild;
mod results;
mod run_tx;
mod writer;

pub use artifacts::ArtifactRow;
pub use audit::{AuditRow, Broken, Checkpoint, Verified};
pub use blobs::Blobs;
pub use claim::{Finished, Lease};
pub use copy::copy_state;
pub use decide::{Decided, NewRun, Ruled, Ruling};
pub use decisions::{Decision, DecisionRow};
pub use dlq::{Acknowledged, DeadLetter, DeadLetterRow, LetterFilter, LetterState, Replayed, Subject};
pub use error::StoreError;
pub use events::{EventRow, Subscription};
pub use gauges::Waits;
pub use holds::{Hold, HoldScope};
pub use hooks::{HookKept, NewHook, UnseenHook};
pub use inbox::{Delivery, InboxRow, Received};
pub use instance::{remove_stale_instances, stale_instances};
pub use intents::{Intent, IntentState};
pub use notices::{CauseHistory, Judgement, Notice, NoticeRow, Told};
pub use open::{DATABASE, EventCheck, Store};
pub use outbox::{EffectRow, Settlement, WAITS};
pub use query::{RunRow, RunView, RunsOf};
pub use rebuild::EndedRun;
pub use results::StoredProposal;
