//! GitHub through its requests: a peer on this machine answers, and what it was asked is looked at.

mod auth;
mod checks;
mod peer;
mod reading;
mod reviews;
mod rules;
mod writing;
