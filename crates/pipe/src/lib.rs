//! A typed pipe to a child process: one JSON message a line, over its standard input and output.
//!
//! The parent ([`Child`]) starts a program with a clean environment, in a fresh directory, as a process group of its
//! own, sends it a request and waits for one answer; at the deadline the whole group is killed. What went wrong is told
//! apart: late, dead, talking nonsense, or talking too much. The child ([`serve()`], [`serve_async`]) answers until its
//! input ends, and ends at once when it does, whatever it is doing: its parent is gone. [`confine()`] is how a child gives
//! up what it does not need before it reads anything.
//!
//! No message type is known here, and nothing is retried.

mod child;
pub mod confine;
mod error;
pub mod folder;
mod line;
mod serve;
mod spawn;
mod stderr;

pub use child::Child;
pub use confine::{ConfineError, Limits, confine, foreign_variables};
pub use error::{Direction, Exit, PipeError};
pub use serve::{ServeError, serve, serve_async};
pub use spawn::Spec;

/// Longest message unless a [`Spec`] says otherwise, bytes: the files of a proposal at their largest, escaped.
pub const MAX_MESSAGE_BYTES: usize = 32 << 20;
