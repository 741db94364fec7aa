//! A blueprint and its inputs to the engine's plan.

mod ceilings;
mod inputs;

use std::{collections::BTreeMap, sync::Arc};

use forgeline_engine::plan::{
    ApprovalRule, DEFAULT_PRIORITY, Matrix, OnFailure, Plan, PlannedStage, RetryPolicy, RunOn, Work,
};
use forgeline_model::{DefinitionRef, Diagnostic, Severity, diagnostic::has_errors, task::Usage};
use forgeline_registry::Registry;
use serde_json::Value;

use crate::{
    agent::Agent,
    agent_use::AgentUse,
    blueprint::{Blueprint, Stage},
    codes,
    factory::{AgentMiss, Definition, Factory},
    form, lint,
    period::Period,
    suggest,
};

/// Wall time of a stage with all its attempts when it does not say: half an hour.
const DEFAULT_STAGE_TIMEOUT_MS: u64 = 1_800_000;

/// What a plan is made for.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Name of the blueprint.
    pub blueprint: &'a str,
    /// Inputs as given, an object.
    pub inputs: &'a Value,
    /// The contracts in force.
    pub registry: &'a Registry,
}

/// Makes the plan: agents resolved to digests, inputs completed and validated, stages in an order to run in.
///
/// # Errors
/// Everything that stands in the way: errors of the blueprint and the agents that it uses, inputs, and parts of the
/// language that this build does not perform.
pub fn compile(factory: &Factory, request: &Request<'_>) -> Result<Plan, Vec<Diagnostic>> {
    let definition = find(factory, request.blueprint).map_err(|diagnostic| vec![*diagnostic])?;
    let mut found = lint::blueprint(definition, factory);
    found.extend(lint::blueprint_contracts(definition, request.registry));
    let agents = used_agents(factory, &definition.manifest);
    found.extend(agents.values().flat_map(|agent| lint::agent(agent)));
    found.extend(broken_agents(definition, factory));
    found.extend(ceilings::exceeded(definition, &factory.ceilings));
    let (inputs, faults) = inputs::complete(&definition.manifest.inputs, request.inputs);
    found.extend(faults);
    if has_errors(&found) {
        found.retain(|finding| finding.severity == Severity::Error);
        return Err(found);
    }
    let blueprint = &definition.manifest;
    let order = lint::graph::order(&blueprint.stages).expect("the lint found no circle");
    let mut stages: Vec<PlannedStage> =
        order.into_iter().filter_map(|index| planned(factory, &blueprint.stages[index])).collect();
    let before_publishing = before_publishing(&factory.config.policy.approval, &stages);
    stages.extend(before_publishing);
    Ok(Plan {
        blueprint: definition.reference.clone(),
        agents: agents.values().map(|agent| agent.reference.clone()).collect(),
        contracts: request.registry.digest(),
        inputs,
        stages,
        budget: ceilings::budget(&blueprint.budget, &factory.ceilings),
        writes: blueprint.writes.clone(),
        on_failure: on_failure(blueprint.fail_fast),
        priority: blueprint.priority.unwrap_or(DEFAULT_PRIORITY),
    })
}

fn find<'a>(factory: &'a Factory, name: &str) -> Result<&'a Arc<Definition<Blueprint>>, Box<Diagnostic>> {
    if let Some(definition) = factory.blueprint(name) {
        return Ok(definition);
    }
    let refusal = if factory.is_broken_blueprint(name) {
        Diagnostic::error(codes::BROKEN_DEFINITION, format!("the blueprint `{name}` has errors"))
            .hint("`forgeline validate` shows all of them")
    } else {
        let blueprints = factory.blueprints();
        let known = blueprints.iter().map(|blueprint| blueprint.reference.name.as_str());
        Diagnostic::error(codes::NO_SUCH_BLUEPRINT, format!("there is no blueprint `{name}`"))
            .hint(suggest::hint(name, known))
    };
    Err(Box::new(refusal))
}

/// The agents of all stages by name and digest.
fn used_agents<'a>(factory: &'a Factory, blueprint: &Blueprint) -> BTreeMap<DefinitionRef, &'a Arc<Definition<Agent>>> {
    let uses = blueprint.stages.iter().filter_map(|stage| stage.uses.as_ref());
    uses.filter_map(|uses| factory.resolve(uses).ok()).map(|agent| (agent.reference.clone(), agent)).collect()
}

