//! The language of blueprints and agents, and the plan that a blueprint compiles to.
//!
//! Files come in as a [`FileSet`](forgeline_model::FileSet), findings go out as
//! [`Diagnostic`](forgeline_model::Diagnostic)s with file, line and column, all of them in one pass:
//!
//! ```text
//! FileSet ─ yaml ─► Document ─ shape ─► structural findings ─ serde ─► Blueprint, Agent, FactoryConfig
//!                                                                       │ lint (graph, names, templates, CEL)
//!                                                                       ▼
//!                                                        Factory ─ plan::compile ─► forgeline_engine::Plan
//! ```
//!
//! [`text`] is the template engine. Nothing here does I/O or reads a clock, and only this crate and the engine's
//! `condition` know handlebars and CEL.

pub mod agent;
pub mod agent_use;
pub mod blueprint;
pub mod codes;
pub mod config;
mod cron;
pub mod factory;
pub mod form;
mod lint;
pub mod needs;
pub mod period;
pub mod plan;
pub mod scaffold;
pub mod schedule;
pub mod schema;
pub mod shape;
pub mod shipped;
pub mod suggest;
pub mod text;
pub mod versions;
pub mod yaml;

pub use factory::{Definition, Factory};
pub use shipped::shipped;

/// Version of the language, `apiVersion` of every definition.
pub const API_VERSION: &str = "forgeline.dev/v1";
