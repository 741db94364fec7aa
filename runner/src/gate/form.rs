//! The rule about files that claim to be something.

use forgeline_agents::well_formed;
use forgeline_registry::InputSchema;
use serde_json::Value;

use super::{
    GateFile, GateInput, RuleOutcome,
    verdict::{Answers, Decision, counted},
};

/// Artifact type of a service's event contracts: a JSON Schema.
const EVENT_CONTRACTS: &str = "EventContracts";
/// What `$schema` of a JSON Schema begins with.
const SCHEMA_DIALECTS: [&str; 2] = ["https://json-schema.org/", "http://json-schema.org/"];

/// `form`: a file is what its name and type say.
pub(super) fn form(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    let mut looked_at = 0;
    for file in input.files {
        // What is no UTF-8 is the business of `text`.
        let Ok(content) = std::str::from_utf8(file.content) else { continue };
        let Some(fault) = fault(file, content) else { continue };
        looked_at += 1;
        if let Some((verdict, reason)) = fault {
            answers.about(verdict, file.path, reason);
        }
    }
    answers.or_passed(match looked_at {
        0 => "no file claims a form".to_owned(),
        n => format!("{} of the form claimed", counted(n, "file")),
    })
}

/// None: the file claims nothing. Else what is wrong with it, if anything is.
fn fault(file: &GateFile<'_>, content: &str) -> Option<Option<(Decision, String)>> {
    let is_contract = file.artifact_type == EVENT_CONTRACTS;
    match well_formed(file.path, content) {
        None if is_contract => Some(Some((Decision::Deny, "event contracts are a `.json` file".to_owned()))),
        None => None,
        Some(Err(reason)) => {
            let template = is_yaml(file.path) && !is_contract && content.contains("{{");
            let (verdict, what) = if template {
                (Decision::NeedsHuman, "it holds template marks and does not parse")
            } else {
                (Decision::Deny, "it does not parse")
            };
            Some(Some((verdict, format!("{what}: {reason}"))))
        }
        Some(Ok(())) => Some(schema_fault(file.path, content, is_contract).map(|reason| (Decision::Deny, reason))),
    }
}

/// What is wrong with a file that claims to be a JSON Schema.
fn schema_fault(path: &str, content: &str, is_contract: bool) -> Option<String> {
    let value: Value = if is_yaml(path) { Value::Null } else { serde_json::from_str(content).unwrap_or_default() };
    let dialect = value.get("$schema").and_then(Value::as_str).unwrap_or_default();
    let claims = SCHEMA_DIALECTS.iter().any(|known| dialect.starts_with(known));
    if !claims && !is_contract {
        return None;
    }
    if !value.is_object() {
        return Some("event contracts are a JSON Schema in a `.json` file".to_owned());
    }
    InputSchema::compile(&value).err().map(|reason| format!("it is no usable JSON Schema: {reason}"))
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}
