//! The knowledge index: an index over Git repositories that says which commit it speaks of.
//!
//! The only crate that names LanceDB and fastembed, and the process it builds, `forgeline-knowledge`, is the only one
//! that opens an index directory. Everything else speaks to it over a typed pipe
//! ([`forgeline_model::knowledge`]). This crate reads Git through `forgeline-repo`; it knows no forge, no run store and
//! no network.
//!
//! - `classify`, `chunk`: what of a file is indexed, and how it is cut. Pure.
//! - `truth`: which blob is where, and which chunks it has. Small durable files.
//! - `table`: chunks with text and vector, which can be made again. LanceDB.
//! - `runtime`, `embed`: texts to vectors, or a sentence why not.
//! - `indexing`, `search`: the two verbs. `service`: the pipe's messages.

mod chunk;
mod classify;
mod embed;
mod error;
mod index;
mod indexing;
mod lock;
mod runtime;
mod search;
mod service;
mod table;
mod truth;

pub use chunk::ChunkId;
pub use embed::{BATCH, DIMENSIONS, Embedder, model_dir};
pub use error::KnowledgeError;
pub use index::{Index, Setup};
pub use indexing::Step;
pub use runtime::LibrarySource;
pub use service::Service;
