//! The fake as programs meet it: over HTTP and with Git.

#[path = "github/support.rs"]
mod support;

#[path = "github/apps.rs"]
mod apps;
#[path = "github/checks.rs"]
mod checks;
#[path = "github/conditions.rs"]
mod conditions;
#[path = "github/faults.rs"]
mod faults;
#[path = "github/git.rs"]
mod git;
#[path = "github/items.rs"]
mod items;
#[path = "github/pulls.rs"]
mod pulls;
#[path = "github/rights.rs"]
mod rights;
#[path = "github/webhooks.rs"]
mod webhooks;
