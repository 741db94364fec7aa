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

impl World {
    /// Notes a move; its id is chosen here.
    pub(super) fn note_push(&mut self, mut push: Push) {
        push.id = self.fresh();
        self.pushes.push(push);
    }
}
