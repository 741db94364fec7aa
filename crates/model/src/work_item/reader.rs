//! From a work item to the service that it describes, or to everything that is wrong with it.

mod events;
mod rules;

use crate::{Diagnostic, names::Names};

use super::{
    ServiceSpec, WorkItem,
    clean::{clean, clean_line},
    entity,
    notes::Notes,
    references,
    sections::{self, Sections},
    text::MAX_WORK_ITEM_BYTES,
};

/// What a work item turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// It describes a service.
    Service(Box<ServiceSpec>),
    /// It has no `## Entities`: a person is asked once, with [`prefilled_form`](super::prefilled_form).
    FreeForm,
}

/// A reading with what is worth knowing about it; none of the findings is an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Understood {
    /// What it is.
    pub reading: Reading,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

/// Words at the ends of a title that do not name the service.
const FILLERS: &[&str] = &[
    "a",
    "an",
    "the",
    "new",
    "add",
    "build",
    "create",
    "generate",
    "implement",
    "make",
    "provide",
    "http",
    "rest",
    "service",
    "api",
    "microservice",
    "backend",
    "system",
    "for",
    "of",
    "to",
];

/// Reads a work item. `file` is what findings call it: a path, or `issue #7`.
pub fn understand(item: &WorkItem, file: &str) -> Result<Understood, Vec<Diagnostic>> {
    if item.body.len() > MAX_WORK_ITEM_BYTES {
        let message = format!("work item `{file}` is larger than {} KiB", MAX_WORK_ITEM_BYTES / 1024);
        let hint = "keep the description short; put long material into the repository and name it";
        return Err(vec![Diagnostic::error("FL0201", message).in_file(file).hint(hint)]);
    }
    let body = clean(&item.body);
    let sections = sections::split(&body);
    let Some(entities_at) = sections.entities_at else {
        return Ok(Understood { reading: Reading::FreeForm, warnings: Vec::new() });
    };
    let mut notes = Notes::new(file, &body);
    let name = service_name(&item.title, &mut notes);
    if sections.entities.is_empty() {
        let message = "`## Entities` has no entry".to_owned();
        let hint = "write `- Customer: name (string), email (email)`".to_owned();
        notes.error("FL0219", entities_at, "Entities", message, hint);
    }
    let spec = read_sections(item, name, &sections, &mut notes);
    let failed = notes.failed();
    let found = notes.into_list();
    match spec {
        Some(spec) if !failed => Ok(Understood { reading: Reading::Service(Box::new(spec)), warnings: found }),
        _ => Err(found),
    }
}

fn read_sections(
    item: &WorkItem,
    name: Option<Names>,
    sections: &Sections<'_>,
    notes: &mut Notes<'_>,
) -> Option<ServiceSpec> {
    let raw = entity::read_all(&sections.entities, notes);
    let mut entities = references::resolve(&raw, notes);
    let events = events::read_all(&sections.events, &mut entities, notes);
    let rules = rules::read_all(&sections.rules, &mut entities, notes);
    let title = clean_line(&item.title);
    let description = sections.prose.join("\n").trim().to_owned();
    let first: Vec<&str> = description
        .lines()
        .skip_while(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
        .take_while(|line| !line.trim().is_empty())
        .map(str::trim)
        .collect();
    let summary = if first.is_empty() { title.clone() } else { first.join(" ") };
    Some(ServiceSpec { name: name?, title, summary, description, entities, events, rules })
}

/// "Add an order management service" is `order management`.
fn service_name(title: &str, notes: &mut Notes<'_>) -> Option<Names> {
    let title = clean_line(title);
    let title = title.split([':', '(', ';', '–', '—']).find(|part| !part.trim().is_empty()).unwrap_or(&title);
    let words: Vec<&str> = title.split_whitespace().collect();
    let filler = |word: &&&str| FILLERS.contains(&word.to_lowercase().as_str());
    let ahead = words.iter().take_while(filler).count();
    let behind = words[ahead..].iter().rev().take_while(filler).count();
    let core = &words[ahead..words.len() - behind];
    let named = if core.is_empty() { words.join(" ") } else { core.join(" ") };
    let named: String = named
        .chars()
        .map(|sign| if sign.is_alphanumeric() || matches!(sign, '\'' | '’') { sign } else { ' ' })
        .collect();
    let short = |count: usize| named.split_whitespace().take(count).collect::<Vec<_>>().join(" ");
    match Names::of(&named).or_else(|_| Names::of(&short(4))) {
        Ok(names) => Some(names),
        Err(error) => {
            let hint = format!("{}; the service is named from the title", error.hint());
            notes.error("FL0211", 0, "", format!("title {error}"), hint);
            None
        }
    }
}

#[cfg(test)]
mod tests;
