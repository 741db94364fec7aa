//! A delivery comes in: it is stored, then acknowledged.

use crate::{forge::Hook, switches::Bug, world::World};

/// A delivery in the hands of a process.
#[derive(Debug)]
pub(crate) struct Serve {
    hook: Hook,
    /// The first of its two steps is made.
    is_half_done: bool,
}

impl Serve {
    pub(crate) fn of(hook: Hook) -> Self {
        Self { hook, is_half_done: false }
    }

    pub(crate) fn advance(self, world: &mut World) -> Option<Self> {
        let answers_first = world.store.bug == Some(Bug::AcknowledgedBeforeStored);
        if self.is_half_done == answers_first {
            world.store.receive(&self.hook.key, self.hook.happening);
            world.note("delivery stored", || format!("T0 of {}", self.hook.key));
        } else {
            world.forge.acknowledged.insert(self.hook.key.clone());
            world.note("delivery acknowledged", || format!("202 for {}", self.hook.key));
        }
        (!self.is_half_done).then_some(Self { is_half_done: true, ..self })
    }
}
