//! What a blueprint asks for when one of its stages has failed for good (`on_failure`).

use forgeline_blueprints::{
    blueprint::{Blueprint, OnFailure},
    factory::Definition,
};
use forgeline_model::DefinitionRef;

use super::{Considered, ItemFacts, RuleVerdict, conditions, span};

/// A stage has failed for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageFailure<'a> {
    /// Blueprint of the run.
    pub blueprint: &'a str,
    /// The stage.
    pub stage: &'a str,
    /// The rule that started the run, if one of `on_failure` did.
    pub started_by: Option<&'a str>,
    /// How many runs led to it.
    pub chain_depth: u32,
    /// The run's work item as it is now, if it has one.
    pub item: Option<ItemFacts>,
}

/// The name of a rule among all rules of a factory.
pub fn failure_rule(of: &Definition<Blueprint>, rule: &OnFailure) -> String {
    format!("on_failure {}/{}/{}", of.reference.name, rule.stage, rule.run)
}

/// What the rule at this place of the failed blueprint finds out about a failure; it may start `blueprint`.
pub fn decide_failure(
    failure: &StageFailure<'_>,
    of: &Definition<Blueprint>,
    index: usize,
    blueprint: &DefinitionRef,
) -> Considered {
    let rule = &of.manifest.on_failure[index];
    let failed = conditions::ask_failure(failure, &of.reference.name, rule.stage.as_str(), &failure_rule(of, rule));
    let starts = failed.is_none();
    let place = span(of, &format!("/on_failure/{index}"));
    let verdict = RuleVerdict { rule: "trigger.on_failure".into(), place, failed };
    Considered { blueprint: blueprint.clone(), starts, rules: vec![verdict] }
}
