//! Which blueprints an occurrence starts, and for each of the others the condition that kept it from starting.
//!
//! A blueprint has rules (`on:`), any of which starts it. Each rule is a list of conditions, asked in order; the first
//! that fails is recorded with what was expected, what was found, and the line of the rule. So a silence can be
//! explained as well as a start.

mod conditions;
mod failure;
mod filters;
mod key;
mod occurrence;
mod schedule;
mod skip;

use forgeline_blueprints::{
    blueprint::{Blueprint, Trigger},
    factory::Definition,
};
use forgeline_model::{DefinitionRef, Span};
use serde::{Deserialize, Serialize};

pub use failure::{StageFailure, decide_failure, failure_rule};
pub use key::{Asked, TriggerKey, TriggerScope};
pub use occurrence::{Change, Happening, ItemFacts, MAX_CHAIN_DEPTH, Occurrence, Proposed, Pushed};
pub use schedule::{Due, due, schedule_id};
pub use skip::Skip;

/// What a rule found out about one occurrence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleVerdict {
    /// Kind of the rule: `trigger.label`, `trigger.event`, ….
    pub rule: String,
    /// Where it stands.
    pub place: Span,
    /// The first condition that failed; none if the rule starts the blueprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failed>,
}

/// A condition that was not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// What was looked at: `label`, `state`, `when`, ….
    pub condition: String,
    /// What the rule wants.
    pub expected: String,
    /// What there was.
    pub actual: String,
    /// How many conditions were met before; the rule with the most came closest.
    pub met: usize,
}

/// What became of one blueprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    /// The blueprint.
    pub blueprint: DefinitionRef,
    /// Whether it starts.
    pub starts: bool,
    /// Each rule's verdict, in the order of the file.
    pub rules: Vec<RuleVerdict>,
}

impl Considered {
    /// The verdict that explains the outcome: the rule that starts it, or the one that came closest.
    pub fn decisive(&self) -> Option<&RuleVerdict> {
        let met = |verdict: &RuleVerdict| verdict.failed.as_ref().map_or(usize::MAX, |failed| failed.met);
        // The first of the best, so that the order of the file decides a tie.
        self.rules.iter().rev().max_by_key(|verdict| met(verdict))
    }
}

/// Asks every blueprint about one occurrence, in the order given.
pub fn decide<'a>(
    occurrence: &Occurrence,
    blueprints: impl IntoIterator<Item = &'a Definition<Blueprint>>,
) -> Vec<Considered> {
    blueprints.into_iter().map(|definition| consider(occurrence, definition)).collect()
}

fn consider(occurrence: &Occurrence, definition: &Definition<Blueprint>) -> Considered {
    let name = &definition.reference.name;
    let rules: Vec<RuleVerdict> = definition
        .manifest
        .on
        .iter()
        .enumerate()
        .map(|(index, trigger)| RuleVerdict {
            rule: format!("trigger.{}", kind(trigger)),
            place: span(definition, &format!("/on/{index}")),
            failed: conditions::ask(occurrence, name, trigger),
        })
        .collect();
    let starts = rules.iter().any(|verdict| verdict.failed.is_none());
    Considered { blueprint: definition.reference.clone(), starts, rules }
}

/// Where something stands in a blueprint's manifest.
pub(crate) fn span(definition: &Definition<Blueprint>, pointer: &str) -> Span {
    let place = definition.document.place(pointer);
    let file = definition.document.file.clone();
    Span { file, line: place.line, column: place.column, length: place.length }
}

/// The word for a trigger's kind, as in the file.
fn kind(trigger: &Trigger) -> &'static str {
    match trigger {
        Trigger::Label(_) => "label",
        Trigger::Command(_) => "command",
        Trigger::WorkItem(_) => "work_item",
        Trigger::PullRequest(_) => "pull_request",
        Trigger::Push(_) => "push",
        Trigger::Schedule(_) => "schedule",
        Trigger::Event(_) => "event",
    }
}

#[cfg(test)]
mod tests;
