//! The handlers, by what they are about, and each file's part of the table.

mod apps;
mod checks;
mod commits;
mod contents;
mod events;
mod issue_comments;
mod issues;
mod labels;
mod people;
mod pulls;
mod reactions;
mod refs;
mod review_comments;
mod reviews;
mod statuses;

use super::operation::Operation;

/// All parts of the table.
pub(crate) const TABLES: &[&[Operation]] = &[
    apps::TABLE,
    people::TABLE,
    commits::TABLE,
    contents::TABLE,
    refs::TABLE,
    statuses::TABLE,
    issues::TABLE,
    issue_comments::TABLE,
    reactions::TABLE,
    labels::TABLE,
    events::TABLE,
    pulls::TABLE,
    reviews::TABLE,
    review_comments::TABLE,
    checks::TABLE,
];

/// The permissions of which one opens issues and pull requests alike.
const ITEMS: &[&str] = &["issues", "pull_requests"];
const PULLS: &[&str] = &["pull_requests"];
const CONTENTS: &[&str] = &["contents"];
