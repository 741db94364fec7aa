//! How much is asked of Azure DevOps, and when: its refusals are obeyed, and writes go one at a time.

mod budget;
mod gate;
mod heard;

pub(crate) use budget::Kind;
pub(crate) use forgeline_forge::remote::adapter::Priority;
pub(crate) use gate::Gate;
pub(crate) use heard::Heard;

/// How much is asked of Azure DevOps at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Shortest time between two writes, milliseconds.
    pub gap_millis: u64,
    /// Longest time that a call waits for its turn, milliseconds; what would take longer fails at once and says until when.
    pub longest_wait_millis: u64,
    /// Shortest wait after a refusal that names no time, milliseconds, doubled each time that it comes again.
    pub unsaid_wait_millis: u64,
    /// Reads in flight at the same time.
    pub reads_at_once: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { gap_millis: 50, longest_wait_millis: 20_000, unsaid_wait_millis: 30_000, reads_at_once: 6 }
    }
}
