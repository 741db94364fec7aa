//! Where calls wait for their turn.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use forgeline_model::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use forgeline_forge::remote::adapter::{Clock, Turn, Turns};

use super::{Heard, Kind, Limits, Priority, budget::Budget};

/// The door to Azure DevOps: writes go one at a time, reads a few, all within the budget.
pub(crate) struct Gate {
    budget: Mutex<Budget>,
    turns: Turns,
    reads: Semaphore,
    longest_wait: u64,
    clock: Arc<dyn Clock>,
}

/// The right to send one request and wait for its answer.
pub(crate) struct Pass<'a> {
    _turn: Option<Turn>,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Gate {
    pub(crate) fn new(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        Self {
            budget: Mutex::new(Budget::new(limits)),
            turns: Turns::default(),
            reads: Semaphore::new(limits.reads_at_once.clamp(1, 90)),
            longest_wait: limits.longest_wait_millis,
            clock,
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// When it would take longer than a call may wait: the earliest time.
    pub(crate) async fn enter(&self, kind: Kind, priority: Priority) -> Result<Pass<'_>, Timestamp> {
        let pass = if kind == Kind::Read {
            // The semaphore is never closed.
            Pass { _turn: None, _permit: self.reads.acquire().await.ok() }
        } else {
            Pass { _turn: Some(self.turns.wait(priority).await), _permit: None }
        };
        let latest = self.clock.now().plus_millis(self.longest_wait);
        loop {
            let now = self.clock.now();
            let at = {
                let mut budget = self.budget();
                let at = budget.ready_at(kind, now);
                if at <= now {
                    budget.spend(kind, now);
                    return Ok(pass);
                }
                at
            };
            if at > latest {
                return Err(at);
            }
            self.clock.sleep(at.millis_since(now)).await;
        }
    }

    /// Takes note of an answer; if the limits refused the request, until when.
    pub(crate) fn hear(&self, heard: &Heard) -> Option<Timestamp> {
        let now = self.clock.now();
        self.budget().hear(heard, now)
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
