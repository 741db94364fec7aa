//! One stage of a blueprint.

use std::collections::BTreeSet;

use forgeline_model::Diagnostic;
use serde_json::Value;

use super::names;
use crate::{
    agent::{Agent, TemplateWork, Work},
    agent_use::AgentUse,
    blueprint::{Blueprint, Stage},
    codes,
    factory::{AgentMiss, Definition, Factory},
    form, suggest,
    yaml::{Document, pointer_token},
};

/// Worker pools of this build.
const POOLS: [&str; 1] = ["default"];

/// Everything that is wrong with the stage at this index.
pub(super) fn check(definition: &Definition<Blueprint>, index: usize, factory: &Factory) -> Vec<Diagnostic> {
    let stage = &definition.manifest.stages[index];
    let one =
        One { blueprint: &definition.manifest, document: &definition.document, stage, at: format!("/stages/{index}") };
    let mut found = one.work();
    found.extend(one.pool());
    found.extend(one.values());
    found.extend(one.products());
    if let Some(uses) = &stage.uses {
        match factory.resolve(uses) {
            Ok(agent) => found.extend(one.parameters(&agent.manifest).into_iter().chain(one.events(&agent.manifest))),
            Err(miss) => found.extend(one.miss(uses, miss)),
        }
    }
    found
}

/// A stage with its place.
struct One<'a> {
    blueprint: &'a Blueprint,
    document: &'a Document,
    stage: &'a Stage,
    at: String,
}

