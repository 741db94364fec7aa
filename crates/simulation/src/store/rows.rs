//! The rows that mirror the journal: what may be claimed, and who holds it.

use std::collections::BTreeMap;

use forgeline_engine::{Fact, TaskId};
use forgeline_model::Timestamp;

use super::ProcessId;
use crate::switches::Bug;

/// One task's row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StageRow {
    pub(crate) state: RowState,
    pub(crate) run_at: Timestamp,
    pub(crate) owner: Option<ProcessId>,
    pub(crate) epoch: u64,
    pub(crate) until: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowState {
    Queued,
    Ready,
    Running,
    Done,
    Failed,
    Dropped,
}

/// Mirrors one fact.
pub(super) fn mirror(bug: Option<Bug>, rows: &mut BTreeMap<TaskId, StageRow>, fact: &Fact) {
    match fact {
        Fact::TaskReady { task, at } => {
            let row = set(rows, task, RowState::Ready);
            row.run_at = *at;
        }
        Fact::TaskStarted { task, .. } => {
            if let Some(row) = rows.get_mut(task) {
                row.state = RowState::Running;
            }
        }
        Fact::TaskDone { task, .. } => {
            set(rows, task, RowState::Done);
        }
        Fact::TaskFailed { task, last: false, .. } | Fact::TaskLost { task } | Fact::TaskParked { task, .. } => {
            set(rows, task, RowState::Queued);
        }
        Fact::TaskFailed { task, last: true, .. } => {
            set(rows, task, RowState::Failed);
        }
        Fact::TaskDropped { task, .. } => {
            if bug != Some(Bug::RowNotMirrored) {
                set(rows, task, RowState::Dropped);
            }
        }
        Fact::Finished { .. } => {
            let open =
                |row: &&mut StageRow| matches!(row.state, RowState::Queued | RowState::Ready | RowState::Running);
            for row in rows.values_mut().filter(open) {
                row.state = RowState::Dropped;
                row.owner = None;
            }
        }
        Fact::Queued { .. }
        | Fact::Started
        | Fact::StageOpened { .. }
        | Fact::StageSkipped { .. }
        | Fact::ApprovalRequested { .. }
        | Fact::Approved { .. }
        | Fact::RanOut { .. }
        | Fact::CancelRequested { .. }
        | Fact::Paused { .. }
        | Fact::Resumed { .. }
        | Fact::Publishing => {}
    }
}

fn set<'a>(rows: &'a mut BTreeMap<TaskId, StageRow>, task: &TaskId, state: RowState) -> &'a mut StageRow {
    let never = Timestamp::from_millis(0);
    let new = StageRow { state, run_at: never, owner: None, epoch: 0, until: never };
    let row = rows.entry(task.clone()).or_insert(new);
    row.state = state;
    row.owner = None;
    row
}