/// Agents that the blueprint uses and that have errors.
fn broken_agents(definition: &Definition<Blueprint>, factory: &Factory) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, stage) in definition.manifest.stages.iter().enumerate() {
        if let Some(uses @ AgentUse::Named { name, .. }) = &stage.uses
            && factory.resolve(uses) == Err(AgentMiss::Broken)
        {
            let pointer = format!("/stages/{index}/uses");
            let diagnostic = Diagnostic::error(codes::BROKEN_DEFINITION, format!("the agent `{name}` has errors"));
            found.push(definition.document.at(&pointer, diagnostic.hint("`forgeline validate` shows all of them")));
        }
    }
    found
}

fn planned(factory: &Factory, stage: &Stage) -> Option<PlannedStage> {
    let work = match (&stage.uses, &stage.approval) {
        (Some(uses), _) => Work::Agent { agent: factory.resolve(uses).ok()?.reference.clone() },
        (None, Some(approval)) => Work::Approval {
            approval: ApprovalRule {
                roles: approval.roles.clone(),
                min: approval.min,
                expires_ms: approval.expires.map(Period::millis),
            },
        },
        (None, None) => return None,
    };
    let matrix = stage.matrix.iter().next();
    let defaults = RetryPolicy::default();
    Some(PlannedStage {
        id: stage.id.clone(),
        // People take the time that their question gives them.
        stage_timeout_ms: match work {
            Work::Agent { .. } => Some(stage.stage_timeout.map_or(DEFAULT_STAGE_TIMEOUT_MS, Period::millis)),
            Work::Approval { .. } => stage.stage_timeout.map(Period::millis),
        },
        work,
        needs: stage.needs.clone(),
        run_on: stage.run_on,
        compensates: stage.compensates.clone(),
        allow_failure: stage.allow_failure,
        when: stage.when.clone(),
        with: Value::Object(stage.with.clone().into_iter().collect()),
        matrix: matrix.map(|(variable, over)| Matrix { variable: variable.clone(), over: over.clone() }),
        max_parallel: stage.max_parallel,
        on_item_failure: on_failure(stage.fail_fast),
        produces: stage.produces.clone(),
        emits: stage.emits.iter().filter_map(|emits| form::event_ref(emits)).collect(),
        retry: RetryPolicy {
            max_attempts: stage.retries.max_attempts.unwrap_or(defaults.max_attempts),
            backoff_ms: match stage.retries.backoff.as_slice() {
                [] => defaults.backoff_ms,
                waits => waits.iter().map(|wait| wait.millis()).collect(),
            },
        },
        timeout_ms: ceilings::timeout_ms(stage.timeout, &factory.ceilings),
        reserve: Usage::default(),
        pool: stage.pool.clone(),
    })
}

/// The question that a factory's `policy.approval` puts before anything is published, after all that is made.
fn before_publishing(roles: &[String], stages: &[PlannedStage]) -> Option<PlannedStage> {
    if roles.is_empty() {
        return None;
    }
    let last = stages.last()?;
    Some(PlannedStage {
        id: "approve-publishing".parse().expect("a stage id"),
        work: Work::Approval { approval: ApprovalRule { roles: roles.to_vec(), min: 1, expires_ms: None } },
        needs: stages.iter().filter(|stage| !stage.is_cleanup()).map(|stage| stage.id.clone()).collect(),
        run_on: RunOn::Success,
        compensates: None,
        allow_failure: false,
        when: None,
        with: Value::Null,
        matrix: None,
        max_parallel: 1,
        on_item_failure: OnFailure::FailFast,
        produces: Vec::new(),
        emits: Vec::new(),
        retry: RetryPolicy::default(),
        timeout_ms: ceilings::DEFAULT_TIMEOUT_MS,
        stage_timeout_ms: None,
        reserve: Usage::default(),
        pool: last.pool.clone(),
    })
}

fn on_failure(fail_fast: bool) -> OnFailure {
    if fail_fast { OnFailure::FailFast } else { OnFailure::KeepGoing }
}
