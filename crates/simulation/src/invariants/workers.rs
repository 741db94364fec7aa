//! Leases, holds and groups.

use std::collections::BTreeMap;

use forgeline_engine::Fact;

use super::{Verdict, ensure};
use crate::{seen::Noted, world::World};

/// Two workers at one task would both pay and both report: a task is given away only when its worker is gone or late, and
/// only who was given it last may end it.
pub(super) fn one_worker_per_task(world: &World) -> Verdict {
    for noted in &world.store.seen.noted {
        if let Noted::Granted { run, task, .. } = noted {
            let status = world.store.runs[run].state.task(task).map(|task| task.status.word());
            ensure(status == Some("running") && !world.store.runs[run].is_finished(), || {
                format!("a worker was given {task} of {run}, which is {status:?}")
            })?;
        }
        match noted {
            Noted::Granted { run, task, before: Some(before) } if before.is_open => {
                let is_alive = world.alive().contains(&before.process);
                // The claimer's clock may be ahead of everybody's by as much as clocks are off.
                let is_late = before.until.millis() < world.now.millis() + 2_000;
                ensure(!is_alive || is_late, || {
                    format!("{task} of {run} was taken from worker {}, who is alive and in time", before.worker)
                })?;
            }
            Noted::Ended { run, task, worker, holder } => {
                let is_holder = holder.as_ref().is_some_and(|holder| holder.is_open && holder.worker == *worker);
                ensure(is_holder, || format!("{task} of {run} was ended by worker {worker}, who does not hold it"))?;
            }
            Noted::Granted { .. } | Noted::ChangedThoughIllegal { .. } | Noted::Told { .. } => {}
        }
    }
    Ok(())
}

/// Who pauses or holds must be able to rely on it: nothing new is started, whatever is ready.
pub(super) fn nothing_starts_while_held(world: &World) -> Verdict {
    for noted in &world.store.seen.noted {
        let Noted::Told { run, fact } = noted else { continue };
        let Fact::TaskStarted { task, .. } = &**fact else { continue };
        let row = &world.store.runs[run];
        ensure(!world.store.is_held, || format!("{task} of {run} started while everything is held back"))?;
        ensure(row.state.paused_by.is_none(), || format!("{task} of {run} started while its run is paused"))?;
    }
    Ok(())
}

/// Runs of a group share what must not be written by two at once.
pub(super) fn one_run_of_a_group(world: &World) -> Verdict {
    let mut at_work = BTreeMap::new();
    for (run, row) in &world.store.runs {
        let Some(group) = row.group().filter(|_| !row.is_finished() && row.state.word() != "queued") else { continue };
        if let Some(other) = at_work.insert(group, run) {
            return Err(format!("{other} and {run} of group `{group}` are at work at once"));
        }
    }
    Ok(())
}
