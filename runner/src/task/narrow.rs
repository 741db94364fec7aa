//! What of a run's context a task can see: only what its agent and stage name.
//!
//! A task is sent no more than that, so its result cannot depend on more, and a change elsewhere (another input, a stage
//! that it does not use) does not make it be done again. Names are looked for in words, not understood: a root that is named
//! in vain costs a reuse, one that is not named is not there, and a template that wanted it fails for all to see.

use std::collections::BTreeSet;

use forgeline_model::task::AgentBundle;
use serde_json::{Map, Value};

/// Roots of which only single entries are given.
const ENTRIES: [&str; 2] = ["stages", "inputs"];

/// The word that stands for all entries of a root; no text can hold it as a word.
fn whole(root: &str) -> String {
    format!("{root}.*")
}

/// Names that an agent's files use: in the expressions of its templates, in what its skills and its context are given, and
/// those of its own parameters, which a matrix may give.
pub(crate) fn names(bundle: &AgentBundle, manifest: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for text in bundle.files.values() {
        expressions(text).for_each(|expression| add_words(expression, &mut names));
    }
    for part in ["skills", "context"] {
        add_texts(&manifest[part], &mut names);
    }
    add_texts(&manifest["inputs"]["required"], &mut names);
    names.extend(manifest["inputs"]["properties"].as_object().into_iter().flat_map(|map| map.keys().cloned()));
    names
}

/// The roots of `context`, and of `stages` and `inputs` the entries, that `own` or the stage's parameters name.
pub(super) fn narrow(context: Value, own: &BTreeSet<String>, with: &Value) -> Value {
    let Value::Object(roots) = context else { return context };
    let mut names = BTreeSet::new();
    add_words(&with.to_string(), &mut names);
    let named = |name: &str| own.contains(name) || names.contains(name);
    if named("@root") {
        return Value::Object(roots);
    }
    let entries = |value: Value| match value {
        Value::Object(map) => Value::Object(map.into_iter().filter(|(name, _)| named(name)).collect()),
        other => other,
    };
    let narrowed: Map<String, Value> = roots
        .into_iter()
        .filter(|(name, _)| named(name))
        .map(|(name, value)| match name.as_str() {
            root if ENTRIES.contains(&root) && !named(&whole(root)) => (name, entries(value)),
            _ => (name, value),
        })
        .collect();
    Value::Object(narrowed)
}

/// The insides of `{{…}}`.
fn expressions(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap_or(rest))
}

/// Words of all texts in a value.
fn add_texts(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => add_words(text, words),
        Value::Array(items) => items.iter().for_each(|item| add_texts(item, words)),
        Value::Object(map) => map.values().for_each(|value| add_texts(value, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn add_words(text: &str, words: &mut BTreeSet<String>) {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@');
    words.extend(text.split(|c| !is_part(c)).filter(|word| !word.is_empty()).map(str::to_owned));
    // Named without an entry of theirs, as in `{{#each stages}}`, all of them are meant.
    for root in ENTRIES {
        let bare = |(at, _): (usize, &str)| {
            let (before, after) = (&text[..at], &text[at + root.len()..]);
            !before.ends_with(is_part) && !after.starts_with(is_part) && !after.starts_with(['.', '['])
        };
        if text.match_indices(root).any(bare) {
            words.insert(whole(root));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use forgeline_model::{DefinitionRef, Digest, task::AgentBundle};
    use serde_json::{Value, json};

    use super::{names, narrow};

    #[track_caller]
    fn check(template: &str, with: &Value, expected: &Value) {
        let agent = DefinitionRef {
            name: "a".into(),
            version: "1.0.0".parse().expect("a version"),
            digest: Digest::of_bytes(b"a"),
        };
        let files = BTreeMap::from([("t.hbs".to_owned(), template.to_owned())]);
        let manifest = json!({
            "metadata": {"title": "work_item"}, "context": {"knowledge": {"query": "project"}},
            "inputs": {"properties": {"a": {"type": "string"}}},
        });
        let context = json!({
            "inputs": {"a": 1, "b": 2}, "work_item": {"title": "t"}, "project": {"id": "p"},
            "stages": {"one": 1, "two-more": 2}, "run": {"branch": "x"},
        });
        assert_eq!(narrow(context, &names(&AgentBundle { agent, files }, &manifest), with), *expected, "{template}");
    }

    #[test]
    fn only_what_is_named_is_there() {
        let with = json!({});
        check("inputs and run in plain text", &with, &json!({"project": {"id": "p"}}));
        check("{{inputs.a}}", &with, &json!({"project": {"id": "p"}, "inputs": {"a": 1}}));
        check(
            "{{#each stages.two-more}}{{this}}{{/each}}",
            &json!({"x": "{{work_item.title}}"}),
            &json!({"project": {"id": "p"}, "stages": {"two-more": 2}, "work_item": {"title": "t"}}),
        );
        check(
            "{{#each stages}}{{this}}{{/each}}",
            &json!({}),
            &json!({"project": {"id": "p"}, "stages": {"one": 1, "two-more": 2}}),
        );
    }

    #[test]
    fn whoever_asks_for_everything_gets_it() {
        check(
            "{{json @root}}",
            &json!({}),
            &json!({
                "inputs": {"a": 1, "b": 2}, "work_item": {"title": "t"}, "project": {"id": "p"},
                "stages": {"one": 1, "two-more": 2}, "run": {"branch": "x"},
            }),
        );
    }
}
