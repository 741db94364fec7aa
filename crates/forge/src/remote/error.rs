//! What went wrong with a forge elsewhere, in kinds that decide what happens next.

use forgeline_model::Timestamp;

/// A request to a forge that did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{doing}: {trouble}")]
pub struct RemoteError {
    /// What was being done, for people: `GitHub, comment on acme/shop#7`.
    pub doing: String,
    /// What went wrong.
    pub trouble: Trouble,
}

/// Kinds of trouble.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The credential is refused.
    #[error("the credential is refused: {0}")]
    Unauthorized(String),
    /// The credential lacks a right; the text names it when the forge does.
    #[error("not allowed: {0}")]
    Forbidden(String),
    /// It is not there, or must not be seen with this credential.
    #[error("there is no such thing, or it may not be seen with this credential: {0}")]
    Missing(String),
    /// What should be made is there already.
    #[error("it is there already: {0}")]
    Exists(String),
    /// The forge will not do it as things stand: a conflict, a locked item, a protected branch.
    #[error("refused: {0}")]
    Refused(String),
    /// The forge's limits forbid it until then.
    #[error("the forge's limits forbid it until {until}")]
    Limited {
        /// Earliest time for the next try.
        until: Timestamp,
    },
    /// The forge did not answer properly.
    #[error("the forge failed: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
        /// Whether what was asked for may have been done all the same: read before it is done again.
        perhaps_done: bool,
    },
    /// The answer is not what the forge's description promises.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}

impl RemoteError {
    /// Whether the same may well succeed later. A refused credential is the operator's to mend, and no reason to give up what
    /// people asked for.
    pub fn is_passing(&self) -> bool {
        matches!(
            self.trouble,
            Trouble::Limited { .. } | Trouble::Unavailable { .. } | Trouble::Unauthorized(_) | Trouble::Unreadable(_)
        )
    }
}
