//! The stories, one file for each group.

pub(super) mod again;
pub(super) mod approvals;
pub(super) mod changes;
pub(super) mod commands;
pub(super) mod filters;
pub(super) mod items;
pub(super) mod many;
pub(super) mod pulls;
pub(super) mod roles;
pub(super) mod routes;
pub(super) mod runs;
pub(super) mod safety;
pub(super) mod story;
pub(super) mod threads;

/// The smallest shipped blueprint.
const RUN: &str = "/forgeline run docs-page";
