//! Places in the code at which a test can kill the process, as `kill -9` would: no handler runs, nothing is flushed.
//!
//! `FORGELINE_FAILPOINT=finish:committed#2` kills the process as it passes `finish:committed` the second time;
//! `FORGELINE_FAILPOINT_LOG=FILE` appends a line for each place that is passed, so that a test finds the places by itself.
//! Only builds with debug assertions look at either: in a release these functions do nothing.

#[cfg(debug_assertions)]
mod armed;

/// Passes the place `what:after_step`.
#[inline]
pub fn pass(what: &str, after_step: &str) {
    #[cfg(debug_assertions)]
    armed::pass(what, after_step, None);
    #[cfg(not(debug_assertions))]
    let _ = (what, after_step);
}

/// The same; the log names what it was about too: `what:after_step subject`.
#[inline]
pub fn pass_with(what: &str, after_step: &str, subject: &dyn std::fmt::Display) {
    #[cfg(debug_assertions)]
    armed::pass(what, after_step, Some(subject));
    #[cfg(not(debug_assertions))]
    let _ = (what, after_step, subject);
}
