//! Holds requests and answers against GitHub's OpenAPI description, in the reduced form that `scripts/github-openapi`
//! makes of it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

use super::call::Incoming;
use super::operation::Operation;
use super::reply::Reply;

/// Where the description stands for `$ref`.
const URI: &str = "urn:github";

static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../openapi/github.json")).expect("the description in this crate is JSON")
});

static REGISTRY: LazyLock<Registry<'static>> = LazyLock::new(|| {
    let added = Registry::new().add(URI, &*DESCRIPTION).expect("the description has a usable address");
    added.prepare().expect("all references of the description lead somewhere")
});

/// Compiled schemas by their place in the description.
static COMPILED: LazyLock<Mutex<BTreeMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Places of operations by method and path.
static PLACES: LazyLock<BTreeMap<String, usize>> = LazyLock::new(|| {
    let operations = DESCRIPTION["operations"].as_array().into_iter().flatten().enumerate();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    operations.map(|(at, one)| (format!("{} {}", text(&one["method"]), text(&one["path"])), at)).collect()
});

/// The package that the description is from, and its version.
pub(crate) fn source() -> String {
    let text = |name: &str| DESCRIPTION[name].as_str().unwrap_or_default().to_owned();
    format!("{}@{}", text("source"), text("version"))
}

/// The operations that the description has.
#[cfg(test)]
pub(crate) fn described() -> Vec<String> {
    PLACES.keys().cloned().collect()
}

fn validator(pointer: String) -> Arc<Validator> {
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = compiled.entry(pointer).or_insert_with_key(|pointer| {
        let schema = json!({ "$ref": format!("{URI}#{pointer}") });
        let built = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .with_registry(&REGISTRY)
            .should_validate_formats(true)
            .build(&schema);
        Arc::new(built.expect("the schemas of the description compile"))
    });
    entry.clone()
}

/// What of a webhook's payload does not fit; `name` is its event, and its action if it has one, with dashes.
pub(crate) fn payload_problems(name: &str, payload: &Value) -> Vec<String> {
    if DESCRIPTION["webhooks"].get(name).is_none() {
        return vec![format!("the webhook {name} is not described")];
    }
    misfits(format!("/webhooks/{name}"), name, payload)
}

/// At most a few words on each way in which `value` does not fit.
fn misfits(pointer: String, what: &str, value: &Value) -> Vec<String> {
    let validator = validator(pointer);
    let errors = validator.iter_errors(value).take(5);
    errors
        .map(|error| {
            let text: String = error.to_string().chars().take(400).collect();
            format!("{what}{}: {text}", error.instance_path())
        })
        .collect()
}

/// What of a request does not fit.
pub(crate) fn request_problems(operation: &Operation, incoming: &Incoming) -> Vec<String> {
    let Some(at) = PLACES.get(&operation.name()) else { return vec!["the operation is not described".to_owned()] };
    let described = &DESCRIPTION["operations"][at];
    let query = incoming.query();
    let mut problems = Vec::new();
    let parameters = described["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    for (index, parameter) in parameters.iter().enumerate() {
        let name = parameter["name"].as_str().unwrap_or_default();
        let value = match parameter["in"].as_str() {
            Some("path") => incoming.params.get(name),
            Some("query") => query.get(name),
            _ => continue,
        };
        match value {
            Some(text) => {
                let value = typed(text, &parameter["schema"]);
                let pointer = format!("/operations/{at}/parameters/{index}/schema");
                problems.extend(misfits(pointer, &format!("parameter {name}"), &value));
            }
            None if parameter["required"] == true => problems.push(format!("parameter {name} is missing")),
            None => {}
        }
    }
    for name in query.keys() {
        let known = parameters.iter().any(|known| known["in"] == "query" && known["name"] == **name);
        if !known {
            problems.push(format!("parameter {name} is not described"));
        }
    }
    problems.extend(body_problems(*at, described, &incoming.body));
    problems
}

fn body_problems(at: usize, described: &Value, body: &[u8]) -> Vec<String> {
    let (schema, required) = (&described["body"]["schema"], described["body"]["required"] == true);
    if body.is_empty() {
        return if required { vec!["the body is missing".to_owned()] } else { Vec::new() };
    }
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return vec!["the body is no JSON".to_owned()] };
    if schema.is_null() {
        let empty = body.as_object().is_some_and(serde_json::Map::is_empty) || body.is_null();
        return if empty { Vec::new() } else { vec!["a body is not described".to_owned()] };
    }
    let mut problems = misfits(format!("/operations/{at}/body/schema"), "body", &body);
    // The description does not forbid unknown fields, but who sends one has mistaken a name.
    let simple = ["oneOf", "anyOf", "allOf", "$ref"].iter().all(|key| schema.get(key).is_none());
    if let (true, Some(known), Some(sent)) = (simple, schema["properties"].as_object(), body.as_object()) {
        problems.extend(
            sent.keys().filter(|name| !known.contains_key(*name)).map(|name| format!("body/{name} is not described")),
        );
    }
    problems
}

/// The text of a parameter as the type that its schema wants.
fn typed(text: &str, schema: &Value) -> Value {
    let as_text = || Value::String(text.to_owned());
    match schema["type"].as_str() {
        Some("integer" | "number") => text.parse::<i64>().map_or_else(|_| as_text(), Value::from),
        Some("boolean") => text.parse::<bool>().map_or_else(|_| as_text(), Value::from),
        _ => as_text(),
    }
}

/// What of an answer does not fit.
pub(crate) fn answer_problems(operation: &Operation, reply: &Reply) -> Vec<String> {
    let Some(at) = PLACES.get(&operation.name()) else { return vec!["the operation is not described".to_owned()] };
    let schema = DESCRIPTION["operations"][at]["responses"].get(reply.status.to_string());
    let body = reply.body.as_ref();
    match (schema, body) {
        (Some(schema), Some(body)) if !schema.is_null() => {
            misfits(format!("/operations/{at}/responses/{}", reply.status), "answer", body)
        }
        (Some(schema), None) if !schema.is_null() => vec![format!("answer {} has no body", reply.status)],
        (Some(_), Some(_)) if reply.status < 300 => {
            vec![format!("answer {} has a body that is not described", reply.status)]
        }
        // Redirects and refusals are described for some operations only.
        (None, Some(body)) if reply.status >= 300 => {
            misfits("/components/schemas/basic-error".to_owned(), "answer", body)
        }
        (None, _) => vec![format!("status {} is not described", reply.status)],
        _ => Vec::new(),
    }
}
