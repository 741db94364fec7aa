//! Runs as this process last saw them, so that not each transaction folds a journal.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use forgeline_engine::{RunSpec, RunState};
use forgeline_model::RunId;

/// A run as last seen by this process.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) spec: Arc<RunSpec>,
    pub(crate) state: RunState,
}

/// What is remembered may be older than the database, never newer: a transaction compares it with the number of facts that
/// the run's row names.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<RunId, Arc<Loaded>>>);

impl Memory {
    /// What is remembered of a run.
    pub(crate) fn of(&self, run: &RunId) -> Option<Arc<Loaded>> {
        self.runs().get(run).cloned()
    }

    /// Keeps a run's state, once it is committed. One that has ended is not needed again.
    pub(crate) fn remember(&self, run: Arc<Loaded>) {
        let mut runs = self.runs();
        if run.state.outcome().is_some() {
            runs.remove(&run.spec.id);
        } else if runs.get(&run.spec.id).is_none_or(|known| known.state.facts <= run.state.facts) {
            runs.insert(run.spec.id.clone(), run);
        }
    }

    pub(crate) fn forget(&self, run: &RunId) {
        let _: Option<Arc<Loaded>> = self.runs().remove(run);
    }

    pub(crate) fn forget_all(&self) {
        self.runs().clear();
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<RunId, Arc<Loaded>>> {
        self.0.lock().expect("no panic while held")
    }
}
