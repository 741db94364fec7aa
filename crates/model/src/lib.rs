//! The vocabulary of Forgeline: ids, digests, paths, events, work items, proposals and diagnostics.
//!
//! Values only. This crate does no I/O, starts no thread, reads no clock and draws no random number: time, ids and
//! bytes are arguments. Every other crate may depend on it; it depends on none of them.

pub mod canonical;
pub mod definition;
pub mod diagnostic;
pub mod digest;
pub mod event;
pub mod files;
pub mod id;
pub mod knowledge;
pub mod letter;
pub mod markdown;
pub mod money;
pub mod names;
pub mod review;
pub mod safe_path;
pub mod secret;
pub mod task;
pub mod time;
pub mod work_item;

pub use definition::{ContractBundle, DefinitionRef};
pub use diagnostic::{Diagnostic, Severity, Span};
pub use digest::Digest;
pub use event::Event;
pub use files::FileSet;
pub use id::{ItemId, ProjectId, RunId, RunKey, StageId, TraceId};
pub use letter::{Cause, Criticality, LetterSeverity};
pub use money::Usd;
pub use review::{Annotation, AnnotationLevel, RegistryChange, Review, ReviewVerdict};
pub use safe_path::SafePath;
pub use secret::{Secret, SecretRef};
pub use time::Timestamp;
pub use work_item::WorkItem;
