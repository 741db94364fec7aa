//! The answer to a work item that does not say what the service keeps.

use super::{WorkItem, clean::clean_line, sections};

/// The form, filled in with what the item already says; the person edits the entities and is done.
///
/// The text is Markdown for a comment. Prose is quoted back as a block that cannot mention or link.
pub fn prefilled_form(item: &WorkItem) -> String {
    let body = super::clean(&item.body);
    let prose = sections::split(&body).prose.join("\n");
    let prose = prose.trim().replace("```", "'''").replace("~~~", "'''");
    let title = clean_line(&item.title).replace("```", "'''");
    let prose = if prose.is_empty() { "What the service is for, in a sentence or two.".to_owned() } else { prose };
    let prose: String = prose.chars().take(4000).collect();
    format!(
        "```markdown\n# {title}\n\n{prose}\n\n## Entities\n\n- {entity}: name (string), active (bool), notes (text?)\n\n\
         ## Events\n\n- {entity}Registered: {entity} created\n\n## Rules\n\n- {entity}.name is unique\n```\n",
        entity = suggested_entity(&title)
    )
}

/// The title's last word that could be a thing.
fn suggested_entity(title: &str) -> String {
    const NOT_A_THING: &[&str] = &["service", "api", "app", "system", "management", "manager", "backend", "server"];
    title
        .split_whitespace()
        .rev()
        .filter(|word| word.chars().count() > 2 && !NOT_A_THING.contains(&word.to_lowercase().as_str()))
        .find_map(|word| crate::names::Names::of_thing(word.trim_matches(|sign: char| !sign.is_alphanumeric())).ok())
        .map_or_else(|| "Item".to_owned(), |names| names.pascal)
}
