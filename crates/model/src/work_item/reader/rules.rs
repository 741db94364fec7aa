//! `## Rules`: `- Customer.email is unique`, `- Order.quantity is at least 1`; anything else is kept as text.

use super::super::{EntitySpec, FieldSpec, FieldType, RuleSpec, notes::Notes, sections::Line};

/// What a rule asks of a field.
enum Demand {
    Unique,
    Min(i64),
    Max(i64),
}

pub(super) fn read_all(lines: &[Line<'_>], entities: &mut [EntitySpec], notes: &mut Notes<'_>) -> Vec<RuleSpec> {
    lines.iter().filter_map(|line| read(*line, entities, notes)).collect()
}

fn read(line: Line<'_>, entities: &mut [EntitySpec], notes: &mut Notes<'_>) -> Option<RuleSpec> {
    let text = line.text.trim_end_matches('.').trim();
    let prose = || Some(RuleSpec { text: line.text.to_owned(), enforced: false, entity: None, field: None });
    let Some((subject, demand)) = split(text) else {
        let message = "this rule is kept as text; nothing enforces it".to_owned();
        let hint = "enforced forms: `Customer.email is unique`, `Order.quantity is at least 1`, `… is at most 10`";
        notes.warning("FL0218", line.at, line.text, message, hint.to_owned());
        return prose();
    };
    let Some(field) = find(subject, entities) else {
        let message = format!("rule names `{subject}`, which is no field of an entity here");
        notes.error("FL0216", line.at, subject, message, "write `Entity.field is unique`".to_owned());
        return None;
    };
    let (entity_name, field) = field;
    if let Err(reason) = apply(field, &demand) {
        notes.error("FL0216", line.at, subject, format!("rule cannot hold for `{subject}`: {reason}"), hint(&demand));
        return None;
    }
    let field = Some(field.name.clone());
    Some(RuleSpec { text: line.text.to_owned(), enforced: true, entity: Some(entity_name), field })
}

fn hint(demand: &Demand) -> String {
    match demand {
        Demand::Unique => "`is unique` fits string, int, decimal, date, datetime, uuid, email and references",
        Demand::Min(_) | Demand::Max(_) => "bounds fit int and number, and the lower one is below the upper one",
    }
    .to_owned()
}

fn split(text: &str) -> Option<(&str, Demand)> {
    if let Some(subject) = text.strip_suffix(" is unique").or_else(|| text.strip_suffix(" must be unique")) {
        return subject.contains('.').then_some((subject.trim(), Demand::Unique));
    }
    type Bound = fn(i64) -> Demand;
    const FORMS: &[(&str, Bound)] = &[
        (" is at least ", Demand::Min),
        (" must be at least ", Demand::Min),
        (" >= ", Demand::Min),
        (" is at most ", Demand::Max),
        (" must be at most ", Demand::Max),
        (" <= ", Demand::Max),
    ];
    FORMS.iter().find_map(|(words, demand)| {
        let (subject, bound) = text.split_once(words)?;
        let bound = bound.trim().parse().ok()?;
        subject.contains('.').then(|| (subject.trim(), demand(bound)))
    })
}

fn find<'a>(subject: &str, entities: &'a mut [EntitySpec]) -> Option<(crate::names::Names, &'a mut FieldSpec)> {
    let (entity, field) = subject.split_once('.')?;
    let entity_name = crate::names::Names::of_thing(entity.trim_matches('`')).ok()?;
    let field_name = crate::names::Names::of(field.trim_matches('`')).ok()?;
    let entity = entities.iter_mut().find(|entity| entity.name.snake == entity_name.snake)?;
    let name = entity.name.clone();
    let with_id = format!("{}_id", field_name.snake);
    let same = |field: &&mut FieldSpec| {
        field.name.snake == field_name.snake || (field.reference.is_some() && field.name.snake == with_id)
    };
    Some((name, entity.fields.iter_mut().find(same)?))
}

fn apply(field: &mut FieldSpec, demand: &Demand) -> Result<(), &'static str> {
    let number = matches!(field.field_type, FieldType::Int | FieldType::Number);
    match demand {
        Demand::Unique => {
            if matches!(field.field_type, FieldType::Bool | FieldType::Enum | FieldType::Text | FieldType::Number) {
                return Err("too few values, or none that can be compared");
            }
            field.unique = true;
            return Ok(());
        }
        Demand::Min(_) | Demand::Max(_) if !number => return Err("it is not a number"),
        Demand::Min(bound) | Demand::Max(bound) if bound.unsigned_abs() > 1 << 53 => {
            return Err("the bound is beyond what JSON keeps exact");
        }
        Demand::Min(bound) => field.min = Some(*bound),
        Demand::Max(bound) => field.max = Some(*bound),
    }
    let (low, high) = (field.min.unwrap_or(i64::MIN), field.max.unwrap_or(i64::MAX));
    if low >= high {
        return Err("nothing lies between the bounds");
    }
    let first = if low != i64::MIN {
        low
    } else if high < 1 {
        high - 1
    } else {
        1
    };
    let second = if first < high { first + 1 } else { high };
    let shown = |value: i64| match field.field_type {
        // A whole number of this type would come back as `1.0`.
        FieldType::Number => serde_json::json!(value as f64),
        _ => serde_json::json!(value),
    };
    (field.example, field.other_example) = (shown(first), shown(second));
    Ok(())
}
