//! How much a question may cost.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Bounds of one question. What they cut short is undecided, never wrong.
#[derive(Debug, Clone)]
pub struct Budget {
    /// Wall-clock time of the whole question.
    pub time: Duration,
    /// Steps of the search: cases looked at and states of automata.
    pub steps: u64,
    /// Set from elsewhere to give up.
    pub cancel: Arc<AtomicBool>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { time: Duration::from_secs(2), steps: 2_000_000, cancel: Arc::default() }
    }
}

/// What is left of a budget.
#[derive(Debug)]
pub(crate) struct Meter {
    left: u64,
    end: Instant,
    cancel: Arc<AtomicBool>,
}

impl Meter {
    pub(crate) fn new(budget: &Budget) -> Self {
        let over = budget.time.is_zero() || budget.cancel.load(Ordering::Relaxed);
        let left = if over { 0 } else { budget.steps };
        Self { left, end: Instant::now() + budget.time, cancel: Arc::clone(&budget.cancel) }
    }

    /// Counts one step; false when nothing is left.
    pub(crate) fn step(&mut self) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        if self.left.is_multiple_of(64) && (Instant::now() >= self.end || self.cancel.load(Ordering::Relaxed)) {
            self.left = 0;
        }
        self.left > 0
    }

    pub(crate) fn exhausted(&self) -> bool {
        self.left == 0
    }
}
