//! The contract registry: the JSON Schemas of events, at versions, and validation against them.
//!
//! A registry is a folder of files (`registry.yaml`, `common/`, `events/`) that people change by pull request. It is
//! loaded from a [`FileSet`](forgeline_model::FileSet), so it may come from a commit, a directory or the binary
//! itself ([`shipped`]). A published version is one file, bundled and immutable, with its digest in a lock beside it.
//!
//! This is the only crate that names `jsonschema`. Schemas are data of somebody else: their size is bounded, patterns
//! run on a linear engine, and a reference never leaves the registry. The crate does no I/O.

pub mod batch;
pub mod codes;
mod compare;
mod defaults;
mod examples;
mod held;
mod history;
mod input;
mod load;
mod manifest;
mod materialise;
mod negotiate;
mod parallel;
mod registry;
mod release;
pub mod review;
pub mod rules;
mod schema;
mod settings;
mod shipped;
mod violation;

pub use compare::{Comparison, ContentModel, Reason, Relation, Verdict, compare, differences};
pub use examples::check as check_examples;
pub use forgeline_compat::Budget;
pub use input::InputSchema;
pub use manifest::{Manifest, Status, status};
pub use registry::{Contract, ContractVersion, Registry};
pub use release::release;
pub use review::review;
pub use settings::{CompatibilityMode, Level, Settings};
pub use shipped::{PARTS, over_built_in, shipped, stands_alone, with_shipped};
pub use violation::{ContractViolation, Violation};
