//! Objects that were just made and are not seen yet: forges answer from replicas that lag.

use std::collections::BTreeMap;

use super::Id;

/// New objects stay unseen for some requests.
#[derive(Debug, Default)]
pub(crate) struct Lag {
    /// For how many requests an object made from now on stays unseen.
    pub(crate) requests: u32,
    left: BTreeMap<Id, u32>,
}

impl Lag {
    /// An object was made over the wire.
    pub(crate) fn made(&mut self, id: Id) {
        if self.requests > 0 {
            self.left.insert(id, self.requests);
        }
    }

    pub(crate) fn sees(&self, id: Id) -> bool {
        !self.left.contains_key(&id)
    }

    /// A request was answered.
    pub(crate) fn pass(&mut self) {
        self.left.retain(|_, left| {
            *left -= 1;
            *left > 0
        });
    }
}
