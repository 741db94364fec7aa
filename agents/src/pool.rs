//! Children that wait for their run's next task.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use forgeline_model::{Digest, RunId};
use forgeline_pipe::Child;

/// Most children that wait, over all runs: each holds a few megabytes. Beyond that one that is done with is ended.
const MAX_WAITING: usize = 8;

/// A child and what it knows.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) child: Child,
    pub(crate) agents: BTreeSet<Digest>,
    pub(crate) memory_bytes: u64,
}

/// Waiting children by run. A run's definitions and data never reach another run's child.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool(Arc<Mutex<BTreeMap<RunId, Vec<Worker>>>>);

impl Pool {
    pub(crate) fn take(&self, run: &RunId, memory_bytes: u64) -> Option<Worker> {
        let mut waiting = self.lock();
        let workers = waiting.get_mut(run)?;
        let index = workers.iter().position(|worker| worker.memory_bytes == memory_bytes)?;
        let worker = workers.swap_remove(index);
        if workers.is_empty() {
            waiting.remove(run);
        }
        Some(worker)
    }

    pub(crate) fn give_back(&self, run: &RunId, worker: Worker) {
        let mut waiting = self.lock();
        if waiting.values().map(Vec::len).sum::<usize>() < MAX_WAITING {
            waiting.entry(run.clone()).or_default().push(worker);
        }
    }

    /// Ends the children that wait for this run.
    pub(crate) fn close(&self, run: &RunId) {
        let ended = self.lock().remove(run);
        drop(ended);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<RunId, Vec<Worker>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
