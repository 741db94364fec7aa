//! The adapter against Azure DevOps as the fake forge plays it, and against answers that no forge should give.

mod forge;
mod models;
mod place;
mod reviews;
mod rules;
