//! Buttons of checks: the words that a forge sends back when somebody presses one.

/// Run it again.
pub const RERUN: &str = "re-run";
/// Stop it.
pub const CANCEL: &str = "cancel";
