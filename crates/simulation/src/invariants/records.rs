//! Journal, rows and inbox.

use std::collections::BTreeSet;

use forgeline_engine::{RunState, run::TaskStatus, wake_at};
use forgeline_model::RunId;

use super::{Verdict, ensure};
use crate::{
    seen::Noted,
    store::{InboxState, RowState, RunRow},
    world::World,
};

/// The runs that this step has touched.
fn touched(world: &World) -> BTreeSet<&RunId> {
    world
        .store
        .seen
        .noted
        .iter()
        .map(|noted| match noted {
            Noted::Granted { run, .. }
            | Noted::Ended { run, .. }
            | Noted::ChangedThoughIllegal { run }
            | Noted::Told { run, .. } => run,
        })
        .collect()
}

/// Recovery is a fold over the journal: what it gives must be the state that went on, and the rows that mirror it must say
/// the same, or a restart would see another world.
pub(super) fn journal_is_state(world: &World) -> Verdict {
    for run in touched(world) {
        let row = &world.store.runs[run];
        let folded = RunState::fold(row.journal.iter().map(|(fact, at)| (fact, *at)));
        ensure(folded == row.state, || format!("the journal of {run} folds to another state"))?;
        ensure(row.wake_at == wake_at(&row.spec, &folded), || format!("{run} is woken at another time"))?;
        rows_mirror(row).map_err(|what| format!("{run}: {what}"))?;
    }
    Ok(())
}

fn rows_mirror(row: &RunRow) -> Verdict {
    for task in row.state.tasks() {
        let mirrored = row.stages.get(&task.id).map(|it| it.state);
        let is_finished = row.is_finished();
        let expected = match &task.status {
            TaskStatus::Waiting(_) | TaskStatus::Approved(_) => None,
            TaskStatus::Queued | TaskStatus::Ready { .. } | TaskStatus::Running { .. } if is_finished => {
                mirrored.map(|_| RowState::Dropped)
            }
            TaskStatus::Queued => mirrored.map(|_| RowState::Queued),
            TaskStatus::Ready { .. } => Some(RowState::Ready),
            TaskStatus::Running { .. } => Some(RowState::Running),
            TaskStatus::Done(_) => Some(RowState::Done),
            TaskStatus::Failed(_) => Some(RowState::Failed),
            TaskStatus::Dropped { .. } => Some(RowState::Dropped),
        };
        ensure(mirrored == expected, || {
            format!("{} is {} and its row says {mirrored:?}", task.id, task.status.word())
        })?;
        if let (TaskStatus::Ready { at }, Some(it), false) = (&task.status, row.stages.get(&task.id), is_finished) {
            ensure(it.run_at == *at, || format!("{} is ready at {at} and its row says {}", task.id, it.run_at))?;
        }
    }
    Ok(())
}

/// An outcome is said to people and acted upon; what comes later must not change it.
pub(super) fn ended_stays(world: &World) -> Verdict {
    for run in touched(world) {
        let row = &world.store.runs[run];
        let end = row.journal.iter().position(|(fact, _)| matches!(fact, forgeline_engine::Fact::Finished { .. }));
        ensure(end.is_none_or(|end| end + 1 == row.journal.len()), || format!("something follows the end of {run}"))?;
    }
    Ok(())
}

/// Inputs come late, twice and from strangers; those that do not fit must leave no trace.
pub(super) fn illegal_changes_nothing(world: &World) -> Verdict {
    let changed = world.store.seen.noted.iter().find_map(|noted| match noted {
        Noted::ChangedThoughIllegal { run } => Some(run),
        Noted::Granted { .. } | Noted::Ended { .. } | Noted::Told { .. } => None,
    });
    match changed {
        None => Ok(()),
        Some(run) => Err(format!("a refused input changed {run}")),
    }
}

/// A delivery that comes twice is one delivery.
pub(super) fn one_record_per_delivery(world: &World) -> Verdict {
    let mut seen = BTreeSet::new();
    let ended = world.store.inbox.iter().filter(|row| row.state != InboxState::New);
    for row in ended {
        ensure(seen.insert(&row.key), || format!("delivery {} has two records", row.key))?;
    }
    Ok(())
}

/// A delivery and a rescan tell of the same comment: it starts one run.
pub(super) fn asked_once_runs_once(world: &World) -> Verdict {
    let mut seen = BTreeSet::new();
    for row in world.store.runs.values() {
        ensure(seen.insert(row.asked_by), || format!("happening {} started two runs", row.asked_by))?;
    }
    Ok(())
}
