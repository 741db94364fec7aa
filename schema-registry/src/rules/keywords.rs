//! The differences of one field: its keywords before and after.

use serde_json::Value;

use super::{change::Kind, shape::Shape};

/// Bounds that become tighter when they grow.
const LOWER: [&str; 5] = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
/// Bounds that become tighter when they shrink.
const UPPER: [&str; 5] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];
/// Keywords that are compared as a whole.
const COMPOSITION: [&str; 15] = [
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "additionalProperties",
    "unevaluatedProperties",
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "prefixItems",
    "contains",
    "unevaluatedItems",
];

/// Where a difference goes: kind, rule, pointer, message.
pub(super) type Keep<'k> = dyn FnMut(Kind, Option<&'static str>, &str, String) + 'k;

/// Tells every difference between the two states of a field.
pub(super) fn compare(field: &str, old: &Shape<'_>, new: &Shape<'_>, keep: &mut Keep<'_>) {
    let name = if field.is_empty() { "the event".to_owned() } else { format!("`{field}`") };
    types(&name, old, new, keep);
    required(field, old, new, keep);
    values(&name, old, new, keep);
    bounds(&name, old, new, keep);
    words(&name, old, new, keep);
    meaning(&name, old, new, keep);
    for keyword in COMPOSITION {
        let [before, after] =
            [old, new].map(|it| it.all(keyword).map(|(_, v)| super::shape::bare(v)).collect::<Vec<_>>());
        if before != after {
            let message = format!("`{keyword}` of {name} is {}, it was {}", list(&after), list(&before));
            keep(Kind::Accepts, Some("composition-changed"), &place(new, keyword), message);
        }
    }
}

fn types(name: &str, old: &Shape<'_>, new: &Shape<'_>, keep: &mut Keep<'_>) {
    let (Some(mut before), Some(mut after)) = (old.types(), new.types()) else {
        // No type is any type.
        if old.types() != new.types() && old.values().is_none() && new.values().is_none() {
            let rule = if new.types().is_none() { "field-type-widened" } else { "field-type-changed" };
            let shown = |types: Option<_>| types.map_or_else(|| "any".to_owned(), |types| join(&types));
            let message = format!("{name} is {}, it was {}", shown(new.types()), shown(old.types()));
            keep(Kind::Accepts, Some(rule), &place(new, "type"), message);
        }
        return;
    };
    let message = format!("{name} is {}, it was {}", join(&after), join(&before));
    if before.contains("null") != after.contains("null") {
        let message = if after.contains("null") {
            format!("{name} may be null, it could not before")
        } else {
            format!("{name} may not be null any more")
        };
        keep(Kind::Accepts, Some("nullability-changed"), &place(new, "type"), message);
    }
    before.remove("null");
    after.remove("null");
    if before == after || (old.values().is_some() && new.values().is_some()) {
        return;
    }
    let covered = |one: &str| after.contains(one) || (one == "integer" && after.contains("number"));
    let rule = if before.iter().all(|one| covered(one)) { "field-type-widened" } else { "field-type-changed" };
    keep(Kind::Accepts, Some(rule), &place(new, "type"), message);
}

fn required(field: &str, old: &Shape<'_>, new: &Shape<'_>, keep: &mut Keep<'_>) {
    let (before, after) = (old.required(), new.required());
    let full = |name: &str| if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
    let fields = new.fields();
    for (name, pointer) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
        let filled = fields.get(name).is_some_and(|field| field.get("default").is_some());
        let rule = (!filled).then_some("required-added");
        keep(Kind::Accepts, rule, pointer, format!("`{}` is required, it was optional", full(name)));
    }
    for name in before.keys().filter(|name| !after.contains_key(*name) && fields.contains_key(*name)) {
        let message = format!("`{}` is optional, it was required", full(name));
        keep(Kind::Accepts, Some("required-removed"), &place(new, "required"), message);
    }
}

