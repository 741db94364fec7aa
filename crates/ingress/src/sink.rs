//! Where hooks go.

use async_trait::async_trait;

use crate::Hook;

/// Whether a hook is new. In both cases it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is stored now.
    New,
    /// It was here before.
    Duplicate,
}

/// A hook is not stored, and so must not be acknowledged. Whoever could not store it has said why in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotKept;

/// Keeps hooks.
#[async_trait]
pub trait Sink: Send + Sync + 'static {
    /// Whether there is room for more; asked before anything is read.
    fn has_room(&self) -> bool;

    /// Makes a hook durable. It returns when the hook is on the disk.
    ///
    /// # Errors
    /// [`NotKept`].
    async fn keep(&self, hook: Hook) -> Result<Kept, NotKept>;
}
