//! What a thread of comments has where a dialect knows threads.

use serde_json::Value;

#[derive(Debug, Clone)]
pub(crate) struct Thread {
    /// The dialect's word, such as `active`.
    pub(crate) status: String,
    /// Free values of whoever started it, by name.
    pub(crate) properties: Value,
}