fn values(name: &str, old: &Shape<'_>, new: &Shape<'_>, keep: &mut Keep<'_>) {
    match (old.get("const"), new.get("const")) {
        (Some(before), Some(after)) if before != after => {
            let message = format!("{name} is always {after}, it was {before}");
            return keep(Kind::Semantics, Some("semantics-changed-without-bump"), &place(new, "const"), message);
        }
        _ => {}
    }
    let pointer = place(new, if new.get("const").is_some() { "const" } else { "enum" });
    match (old.values(), new.values()) {
        (Some(before), Some(after)) => {
            let gone: Vec<&Value> = before.iter().filter(|one| !after.contains(one)).copied().collect();
            let came: Vec<&Value> = after.iter().filter(|one| !before.contains(one)).copied().collect();
            if !gone.is_empty() {
                let message = format!("{name} no longer takes {}; it takes {}", list(&gone), list(&after));
                keep(Kind::Accepts, Some("enum-value-removed"), &pointer, message);
            }
            if !came.is_empty() {
                let message = format!("{name} takes {} too; it took {}", list(&came), list(&before));
                keep(Kind::Accepts, Some("enum-value-added"), &pointer, message);
            }
        }
        (None, Some(after)) => {
            let message = format!("{name} takes only {}; it took any", list(&after));
            keep(Kind::Accepts, Some("enum-value-removed"), &pointer, message);
        }
        (Some(before), None) => {
            let message = format!("{name} takes more than {}", list(&before));
            keep(Kind::Accepts, Some("enum-value-added"), &place(new, ""), message);
        }
        (None, None) => {}
    }
}

fn bounds(name: &str, old: &Shape<'_>, new: &Shape<'_>, keep: &mut Keep<'_>) {
    for (keyword, lower) in LOWER.map(|it| (it, true)).into_iter().chain(UPPER.map(|it| (it, false))) {
        let (before, after) = (old.number(keyword), new.number(keyword));
        if before == after {
            continue;
        }
        let tighter = match (before, after) {
            (Some(before), Some(after)) => (after > before) == lower,
            (None, Some(_)) => true,
            _ => false,
        };
        let shown = |bound: Option<&Value>| bound.map_or_else(|| "without".to_owned(), Value::to_string);
        let message =
            format!("`{keyword}` of {name} is {}, it was {}", shown(new.get(keyword)), shown(old.get(keyword)));
        keep(Kind::Accepts, tighter.then_some("bound-tightened"), &place(new, keyword), message);
    }
    for keyword in ["multipleOf", "uniqueItems"] {
        if old.get(keyword) != new.get(keyword) {
            let rule = new.get(keyword).is_some_and(|value| *value != false).then_some("bound-tightened");
            let message =
                format!("`{keyword}` of {name} is {}, it was {}", show(new.get(keyword)), show(old.get(keyword)));
            keep(Kind::Accepts, rule, &place(new, keyword), message);
        }
    }
}

/// Keywords of which one value replaces another.
fn words(name: &str, old: &Shape<'_>, new: &Shape<'_>, keep: &mut Keep<'_>) {
    for (keyword, rule, kind) in [
        ("pattern", "pattern-changed", Kind::Accepts),
        ("format", "format-changed", Kind::Accepts),
        ("default", "default-changed", Kind::Semantics),
        ("description", "description-changed", Kind::Docs),
        ("title", "description-changed", Kind::Docs),
    ] {
        let (before, after) = (old.get(keyword), new.get(keyword));
        if before != after {
            let message = format!("`{keyword}` of {name} is {}, it was {}", show(after), show(before));
            keep(kind, Some(rule), &place(new, keyword), message);
        }
    }
    if new.deprecated() && !old.deprecated() {
        keep(Kind::Deprecated, None, &place(new, "deprecated"), format!("{name} is deprecated"));
    }
}

fn meaning(name: &str, old: &Shape<'_>, new: &Shape<'_>, keep: &mut Keep<'_>) {
    let (before, after) = (old.annotations(), new.annotations());
    let mut names: Vec<&str> = before.keys().chain(after.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    for key in names.into_iter().filter(|key| before.get(key) != after.get(key)) {
        let [now, then] = [&after, &before].map(|all| show(all.get(key).copied()));
        let message = format!("`{key}` of {name} is {now}, it was {then}");
        keep(Kind::Semantics, Some("semantics-changed-without-bump"), &place(new, key), message);
    }
}

fn place(shape: &Shape<'_>, keyword: &str) -> String {
    shape.all(keyword).next().map_or_else(|| shape.pointer.clone(), |(pointer, _)| pointer)
}

fn show(value: Option<&Value>) -> String {
    value.map_or_else(|| "without".to_owned(), |value| cut(&value.to_string()))
}

fn list<T: ToString>(values: &[T]) -> String {
    if values.is_empty() {
        return "without".to_owned();
    }
    cut(&values.iter().map(T::to_string).collect::<Vec<_>>().join(", "))
}

/// A sentence stays readable.
fn cut(text: &str) -> String {
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn join(types: &std::collections::BTreeSet<&str>) -> String {
    types.iter().copied().collect::<Vec<_>>().join(" or ")
}
