//! From written types to types: entities by name, enums, and what refers to what.

use serde_json::{Value, json};

use crate::names::Names;

use super::{
    EntitySpec, FieldSpec, FieldType,
    entity::{RawEntity, RawField, enum_values, kinds, plain_type},
    notes::Notes,
    spec::EntityEvents,
};

/// Fields that every entity has anyway, with the types under which they may be named.
const OWN_FIELDS: &[(&str, &[FieldType])] = &[
    ("id", &[FieldType::Uuid, FieldType::String]),
    ("created_at", &[FieldType::Datetime]),
    ("updated_at", &[FieldType::Datetime]),
];

/// The entities with their references resolved.
pub(super) fn resolve(raw: &[RawEntity<'_>], notes: &mut Notes<'_>) -> Vec<EntitySpec> {
    let names: Vec<&Names> = raw.iter().map(|entity| &entity.name).collect();
    let entities: Vec<EntitySpec> = raw.iter().map(|entity| resolve_entity(entity, &names, notes)).collect();
    refuse_required_cycles(raw, &entities, notes);
    entities
}

fn resolve_entity(raw: &RawEntity<'_>, names: &[&Names], notes: &mut Notes<'_>) -> EntitySpec {
    let mut fields: Vec<FieldSpec> = Vec::new();
    for field in &raw.fields {
        let Some(resolved) = resolve_field(raw, field, names, notes) else { continue };
        if fields.iter().any(|other| other.name.snake == resolved.name.snake) {
            let message = format!("two fields of `{}` are `{}`", raw.name, resolved.name.snake);
            notes.error("FL0210", raw.at, field.text, message, "rename one of them".to_owned());
            continue;
        }
        fields.push(resolved);
    }
    if fields.is_empty() && !raw.fields.is_empty() && !notes.failed() {
        let message = format!("entity `{}` has no fields of its own", raw.name);
        notes.error("FL0217", raw.at, &raw.name.label, message, format!("write `- {}: name (string)`", raw.name));
    }
    let mut references: Vec<Names> = Vec::new();
    for target in fields.iter().filter_map(|field| field.reference.as_ref()) {
        if target.snake != raw.name.snake && !references.contains(target) {
            references.push(target.clone());
        }
    }
    let told = |change: &str| vec![format!("{}{change}", raw.name.pascal)];
    let events = EntityEvents { created: told("Created"), updated: told("Updated"), deleted: told("Deleted") };
    let refers = fields.iter().any(|field| field.reference.is_some());
    EntitySpec { name: raw.name.clone(), fields, references, refers, events }
}

fn resolve_field(
    entity: &RawEntity<'_>,
    raw: &RawField<'_>,
    names: &[&Names],
    notes: &mut Notes<'_>,
) -> Option<FieldSpec> {
    let wanted = Names::of_thing(raw.kind).ok();
    let exact = names.iter().find(|names| names.label == raw.kind);
    let similar = || names.iter().find(|names| wanted.as_ref().is_some_and(|wanted| wanted.snake == names.snake));
    let mut values = Vec::new();
    let (field_type, target) = if let Some(target) = exact {
        (FieldType::Reference, Some(*target))
    } else if let Some(plain) = plain_type(raw.kind) {
        (plain, None)
    } else if let Some(written) = enum_values(raw.kind) {
        values = checked_values(entity.at, raw, &written, notes)?;
        (FieldType::Enum, None)
    } else if let Some(target) = similar() {
        (FieldType::Reference, Some(*target))
    } else {
        unknown(entity.at, raw, names, notes);
        return None;
    };
    if let Some((own, types)) = OWN_FIELDS.iter().find(|(own, _)| *own == raw.name.snake) {
        refuse_own(entity.at, raw, own, types.contains(&field_type), notes);
        return None;
    }
    let name = match target {
        Some(target) => reference_name(raw, target),
        None => raw.name.clone(),
    };
    let (example, other_example) = examples(field_type, &name, &values);
    Some(FieldSpec {
        name,
        field_type,
        required: raw.required,
        reference: target.cloned(),
        values,
        unique: false,
        min: None,
        max: None,
        example,
        other_example,
    })
}

/// `customer (Customer)` is `customer_id`; `ref (Customer)` too.
fn reference_name(raw: &RawField<'_>, target: &Names) -> Names {
    let base = if matches!(raw.name.snake.as_str(), "ref" | "reference") { &target.snake } else { &raw.name.snake };
    let full = if base.ends_with("_id") { base.clone() } else { format!("{base}_id") };
    match Names::of(&full) {
        Ok(names) => Names { label: raw.name.label.clone(), ..names },
        Err(_) => raw.name.clone(),
    }
}

fn unknown(at: usize, raw: &RawField<'_>, names: &[&Names], notes: &mut Notes<'_>) {
    if raw.kind.starts_with(|sign: char| sign.is_uppercase()) {
        let known: Vec<String> = names.iter().map(|names| format!("`{names}`")).collect();
        let message = format!("field `{}` refers to `{}`, which is not an entity here", raw.name, raw.kind);
        notes.error("FL0208", at, raw.text, message, format!("add `- {}: …`, or use {}", raw.kind, known.join(", ")));
    } else {
        let message = format!("field `{}` has the unknown type `{}`", raw.name, raw.kind);
        notes.error("FL0207", at, raw.text, message, format!("types: {}", kinds()));
    }
}

fn refuse_own(at: usize, raw: &RawField<'_>, own: &str, fits: bool, notes: &mut Notes<'_>) {
    if fits {
        let message = format!("every entity has `{own}` already");
        notes.warning("FL0212", at, raw.text, message, "leave it out".to_owned());
    } else {
        let message = format!("field `{own}` is set by the service and cannot be `{}`", raw.kind);
        notes.error("FL0212", at, raw.text, message, format!("choose another name, for example `external_{own}`"));
    }
}

fn checked_values(at: usize, raw: &RawField<'_>, written: &[&str], notes: &mut Notes<'_>) -> Option<Vec<String>> {
    let plain = |value: &&str| {
        !value.is_empty()
            && value.len() <= 40
            && value.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.' | ' '))
    };
    let mut values: Vec<String> = Vec::new();
    for value in written {
        if !plain(value) || values.iter().any(|other| other == value) {
            let message = format!("enum `{}` cannot have the value `{value}`", raw.name);
            let hint = "write `enum(new|paid|shipped)`: letters, digits, `-`, `_`, `.`, each value once";
            notes.error("FL0206", at, raw.text, message, hint.to_owned());
            return None;
        }
        values.push((*value).to_owned());
    }
    Some(values)
}

/// Two valid values of a type, with nothing random in them.
fn examples(field_type: FieldType, name: &Names, values: &[String]) -> (Value, Value) {
    match field_type {
        FieldType::String => (json!(format!("first {}", name.lower)), json!(format!("second {}", name.lower))),
        FieldType::Text => (json!(format!("A note on {}.", name.lower)), json!(format!("Another {}.", name.lower))),
        FieldType::Int => (json!(1), json!(2)),
        FieldType::Number => (json!(1.5), json!(2.5)),
        FieldType::Decimal => (json!("19.99"), json!("5.00")),
        FieldType::Bool => (json!(true), json!(false)),
        FieldType::Date => (json!("2026-01-31"), json!("2026-02-28")),
        FieldType::Datetime => (json!("2026-01-31T12:00:00Z"), json!("2026-02-28T08:30:00+01:00")),
        FieldType::Uuid => {
            (json!("6f1f64c8-27a4-4b53-b6ae-0f3c2b1c9d10"), json!("0b9a6f0e-5d0f-4f3c-9c55-52f7a6c0e7aa"))
        }
        FieldType::Email => (json!("ana@example.org"), json!("ben@example.org")),
        FieldType::Enum => (json!(values.first()), json!(values.last())),
        FieldType::Reference => (Value::Null, Value::Null),
    }
}

/// A ring of required references could never get its first member.
fn refuse_required_cycles(raw: &[RawEntity<'_>], entities: &[EntitySpec], notes: &mut Notes<'_>) {
    let needs = |at: usize| -> Vec<usize> {
        let required = entities[at].fields.iter().filter(|field| field.required);
        let targets = required.filter_map(|field| field.reference.as_ref());
        targets.filter_map(|target| entities.iter().position(|other| other.name.snake == target.snake)).collect()
    };
    // An entity can be made once all that it needs can be made; what is left at the end needs itself.
    let mut makeable = vec![false; entities.len()];
    while let Some(next) = (0..entities.len()).find(|&at| !makeable[at] && needs(at).iter().all(|&to| makeable[to])) {
        makeable[next] = true;
    }
    for start in (0..entities.len()).filter(|&at| !makeable[at]) {
        let mut seen = vec![false; entities.len()];
        let mut open = needs(start);
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut seen[at], true) {
                open.extend(needs(at));
            }
        }
        if seen[start] {
            let name = &entities[start].name;
            let message = format!("entity `{name}` needs another `{name}` before the first one can exist");
            let hint = "make a reference of the ring optional: `parent (Category?)`".to_owned();
            notes.error("FL0213", raw[start].at, &name.label, message, hint);
        }
    }
}
