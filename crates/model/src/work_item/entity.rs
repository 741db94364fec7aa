//! One line of `## Entities`: `Name: field (type), other (Type?), …`.

use crate::names::Names;

use super::{FieldType, notes::Notes, sections::Line};

/// Most entities of one service: a file each, and a pull request that a person can review.
const MAX_ENTITIES: usize = 40;
/// Most fields of one entity.
const MAX_FIELDS: usize = 60;

/// An entity whose references are not resolved yet.
pub(super) struct RawEntity<'a> {
    pub(super) at: usize,
    pub(super) name: Names,
    pub(super) fields: Vec<RawField<'a>>,
}

/// A field as written.
pub(super) struct RawField<'a> {
    pub(super) name: Names,
    pub(super) text: &'a str,
    pub(super) kind: &'a str,
    pub(super) required: bool,
}

/// All entities that can be read; what cannot is noted.
pub(super) fn read_all<'a>(lines: &[Line<'a>], notes: &mut Notes<'_>) -> Vec<RawEntity<'a>> {
    let mut entities: Vec<RawEntity<'a>> = Vec::new();
    for line in lines {
        let Some(entity) = read(*line, notes) else { continue };
        let twin = entities.iter().find(|other| {
            other.name.snake == entity.name.snake
                || other.name.plural.snake == entity.name.plural.snake
                || other.name.rust_type == entity.name.rust_type
        });
        if let Some(twin) = twin {
            let message = format!(
                "entity `{}` is the same as `{}` on line {}: both are `{}` in code",
                entity.name,
                twin.name,
                twin.at + 1,
                twin.name.snake
            );
            notes.error("FL0209", line.at, &entity.name.label, message, "rename or join one of them".to_owned());
            continue;
        }
        entities.push(entity);
    }
    if let Some(extra) = entities.get(MAX_ENTITIES) {
        let message = format!("{} entities are more than one service should keep; at most {MAX_ENTITIES}", lines.len());
        notes.error("FL0214", extra.at, &extra.name.label, message, "split the work item into services".to_owned());
    }
    entities
}

fn read<'a>(line: Line<'a>, notes: &mut Notes<'_>) -> Option<RawEntity<'a>> {
    const FORM: &str = "write `- Name: field (type), other (type?), owner (Person)`";
    let (name, fields) = match split_top(line.text, ':').as_slice() {
        [name] => (*name, ""),
        [name, ..] => (*name, line.text[name.len() + 1..].trim()),
        [] => return None,
    };
    let name = match Names::of_thing(name) {
        Ok(names) => Some(names),
        Err(error) => {
            let code = if fields.is_empty() { "FL0205" } else { "FL0211" };
            let hint = if fields.is_empty() { FORM } else { error.hint() };
            notes.error(code, line.at, name, format!("entity {error}"), hint.to_owned());
            None
        }
    };
    let parts: Vec<&str> = split_top(fields, ',').into_iter().map(str::trim).filter(|part| !part.is_empty()).collect();
    let mut read: Vec<RawField<'a>> = Vec::new();
    for part in &parts {
        let Some(field) = read_field(line.at, part, notes) else { continue };
        if let Some(twin) = read.iter().find(|other| other.name.snake == field.name.snake) {
            let message = format!("field `{}` is the same as `{}`: both are `{}`", part, twin.text, twin.name.snake);
            notes.error("FL0210", line.at, part, message, "rename one of them".to_owned());
            continue;
        }
        read.push(field);
    }
    let name = name?;
    if parts.is_empty() {
        let message = format!("entity `{name}` has no fields");
        notes.error("FL0217", line.at, &name.label, message, format!("write `- {name}: name (string)`"));
    } else if read.len() > MAX_FIELDS {
        let message = format!("entity `{name}` has {} fields; at most {MAX_FIELDS}", read.len());
        notes.error("FL0214", line.at, &name.label, message, "split the entity".to_owned());
    }
    Some(RawEntity { at: line.at, name, fields: read })
}

fn read_field<'a>(at: usize, part: &'a str, notes: &mut Notes<'_>) -> Option<RawField<'a>> {
    let Some((name, kind)) = part.split_once('(').and_then(|(name, kind)| Some((name, kind.trim().strip_suffix(')')?)))
    else {
        let name = part.split(['(', ')']).next().unwrap_or(part).trim();
        let message = format!("field `{part}` has no type");
        notes.error("FL0206", at, part, message, format!("write `{name} (string)`; types: {}", kinds()));
        return None;
    };
    let (name, kind) = (name.trim(), kind.trim());
    let required = !name.ends_with('?') && !kind.ends_with('?');
    let (name, kind) = (name.trim_end_matches('?').trim(), kind.trim_end_matches('?').trim());
    match Names::of(name) {
        Ok(names) => Some(RawField { name: names, text: part, kind, required }),
        Err(error) => {
            notes.error("FL0211", at, part, format!("field {error}"), error.hint().to_owned());
            None
        }
    }
}

/// Splits at a sign that stands outside parentheses.
fn split_top(text: &str, sign: char) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, here) in text.char_indices() {
        match here {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if here == sign && depth <= 0 => {
                parts.push(&text[start..at]);
                start = at + here.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The type that a word names.
pub(super) fn plain_type(kind: &str) -> Option<FieldType> {
    Some(match kind.to_lowercase().as_str() {
        "string" | "str" => FieldType::String,
        "text" | "markdown" => FieldType::Text,
        "int" | "integer" => FieldType::Int,
        "number" | "float" => FieldType::Number,
        "decimal" | "money" => FieldType::Decimal,
        "bool" | "boolean" => FieldType::Bool,
        "date" => FieldType::Date,
        "datetime" | "timestamp" => FieldType::Datetime,
        "uuid" => FieldType::Uuid,
        "email" => FieldType::Email,
        _ => return None,
    })
}

/// The words that name a type, for hints.
pub(super) fn kinds() -> &'static str {
    "string, text, int, number, decimal, money, bool, date, datetime, uuid, email, enum(a|b), or an entity's name"
}

/// The values of `enum(a|b)`, `enum a|b` or `a|b`; none when the text is no enum.
pub(super) fn enum_values(kind: &str) -> Option<Vec<&str>> {
    let named = kind.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("enum"))
        && !kind[4..].starts_with(|sign: char| sign.is_alphanumeric());
    if !named && !kind.contains('|') {
        return None;
    }
    let list = if named { kind[4..].trim_start_matches([':', ' ']) } else { kind };
    let list = list.trim().trim_start_matches('(').trim_end_matches(')');
    Some(list.split(['|', ',']).map(|value| value.trim().trim_matches(['"', '\'', '`'])).collect())
}
