//! What a blueprint asks for, held to the operator's ceilings: more is refused, what is left out is narrowed.

use std::fmt::Display;

use forgeline_engine::plan::Budget;
use forgeline_model::Diagnostic;

use crate::{
    blueprint::{self, Blueprint},
    codes,
    config::operator::{Ceiling, Ceilings},
    factory::Definition,
    period::Period,
};

/// Wall time of an attempt when the stage does not say: ten minutes.
pub(super) const DEFAULT_TIMEOUT_MS: u64 = 600_000;

/// Every budget and timeout that is above its ceiling, with both places.
pub(super) fn exceeded(definition: &Definition<Blueprint>, ceilings: &Ceilings) -> Vec<Diagnostic> {
    let Blueprint { budget, stages, .. } = &definition.manifest;
    let mut found = Vec::new();
    let mut add = |pointer: String, fault: Option<Diagnostic>| {
        found.extend(fault.map(|fault| definition.document.at(&pointer, fault)));
    };
    add("/budget/usd".into(), above("budget", budget.usd, ceilings.usd.as_ref(), " USD"));
    add("/budget/tokens".into(), above("budget", budget.tokens, ceilings.tokens.as_ref(), " tokens"));
    add("/budget/wall".into(), above("wall time", budget.wall, ceilings.wall.as_ref(), ""));
    for (index, stage) in stages.iter().enumerate() {
        add(format!("/stages/{index}/timeout"), above("timeout", stage.timeout, ceilings.timeout.as_ref(), ""));
    }
    found
}

fn above<T: Ord + Display>(
    what: &str,
    asked: Option<T>,
    ceiling: Option<&Ceiling<T>>,
    unit: &str,
) -> Option<Diagnostic> {
    let (asked, ceiling) = (asked?, ceiling?);
    let message = format!(
        "the {what} of {asked}{unit} is above the operator's ceiling of {}{unit} (`{}`)",
        ceiling.most, ceiling.place
    );
    let hint = "lower it, or ask who runs Forgeline to raise the ceiling";
    (asked > ceiling.most).then(|| Diagnostic::error(codes::OVER_CEILING, message).hint(hint))
}

/// The run's budget: as the blueprint says, else the engine's default, and never above a ceiling.
pub(super) fn budget(asked: &blueprint::Budget, ceilings: &Ceilings) -> Budget {
    let defaults = Budget::default();
    Budget {
        usd: capped(asked.usd.unwrap_or(defaults.usd), ceilings.usd.as_ref().map(|it| it.most)),
        tokens: asked.tokens.or(defaults.tokens).or(ceilings.tokens.as_ref().map(|it| it.most)),
        wall_ms: capped(asked.wall.map_or(defaults.wall_ms, Period::millis), millis(ceilings.wall.as_ref())),
        tasks: asked.tasks.or(defaults.tasks),
    }
}

/// The wall time of an attempt.
pub(super) fn timeout_ms(asked: Option<Period>, ceilings: &Ceilings) -> u64 {
    capped(asked.map_or(DEFAULT_TIMEOUT_MS, Period::millis), millis(ceilings.timeout.as_ref()))
}

fn capped<T: Ord>(value: T, most: Option<T>) -> T {
    match most {
        Some(most) => value.min(most),
        None => value,
    }
}

fn millis(ceiling: Option<&Ceiling<Period>>) -> Option<u64> {
    ceiling.map(|it| it.most.millis())
}
