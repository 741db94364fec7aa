//! Moves of branches.

use super::{Id, Millis, World};

#[derive(Debug, Clone)]
pub(crate) struct Push {
    pub(crate) id: Id,
    pub(crate) repository: Id,
    pub(crate) by: Id,
    pub(crate) branch: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) at: Millis,
}

impl Push {
    /// The whole name of what moved.
    pub(crate) fn reference(&self) -> String {
        if self.branch.starts_with("refs/tags/") { self.branch.clone() } else { format!("refs/heads/{}", self.branch) }
    }
}

impl World {
    /// Notes a move; its id is chosen here.
    pub(super) fn note_push(&mut self, mut push: Push) {
        push.id = self.fresh();
        self.pushes.push(push);
    }
}
