//! `forgeline schema`: the JSON Schema of a kind of file, or of a document that `--json` prints.

pub mod output;

use clap::{Args, ValueEnum};
use forgeline_blueprints::{schema, suggest};
use serde_json::{Value, json};

use super::Session;
use crate::exit::{Exit, Failure};

/// Where the envelope's versions lie in a registry.
const ENVELOPE: &str = "common/envelope/versions";

/// Print the JSON Schema of a kind of file, or of what a command prints with `--json`.
///
/// Editors take those of files from `schemas/`, where `forgeline init` puts them.
///
/// Examples: `forgeline schema blueprint > schemas/blueprint.v1.json`, `forgeline schema output runs-show`
#[derive(Debug, Args)]
pub struct Schema {
    /// Which kind.
    #[arg(required_unless_present = "list")]
    pub kind: Option<Kind>,
    /// With `output`: which command, its words joined by `-`.
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
    /// List all of them.
    #[arg(long, conflicts_with = "kind")]
    pub list: bool,
}

/// Kinds of document with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// `blueprints/<name>/blueprint.yaml`.
    Blueprint,
    /// `agents/<name>/agent.yaml`.
    Agent,
    /// `forgeline.yaml`.
    Factory,
    /// The operator's file.
    Operator,
    /// What all events have in common.
    EventEnvelope,
    /// What a command prints with `--json`.
    Output,
}

impl Schema {
    pub fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let Some(kind) = self.kind else {
            list(session);
            return Ok(Exit::Success);
        };
        let schema = schema_of(kind, self.command.as_deref())?;
        // A schema is JSON either way, so it is never wrapped: the output is what goes into the file.
        session.out.exact(&schema::print(&schema));
        Ok(Exit::Success)
    }
}

fn list(session: &Session) {
    let all: Vec<(String, String)> = Kind::value_variants()
        .iter()
        .filter(|kind| **kind != Kind::Output)
        .filter_map(|kind| kind.to_possible_value())
        .map(|kind| (kind.get_name().to_owned(), kind.get_help().map(ToString::to_string).unwrap_or_default()))
        .chain(output::all().map(|(name, schema)| {
            let about = schema["description"].as_str().unwrap_or_default().to_owned();
            (format!("output {name}"), about)
        }))
        .collect();
    let values: Vec<Value> = all.iter().map(|(name, about)| json!({"name": name, "about": about})).collect();
    session.out.print("schemas", &values, || {
        let rows: Vec<Vec<String>> = all.iter().map(|(name, about)| vec![name.clone(), about.clone()]).collect();
        session.out.table(&["SCHEMA", "OF"], &rows)
    });
}

fn schema_of(kind: Kind, command: Option<&str>) -> Result<Value, Failure> {
    let file = match kind {
        Kind::Output => return output_of(command),
        Kind::Blueprint => "blueprint.v1.json",
        Kind::Agent => "agent.v1.json",
        Kind::Factory => "factory.v1.json",
        Kind::Operator => "operator.v1.json",
        Kind::EventEnvelope => return Ok(envelope()),
    };
    let found = schema::all().into_iter().find(|(name, _)| *name == file);
    Ok(found.expect("each kind has its schema: a test asks for all of them").1)
}

fn output_of(command: Option<&str>) -> Result<Value, Failure> {
    let known: Vec<&str> = output::all().map(|(name, _)| name).collect();
    let Some(command) = command else {
        return Err(Failure::new(Exit::Usage, "which command? `forgeline schema --list` shows all of them"));
    };
    let found = output::all().find(|(name, _)| *name == command);
    found.map(|(_, schema)| schema).ok_or_else(|| {
        let hint = suggest::hint(command, known);
        Failure::new(Exit::NotFound, format!("no command prints a document `{command}`; {hint}"))
    })
}

/// The newest published version of the envelope.
fn envelope() -> Value {
    let versions = forgeline_registry::shipped().below(ENVELOPE);
    let newest = versions.iter().filter(|(name, _)| name.ends_with(".json")).last();
    let (_, bytes) = newest.expect("the envelope is published: a test asks for it");
    serde_json::from_slice(bytes).expect("a published schema is JSON: a test asks for it")
}
#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::{Kind, output, schema_of};

    #[test]
    fn every_kind_has_a_schema() {
        for kind in Kind::value_variants().iter().filter(|kind| **kind != Kind::Output) {
            assert!(schema_of(*kind, None).is_ok_and(|schema| schema.is_object()), "{kind:?}");
        }
    }

    #[test]
    fn every_document_has_a_schema_that_names_all_its_fields() {
        for (name, schema) in output::all() {
            assert!(schema_of(Kind::Output, Some(name)).is_ok(), "{name}");
            assert!(!schema["description"].as_str().unwrap_or_default().is_empty(), "{name}");
            assert_eq!(schema["additionalProperties"], false, "{name}");
        }
        assert!(schema_of(Kind::Output, None).is_err() && schema_of(Kind::Output, Some("runz")).is_err());
    }
}
