//! The answer to a work item that was written freely.

use forgeline_model::{WorkItem, work_item::prefilled_form};

use super::markdown::code;

/// What is missing, and the form with the item's own words filled in. Said once for an item.
pub fn asks_for_form(item: &WorkItem, blueprint: &str) -> String {
    format!(
        "**More is needed** before {} can start: the entities with their fields. Here is the form with your words filled \
         in. Put it into the text of this item, change what stands below `## Entities`, and comment {}.\n\n{}",
        code(blueprint),
        code(&format!("/forgeline run {blueprint}")),
        prefilled_form(item).trim_end()
    )
}
