//! What is asked of GitHub, one file per kind of thing.

pub(crate) mod checks;
pub(crate) mod comments;
pub(crate) mod deliveries;
pub(crate) mod items;
pub(crate) mod labels;
pub(crate) mod people;
pub(crate) mod pulls;
pub(crate) mod repositories;
pub(crate) mod reviewers;
pub(crate) mod reviews;

mod statuses;
mod text;
