//! What is asked of Azure DevOps, one file per kind of thing.

pub(crate) mod areas;
pub(crate) mod checks;
pub(crate) mod comments;
pub(crate) mod items;
pub(crate) mod labels;
pub(crate) mod people;
pub(crate) mod repositories;
pub(crate) mod reviewers;
pub(crate) mod reviews;

pub(crate) mod pulls;
mod text;
mod threads;
pub(crate) mod work_items;