impl One<'_> {
    fn told(&self, below: &str, diagnostic: Diagnostic) -> Diagnostic {
        self.document.at(&format!("{}{below}", self.at), diagnostic)
    }

    fn work(&self) -> Vec<Diagnostic> {
        let Stage { id, uses, approval, matrix, produces, emits, .. } = self.stage;
        let mut found = Vec::new();
        let message = match (uses, approval) {
            (None, None) => Some(format!("the stage `{id}` has no work")),
            (Some(_), Some(_)) => Some(format!("the stage `{id}` both uses an agent and asks for an approval")),
            (None, Some(_)) if !(matrix.is_empty() && produces.is_empty() && emits.is_empty()) => {
                Some(format!("the approval `{id}` has a matrix, products or events"))
            }
            (Some(_), None) | (None, Some(_)) => None,
        };
        if let Some(message) = message {
            let diagnostic = Diagnostic::error(codes::STAGE_WORK, message);
            found.push(self.told("/id", diagnostic.hint("a stage has `uses: <agent>@^1`, or `approval:` alone")));
        }
        if matrix.len() > 1 {
            let diagnostic = Diagnostic::error(
                codes::MANY_VARIABLES,
                format!("the matrix of `{id}` has {} variables", matrix.len()),
            );
            let diagnostic = diagnostic.hint("keep one; an earlier stage can hand over a list of combinations");
            found.push(self.document.at_key(&format!("{}/matrix", self.at), diagnostic));
        }
        found
    }

    /// A pool that nobody serves would let the stage wait for ever, were there more than one.
    fn pool(&self) -> Option<Diagnostic> {
        let pool = self.stage.pool.as_str();
        if POOLS.contains(&pool) {
            return None;
        }
        let diagnostic = Diagnostic::warning(codes::UNKNOWN_POOL, format!("there is no worker pool `{pool}`"));
        Some(self.told("/pool", diagnostic.hint(suggest::hint(pool, POOLS))))
    }

    /// Conditions and templates.
    fn values(&self) -> Vec<Diagnostic> {
        let Stage { when, with, matrix, .. } = self.stage;
        let outer = names::of_stage(self.blueprint, self.stage);
        let mut found = names::condition(self.document, &format!("{}/when", self.at), when.as_deref(), &outer);
        for (name, list) in matrix {
            let pointer = format!("{}/matrix/{}", self.at, pointer_token(name));
            found.extend(names::templates(self.document, &pointer, list, &outer));
            let fine = match list {
                Value::Array(_) => true,
                Value::String(text) => forgeline_engine::context::exact_reference(text).is_some(),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
            };
            if !fine {
                let message = format!("the matrix variable `{name}` has no list");
                let diagnostic = Diagnostic::error(codes::WRONG_TYPE, message)
                    .hint("write a list, or one reference to a list: \"{{stages.api.outputs.entities}}\"");
                found.push(self.document.at(&pointer, diagnostic));
            }
        }
        let inner = matrix.keys().fold(outer, |names, variable| names.with(variable));
        for (name, value) in with {
            let pointer = format!("{}/with/{}", self.at, pointer_token(name));
            found.extend(names::templates(self.document, &pointer, value, &inner));
        }
        found
    }

    fn products(&self) -> Vec<Diagnostic> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for (index, emits) in self.stage.emits.iter().enumerate() {
            if !seen.insert(emits) {
                let diagnostic =
                    Diagnostic::warning(codes::UNEMITTED_EVENT, format!("`{emits}` stands here a second time"));
                found.push(self.told(&format!("/emits/{index}"), diagnostic));
            }
        }
        found
    }

    /// `with` and the matrix variable against what the agent asks for.
    fn parameters(&self, agent: &Agent) -> Vec<Diagnostic> {
        let given: BTreeSet<&str> =
            self.stage.with.keys().chain(self.stage.matrix.keys()).map(String::as_str).collect();
        let name = &agent.metadata.name;
        let mut found = Vec::new();
        for required in names::required(&agent.inputs) {
            if !given.contains(required.as_str()) {
                let message = format!("the agent `{name}` needs the parameter `{required}`");
                let diagnostic = Diagnostic::error(codes::MISSING_PARAMETER, message)
                    .hint(format!("add `with: {{{required}: …}}`, or a matrix over `{required}`"));
                found.push(self.told("/uses", diagnostic));
            }
        }
        if names::is_closed(&agent.inputs) {
            let declared = names::declared(&agent.inputs);
            for unknown in self.stage.with.keys().filter(|given| !declared.contains(*given)) {
                let message = format!("the agent `{name}` has no parameter `{unknown}`");
                let diagnostic = Diagnostic::error(codes::UNKNOWN_PARAMETER, message)
                    .hint(suggest::hint(unknown, declared.iter().map(String::as_str)));
                let pointer = format!("{}/with/{}", self.at, pointer_token(unknown));
                found.push(self.document.at_key(&pointer, diagnostic));
            }
        }
        found
    }

    /// What the stage may emit against what the agent's skill fills.
    fn events(&self, agent: &Agent) -> Vec<Diagnostic> {
        let Some(skill) = agent.skill() else {
            let name = &agent.metadata.name;
            let message = format!("no skill of the agent `{name}` is available in this build");
            let diagnostic = Diagnostic::error(codes::UNAVAILABLE_SKILL, message);
            return vec![
                self.told("/uses", diagnostic.hint(format!("it has {}; add a `template` skill", kinds(agent)))),
            ];
        };
        let nothing = TemplateWork::default();
        let work = if let Work::Template(work) = &skill.work { work } else { &nothing };
        let mut found = Vec::new();
        for (index, emits) in self.stage.emits.iter().enumerate() {
            let Some(event) = form::event_ref(emits) else { continue };
            if !work.events.contains_key(&event.event_type) {
                let message =
                    format!("the agent `{}` gives no fields for the event `{}`", agent.metadata.name, event.event_type);
                let diagnostic = Diagnostic::error(codes::UNEMITTED_EVENT, message);
                let hint = suggest::hint(&event.event_type, work.events.keys().map(String::as_str));
                found.push(self.told(&format!("/emits/{index}"), diagnostic.hint(hint)));
            }
        }
        found
    }

    fn miss(&self, uses: &AgentUse, miss: AgentMiss) -> Option<Diagnostic> {
        let AgentUse::Named { name, range } = uses else {
            let diagnostic =
                Diagnostic::error(codes::UNAVAILABLE, "agents of other repositories are not available in this build");
            return Some(self.told("/uses", diagnostic.hint("copy the agent's folder into `agents/`")));
        };
        let diagnostic = match miss {
            AgentMiss::Unknown { known } => {
                Diagnostic::error(codes::UNKNOWN_AGENT, format!("there is no agent `{name}`"))
                    .hint(suggest::hint(name, known.iter().map(String::as_str)))
            }
            AgentMiss::OutsideRange { versions } => {
                let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
                Diagnostic::error(
                    codes::UNSATISFIED_RANGE,
                    format!("no version of the agent `{name}` is in the range `{range}`"),
                )
                .hint(format!("there is {}", versions.join(", ")))
            }
            // Its own findings say what is wrong.
            AgentMiss::Broken | AgentMiss::Remote => return None,
        };
        Some(self.told("/uses", diagnostic))
    }
}

fn kinds(agent: &Agent) -> String {
    let kinds: Vec<&str> = agent.skills.iter().map(|skill| skill.work.kind()).collect();
    suggest::list(&kinds)
}
