//! What holds once faults have stopped and nothing is left to do.

use super::{Verdict, ensure};
use crate::{
    model::Fate,
    store::{EffectState, InboxState},
    world::World,
};

/// Whoever was told that a delivery arrived may forget it: it has a record.
pub(super) fn each_delivery_has_its_record(world: &World) -> Verdict {
    for key in &world.forge.acknowledged {
        let ended = world.store.inbox.iter().any(|row| row.key == *key && row.state != InboxState::New);
        ensure(ended, || format!("delivery {key} was acknowledged and has no record"))?;
    }
    match world.store.inbox.iter().find(|row| row.state == InboxState::New) {
        None => Ok(()),
        Some(row) => Err(format!("delivery {} still waits to be decided", row.key)),
    }
}

/// Every run ends, or waits for people: nothing hangs. One whose time is over does not wait either.
pub(super) fn every_run_ends(world: &World) -> Verdict {
    for (run, row) in world.store.runs.iter().filter(|(_, row)| !row.is_finished()) {
        ensure(world.waits_for_people(run), || format!("{run} is {} and nobody is asked", row.state.word()))?;
        ensure(row.wake_at.is_none_or(|at| at > world.now), || format!("{run} is over its time and goes on"))?;
    }
    Ok(())
}

/// No paid result lies in the hands of a worker that is no more.
pub(super) fn no_result_is_held(world: &World) -> Verdict {
    match world.model.calls.iter().find(|call| call.fate == Fate::Held) {
        None => Ok(()),
        Some(call) => Err(format!("the result of {} of {} was paid and is nowhere", call.task, call.run)),
    }
}

/// Nothing that was asked of the forge is forgotten.
pub(super) fn every_effect_is_settled(world: &World) -> Verdict {
    let open = world.store.outbox.iter().find(|row| row.state != EffectState::Confirmed && !world.store.is_held);
    match open {
        None => Ok(()),
        Some(row) => Err(format!("effect `{}` is still {:?}", row.key, row.state)),
    }
}
