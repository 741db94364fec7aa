//! `## Events`: `- OrderPlaced: when an Order is created`.

use crate::names::Names;

use super::super::{Change, EntitySpec, EventSpec, notes::Notes, sections::Line};

/// Words that tell which change is meant.
const CHANGES: &[(&str, Change)] = &[
    ("created", Change::Created),
    ("new", Change::Created),
    ("added", Change::Created),
    ("placed", Change::Created),
    ("registered", Change::Created),
    ("updated", Change::Updated),
    ("changed", Change::Updated),
    ("edited", Change::Updated),
    ("deleted", Change::Deleted),
    ("removed", Change::Deleted),
];

pub(super) fn read_all(lines: &[Line<'_>], entities: &mut [EntitySpec], notes: &mut Notes<'_>) -> Vec<EventSpec> {
    let mut events: Vec<EventSpec> = Vec::new();
    for line in lines {
        let Some(event) = read(*line, entities, notes) else { continue };
        let taken = entities.iter().find_map(|entity| {
            let told = &entity.events;
            let mut all = told.created.iter().chain(&told.updated).chain(&told.deleted);
            all.any(|name| *name == event.name.pascal).then_some(&entity.name)
        });
        if let Some(owner) = taken {
            // `- OrderCreated: when an Order is created` names the entity's own event: nothing to add.
            if format!("{}{}", event.entity.pascal, own_tail(event.change)) != event.name.pascal {
                let message = format!("event `{}` is told by `{owner}` already", event.name.pascal);
                notes.error("FL0215", line.at, &event.name.label, message, "choose another name".to_owned());
            }
            continue;
        }
        if let Some(entity) = entities.iter_mut().find(|entity| entity.name.snake == event.entity.snake) {
            let told = match event.change {
                Change::Created => &mut entity.events.created,
                Change::Updated => &mut entity.events.updated,
                Change::Deleted => &mut entity.events.deleted,
            };
            told.push(event.name.pascal.clone());
        }
        events.push(event);
    }
    events
}

fn own_tail(change: Change) -> &'static str {
    match change {
        Change::Created => "Created",
        Change::Updated => "Updated",
        Change::Deleted => "Deleted",
    }
}

fn read(line: Line<'_>, entities: &[EntitySpec], notes: &mut Notes<'_>) -> Option<EventSpec> {
    let (name, text) = line.text.split_once(':').unwrap_or((line.text, ""));
    let name = match Names::of(name) {
        Ok(names) => names,
        Err(error) => {
            notes.error("FL0211", line.at, name, format!("event {error}"), error.hint().to_owned());
            return None;
        }
    };
    let text = text.trim();
    // `- OrderCreated` alone says it all.
    let said = if text.is_empty() { name.lower.clone() } else { text.to_owned() };
    let entity = mentioned(&said, entities).or_else(|| mentioned(&name.lower, entities));
    let words: Vec<String> = words(&said);
    let change = CHANGES.iter().find_map(|(word, change)| words.iter().any(|said| said == word).then_some(*change));
    let (Some(entity), Some(change)) = (entity, change) else {
        let message = format!("event `{}` does not say which change of which entity it tells", name.label);
        let example = entities.first().map_or("Order", |entity| entity.name.label.as_str());
        let hint = format!("write `- {}: {example} created` (or `updated`, `deleted`)", name.pascal);
        notes.error("FL0215", line.at, line.text, message, hint);
        return None;
    };
    Some(EventSpec { name, entity: entity.clone(), change, text: text.to_owned() })
}

fn words(text: &str) -> Vec<String> {
    text.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// The entity that the text names first; of two at one place the longer name.
fn mentioned<'a>(text: &str, entities: &'a [EntitySpec]) -> Option<&'a Names> {
    let words = words(text);
    let starts = |at: usize, form: &[String]| !form.is_empty() && words[at..].starts_with(form);
    (0..words.len()).find_map(|at| {
        let named = entities.iter().map(|entity| &entity.name).filter_map(|name| {
            let forms = [&name.label, &name.lower, &name.plural.lower, &name.pascal].map(|form| self::words(form));
            forms.iter().filter(|form| starts(at, form)).map(Vec::len).max().map(|length| (length, name))
        });
        named.max_by_key(|(length, _)| *length).map(|(_, name)| name)
    })
}
