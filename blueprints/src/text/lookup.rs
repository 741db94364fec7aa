//! Finds what a path names, and what it might have meant.

use serde_json::{Map, Value};

/// The value with the keys of every object in order.
pub(super) fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect::<Map<_, _>>())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// What a dotted path names, from the root.
pub(super) fn find<'v>(root: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(root, step)
}

fn step<'v>(value: &'v Value, segment: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map.get(segment),
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// What to try instead of a path that names nothing: near names where it leaves the data, else the names there.
pub(super) fn hint(root: &Value, path: &str) -> String {
    let mut value = root;
    let mut known = String::new();
    for segment in path.split('.') {
        if let Some(inner) = step(value, segment) {
            value = inner;
            known.push_str(segment);
            known.push('.');
            continue;
        }
        let Value::Object(map) = value else {
            return if known.is_empty() {
                String::new()
            } else {
                format!("; `{}` has no fields", known.trim_end_matches('.'))
            };
        };
        let near = nearest(segment, map.keys());
        if !near.is_empty() {
            return format!("; did you mean {}?", listed(near.into_iter().map(|name| format!("{known}{name}"))));
        }
        let mut names: Vec<&String> = map.keys().collect();
        names.sort_unstable();
        let more = if names.len() > 8 { ", …" } else { "" };
        let place =
            if known.is_empty() { "there is".to_owned() } else { format!("`{}` has", known.trim_end_matches('.')) };
        return match names.is_empty() {
            true if known.is_empty() => String::new(),
            true => format!("; {place} no fields"),
            false => format!("; {place} {}{more}", listed(names.into_iter().take(8))),
        };
    }
    String::new()
}

/// `; did you mean …?`, or nothing when no candidate is near.
pub(super) fn did_you_mean<N: AsRef<str>>(name: &str, candidates: impl IntoIterator<Item = N>) -> String {
    let near = nearest(name, candidates);
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", listed(near)) }
}

fn nearest<N: AsRef<str>>(name: &str, candidates: impl IntoIterator<Item = N>) -> Vec<String> {
    let most = (name.chars().count() / 3).clamp(1, 3);
    let mut near: Vec<(usize, String)> = candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate.as_ref()), candidate.as_ref().to_owned()))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    near.sort_unstable();
    near.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

fn listed<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> String {
    names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}
