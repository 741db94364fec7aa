//! `forgeline schema`: the JSON Schema of a kind of file.

use clap::{Args, ValueEnum};
use forgeline_blueprints::schema;
use serde_json::Value;

use super::Session;
use crate::exit::Exit;

/// Where the envelope's versions lie in a registry.
const ENVELOPE: &str = "common/envelope/versions";

/// Print the JSON Schema of a kind of file.
///
/// Editors take it from `schemas/`, where `forgeline init` puts it.
///
/// Example: `forgeline schema blueprint > schemas/blueprint.v1.json`
#[derive(Debug, Args)]
pub struct Schema {
    /// Which kind.
    pub kind: Kind,
}

/// Kinds of file with a schema.
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
}

impl Schema {
    pub fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let schema = schema_of(self.kind);
        // A schema is JSON either way, so it is never wrapped: the output is what goes into the file.
        session.out.exact(&schema::print(&schema));
        Ok(Exit::Success)
    }
}

fn schema_of(kind: Kind) -> Value {
    let file = match kind {
        Kind::Blueprint => "blueprint.v1.json",
        Kind::Agent => "agent.v1.json",
        Kind::Factory => "factory.v1.json",
        Kind::Operator => "operator.v1.json",
        Kind::EventEnvelope => return envelope(),
    };
    let found = schema::all().into_iter().find(|(name, _)| *name == file);
    found.expect("each kind has its schema: a test asks for all of them").1
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

    use super::{Kind, schema_of};

    #[test]
    fn every_kind_has_a_schema() {
        for kind in Kind::value_variants() {
            assert!(schema_of(*kind).is_object(), "{kind:?}");
        }
    }
}
