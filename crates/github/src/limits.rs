//! How much is asked of GitHub, and when: GitHub's documented limits kept on our side, and its refusals obeyed.

mod budget;
mod gate;
mod heard;

pub(crate) use budget::Kind;
pub(crate) use forgeline_forge::remote::adapter::Priority;
pub(crate) use gate::Gate;
pub(crate) use heard::Heard;

/// How much is asked of GitHub at most, per installation or token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Shortest time between two writes, milliseconds. GitHub advises a second.
    pub gap_millis: u64,
    /// Requests that make something, in any minute.
    pub creations_per_minute: usize,
    /// Requests that make something, in any hour.
    pub creations_per_hour: usize,
    /// Points in any minute; reading costs 1, writing 5.
    pub points_per_minute: u32,
    /// Longest time that a call waits for its turn, milliseconds; what would take longer fails at once and says until when.
    pub longest_wait_millis: u64,
    /// Shortest wait after a secondary limit, milliseconds, doubled each time that it comes again.
    pub secondary_wait_millis: u64,
    /// Reads in flight at the same time.
    pub reads_at_once: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            gap_millis: 100,
            creations_per_minute: 80,
            creations_per_hour: 500,
            points_per_minute: 900,
            longest_wait_millis: 20_000,
            secondary_wait_millis: 60_000,
            reads_at_once: 8,
        }
    }
}
