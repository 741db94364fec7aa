//! Which values a condition or template may name, and findings for those it may not.

use std::collections::{BTreeMap, BTreeSet};

use forgeline_engine::condition::Condition;
use forgeline_model::Diagnostic;
use serde_json::Value;

use crate::{
    blueprint::{Blueprint, Stage},
    codes, suggest, text,
    yaml::Document,
};

/// Roots of every context.
const ROOTS: [&str; 5] = ["inputs", "work_item", "project", "run", "event"];

/// What may be named: roots, and for some of them the names below.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    roots: BTreeSet<String>,
    below: BTreeMap<String, BTreeSet<String>>,
}

impl Names {
    fn root(mut self, name: &str) -> Self {
        self.roots.insert(name.to_owned());
        self
    }

    fn closed(mut self, name: &str, below: impl IntoIterator<Item = String>) -> Self {
        self.roots.insert(name.to_owned());
        self.below.insert(name.to_owned(), below.into_iter().collect());
        self
    }

    /// With one more root.
    pub(super) fn with(&self, name: &str) -> Self {
        self.clone().root(name)
    }

    /// What is wrong with a dotted path: message and hint.
    pub(super) fn fault(&self, path: &str) -> Option<(String, String)> {
        let mut parts = path.split('.');
        let root = parts.next().unwrap_or_default();
        if !self.roots.contains(root) {
            let hint = suggest::hint(root, self.roots.iter().map(String::as_str));
            return Some((format!("`{root}` is not defined here"), hint));
        }
        let known = self.below.get(root)?;
        let name = parts.next()?;
        if known.contains(name) {
            return None;
        }
        let hint = match root {
            "stages" => format!(
                "add `{name}` to the stage's `needs`; {}",
                suggest::hint(name, known.iter().map(String::as_str))
            ),
            _ => format!("declare it under `inputs`; {}", suggest::hint(name, known.iter().map(String::as_str))),
        };
        Some((format!("`{root}.{name}` is not defined here"), hint))
    }
}

/// What the filter of an event trigger may name.
pub(super) fn of_event() -> Names {
    Names::default().root("event")
}

/// What a stage's condition, parameters and matrix may name.
pub(super) fn of_stage(blueprint: &Blueprint, stage: &Stage) -> Names {
    let ancestors = super::graph::ancestors(&blueprint.stages, stage);
    of_run(blueprint).closed("stages", ancestors.into_iter().map(str::to_owned))
}

/// What is known about a run before it begins.
pub(super) fn of_run(blueprint: &Blueprint) -> Names {
    let names = ROOTS.into_iter().fold(Names::default(), |names, root| names.root(root));
    match properties(&blueprint.inputs) {
        Some(declared) => names.closed("inputs", declared),
        None => names,
    }
}

/// What the templates of an agent may name.
pub(super) fn of_agent(inputs: &Value) -> Names {
    let names = ROOTS.into_iter().fold(Names::default(), |names, root| names.root(root));
    let names = names.root("stages").root("knowledge").root("revision");
    let declared = declared(inputs);
    let names = declared.iter().fold(names, |names, name| names.root(name));
    match properties(inputs) {
        Some(_) => names.closed("with", declared),
        None => names.root("with"),
    }
}

/// Names under `properties` and `required` of a JSON Schema.
pub(super) fn declared(schema: &Value) -> BTreeSet<String> {
    let properties = schema["properties"].as_object().into_iter().flat_map(|map| map.keys().cloned());
    properties.chain(required(schema)).collect()
}

/// Names under `required` of a JSON Schema.
pub(super) fn required(schema: &Value) -> Vec<String> {
    let names = schema["required"].as_array().into_iter().flatten();
    names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// The declared names, when the schema shows all of them in one place and so a name that is not there is a mistake.
pub(crate) fn properties(schema: &Value) -> Option<BTreeSet<String>> {
    const COMPOSED: [&str; 9] = [
        "$ref",
        "$dynamicRef",
        "allOf",
        "anyOf",
        "oneOf",
        "if",
        "patternProperties",
        "dependentSchemas",
        "propertyNames",
    ];
    let map = schema.as_object()?;
    let composed = COMPOSED.iter().any(|keyword| map.contains_key(*keyword));
    let open = map.get("additionalProperties").is_some_and(|more| more != &Value::Bool(false));
    (!composed && !open).then(|| declared(schema))
}

/// Whether a schema says that there are no names but the declared ones.
pub(super) fn is_closed(schema: &Value) -> bool {
    schema["additionalProperties"] == Value::Bool(false) && properties(schema).is_some()
}

/// Findings for a condition that reads well.
pub(super) fn condition(document: &Document, pointer: &str, text: Option<&str>, names: &Names) -> Vec<Diagnostic> {
    let Some(Ok(condition)) = text.map(Condition::parse) else { return Vec::new() };
    let told = |(message, hint): (String, String)| {
        document.at(pointer, Diagnostic::error(codes::CONDITION_VARIABLE, message).hint(hint))
    };
    condition.references().iter().filter_map(|path| names.fault(path)).map(told).collect()
}

/// Findings for a text with `{{…}}` in a manifest.
pub(super) fn template(document: &Document, pointer: &str, text: &str, names: &Names) -> Vec<Diagnostic> {
    if let Err(error) = text::check_text(text) {
        return vec![document.at(pointer, Diagnostic::error(codes::BAD_TEMPLATE, error.message))];
    }
    let told = |(message, hint): (String, String)| {
        document.at(pointer, Diagnostic::error(codes::TEMPLATE_VARIABLE, message).hint(hint))
    };
    text::references(text).iter().filter_map(|reference| names.fault(&reference.path)).map(told).collect()
}

/// [`template`] for every text in a value.
pub(super) fn templates(document: &Document, pointer: &str, value: &Value, names: &Names) -> Vec<Diagnostic> {
    let texts = crate::shape::texts(value, pointer);
    texts.iter().flat_map(|(pointer, text)| template(document, pointer, text, names)).collect()
}
