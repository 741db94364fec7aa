//! What is said in comments. Pure text: values in, Markdown out, each form pinned by a test.
//!
//! Words of outsiders stand in code spans or fences, or are made inert; nothing here passes Markdown through. The hidden
//! marker comes last and counts only in a comment whose author is Forgeline's own account.

mod compose;
mod form;
mod help;
mod markdown;
mod outcome;
mod refusal;
mod routes;
mod status;
mod why;

pub use compose::{Answered, comment, marker};
pub use form::asks_for_form;
pub use help::help;
pub use outcome::{
    approved, came_to_nothing, cancelled, closed_pull_request, goes_on, heard, held, joined, no_change, nothing_said,
    nothing_to_cancel, nothing_to_retry, nothing_to_revise, pressed, rejected, released, started, vouched,
    vouches_no_more,
};
pub use refusal::{
    approves_an_old_base, approves_something_else, fault, invalid_definitions, invalid_inputs, not_available,
    nothing_to_vouch_for, nothing_waits, refused, too_many_runs, unknown_blueprint, unknown_stage, unusable_repository,
    vouches_for_another, waits_for_a_voucher,
};
pub use routes::{no_such_target, refused_there, routed, which_repository};
pub use status::{RunLine, status};
pub use why::{decisions, why};

#[cfg(test)]
mod tests;
