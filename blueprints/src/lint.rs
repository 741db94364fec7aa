//! What the structure of a definition does not show: the graph, names, templates, conditions.

mod agent;
mod filters;
pub(crate) mod graph;
mod names;
mod registry;
mod skill;
mod stage;

use std::collections::BTreeMap;

use forgeline_model::Diagnostic;
use serde_json::Value;

pub(crate) use agent::agent;
pub(crate) use names::properties as closed_names;
pub(crate) use registry::{blueprint as blueprint_contracts, contracts};

use crate::{
    blueprint::{Blueprint, Trigger},
    codes,
    factory::{Definition, Factory},
    suggest,
};

/// Everything that is wrong with a factory's own definitions.
pub(crate) fn factory(factory: &Factory) -> Vec<Diagnostic> {
    let mut found = shared_labels(factory);
    found.extend(factory.own_blueprints().iter().flat_map(|own| blueprint(own, factory)));
    found.extend(factory.own_agents().iter().flat_map(|own| agent(own)));
    found
}

/// Everything that is wrong with one blueprint.
pub(crate) fn blueprint(definition: &Definition<Blueprint>, factory: &Factory) -> Vec<Diagnostic> {
    let stages = definition.manifest.stages.len();
    if stages > graph::MAX_STAGES {
        let message = format!("the blueprint has {stages} stages, at most {}", graph::MAX_STAGES);
        let diagnostic =
            Diagnostic::error(codes::TOO_LARGE, message).hint("use a matrix where stages do the same work");
        return vec![definition.document.at_key("/stages", diagnostic)];
    }
    let mut found = graph::check(definition);
    for (index, _) in definition.manifest.stages.iter().enumerate() {
        found.extend(stage::check(definition, index, factory));
    }
    found.extend(triggers(definition));
    if let Some(concurrency) = &definition.manifest.concurrency {
        let (names, group) = (names::of_run(&definition.manifest), Value::from(concurrency.group.clone()));
        found.extend(names::templates(&definition.document, "/concurrency/group", &group, &names));
    }
    found.extend(on_failure(definition, factory));
    found
}

fn triggers(definition: &Definition<Blueprint>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, trigger) in definition.manifest.on.iter().enumerate() {
        if let Trigger::Event(event) = trigger {
            let pointer = format!("/on/{index}/event/when");
            found.extend(names::condition(&definition.document, &pointer, event.when.as_deref(), &names::of_event()));
        }
        for contradiction in filters::check(trigger) {
            found.push(definition.document.at(&format!("/on/{index}{}", contradiction.at), contradiction.diagnostic()));
        }
    }
    found
}

fn on_failure(definition: &Definition<Blueprint>, factory: &Factory) -> Vec<Diagnostic> {
    let blueprint = &definition.manifest;
    let ids: Vec<&str> = blueprint.stages.iter().map(|stage| stage.id.as_str()).collect();
    let mut found = Vec::new();
    for (index, rule) in blueprint.on_failure.iter().enumerate() {
        if !ids.contains(&rule.stage.as_str()) {
            let diagnostic = Diagnostic::error(codes::UNKNOWN_STAGE, format!("there is no stage `{}`", rule.stage))
                .hint(suggest::hint(rule.stage.as_str(), ids.iter().copied()));
            found.push(definition.document.at(&format!("/on_failure/{index}/stage"), diagnostic));
        }
        if factory.blueprint(&rule.run).is_none() && !factory.is_broken_blueprint(&rule.run) {
            let blueprints = factory.blueprints();
            let known = blueprints.iter().map(|blueprint| blueprint.reference.name.as_str());
            let diagnostic =
                Diagnostic::error(codes::UNKNOWN_BLUEPRINT, format!("there is no blueprint `{}`", rule.run))
                    .hint(suggest::hint(&rule.run, known));
            found.push(definition.document.at(&format!("/on_failure/{index}/run"), diagnostic));
        }
    }
    found
}

fn shared_labels(factory: &Factory) -> Vec<Diagnostic> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for own in factory.own_blueprints() {
        for (index, trigger) in own.manifest.on.iter().enumerate() {
            let Trigger::Label(label) = trigger else { continue };
            match first.get(label.as_str()) {
                Some(other) => {
                    let message = format!("the label `{label}` starts `{other}` too");
                    let diagnostic = Diagnostic::warning(codes::SHARED_LABEL, message)
                        .hint("both start, each with its own pull request; use another label if it is not meant");
                    found.push(own.document.at(&format!("/on/{index}/label"), diagnostic));
                }
                None => {
                    first.insert(label, &own.reference.name);
                }
            }
        }
    }
    found
}
