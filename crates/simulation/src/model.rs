//! A model that is paid for each call, gives another answer each time, fails, and has a quota.

use std::collections::BTreeMap;

use forgeline_engine::TaskId;
use forgeline_model::{Digest, RunId, Timestamp, task::Usage};

/// One paid call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) run: RunId,
    pub(crate) task: TaskId,
    /// What the result depends on, whatever key the caller used.
    pub(crate) key: Digest,
    /// The step at which the caller looked for a known result.
    pub(crate) looked_at: u64,
    pub(crate) cost: Usage,
    pub(crate) fate: Fate,
}

/// What became of a call's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// A worker holds it.
    Held,
    /// It stands in the journal.
    Recorded,
    /// The call failed, its worker is gone, or its lease was somebody else's.
    Lost,
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) calls: Vec<Call>,
    /// The step at which the result of a key was recorded first.
    pub(crate) recorded_at: BTreeMap<Digest, u64>,
    /// Nothing is taken before this time.
    pub(crate) quota_until: Option<Timestamp>,
}

impl Model {
    /// The place of a call whose result a worker no longer has.
    pub(crate) fn lose(&mut self, call: Option<usize>) {
        if let Some(call) = call.map(|at| &mut self.calls[at])
            && call.fate == Fate::Held
        {
            call.fate = Fate::Lost;
        }
    }
}
