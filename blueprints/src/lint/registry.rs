//! What can be judged only with the schema registry at hand.

use forgeline_model::Diagnostic;
use forgeline_registry::{InputSchema, Registry};
use semver::Version;
use serde_json::Value;

use crate::{
    blueprint::{Blueprint, Trigger},
    codes,
    factory::{Definition, Factory},
    form, suggest,
    yaml::Document,
};

/// Findings for a factory's own definitions.
pub(crate) fn contracts(factory: &Factory, registry: &Registry) -> Vec<Diagnostic> {
    let blueprints = factory.own_blueprints().iter().flat_map(|own| blueprint(own, registry));
    let agents = factory.own_agents().iter().flat_map(|own| schema(&own.document, &own.manifest.inputs));
    blueprints.chain(agents).collect()
}

/// Findings for one blueprint.
pub(crate) fn blueprint(definition: &Definition<Blueprint>, registry: &Registry) -> Vec<Diagnostic> {
    let document = &definition.document;
    let mut found: Vec<Diagnostic> = schema(document, &definition.manifest.inputs).into_iter().collect();
    for (index, stage) in definition.manifest.stages.iter().enumerate() {
        for (place, emits) in stage.emits.iter().enumerate() {
            let Some(event) = form::event_ref(emits) else { continue };
            let pointer = format!("/stages/{index}/emits/{place}");
            let is_it = |version: &Version| format!("{}.{}", version.major, version.minor) == event.version;
            found.extend(
                unknown(registry, &event.event_type, &event.version, is_it).map(|fault| document.at(&pointer, fault)),
            );
        }
    }
    for (index, trigger) in definition.manifest.on.iter().enumerate() {
        let Trigger::Event(event) = trigger else { continue };
        let pointer = format!("/on/{index}/event/type");
        let wanted = event.version.to_string();
        let fits = |version: &Version| event.version.matches(version);
        found.extend(unknown(registry, &event.event_type, &wanted, fits).map(|fault| document.at(&pointer, fault)));
    }
    found
}

fn schema(document: &Document, inputs: &Value) -> Option<Diagnostic> {
    let error = InputSchema::compile(inputs).err()?;
    let diagnostic = Diagnostic::error(codes::BAD_SCHEMA, format!("`inputs` is not a usable JSON Schema: {error}"));
    Some(document.at_key("/inputs", diagnostic))
}

fn unknown(registry: &Registry, name: &str, wanted: &str, fits: impl Fn(&Version) -> bool) -> Option<Diagnostic> {
    let Some(contract) = registry.show(name) else {
        let diagnostic = Diagnostic::error(codes::UNKNOWN_CONTRACT, format!("there is no event contract `{name}`"));
        return Some(diagnostic.hint(suggest::hint(name, registry.contracts().map(|contract| contract.name.as_str()))));
    };
    let versions = contract.wire_versions();
    if versions.iter().filter_map(|wire| Version::parse(&format!("{wire}.0")).ok()).any(|version| fits(&version)) {
        return None;
    }
    let message = format!("the event contract `{name}` has no version `{wanted}`");
    let hint = format!("published: {}", suggest::list(&versions.iter().map(String::as_str).collect::<Vec<_>>()));
    Some(Diagnostic::error(codes::UNKNOWN_CONTRACT_VERSION, message).hint(hint))
}
