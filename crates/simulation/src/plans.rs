//! Blueprints by seed: chains, diamonds, matrices, questions, clean-up, budgets and deadlines in every mixture.

use forgeline_engine::{
    Plan,
    plan::{ApprovalRule, Budget, DEFAULT_PRIORITY, Matrix, OnFailure, PlannedStage, RetryPolicy, RunOn, Work},
};
use forgeline_model::{DefinitionRef, Digest, StageId, Usd, task::Usage};
use serde_json::{Value, json};

use crate::dice::Dice;

/// A blueprint, resolved.
pub(crate) struct Blueprint {
    pub(crate) name: String,
    pub(crate) plan: Plan,
    /// Whether runs on the same item follow each other, and whether a newer one cancels the older ones.
    pub(crate) group: Option<bool>,
    /// Whether the write gate says no to what it makes.
    pub(crate) is_refused: bool,
}

/// Three blueprints.
pub(crate) fn blueprints(dice: &mut Dice) -> Vec<Blueprint> {
    (0..3)
        .map(|number| {
            let name = format!("blueprint-{number}");
            let group = dice.chance(50).then(|| dice.chance(40));
            Blueprint { plan: plan(dice, &name), name, group, is_refused: dice.chance(8) }
        })
        .collect()
}

fn plan(dice: &mut Dice, name: &str) -> Plan {
    let count = dice.between(1, 5);
    let shape = dice.between(0, 3);
    let mut stages: Vec<PlannedStage> = Vec::new();
    for number in 0..count {
        let earlier: Vec<StageId> = stages.iter().map(|stage| stage.id.clone()).collect();
        let needs = needs(dice, shape, &earlier);
        stages.push(stage(dice, number, needs));
    }
    if dice.chance(20)
        && let Some(undone) = dice.pick(&stages).filter(|stage| stage.agent().is_some()).map(|it| it.id.clone())
    {
        stages.push(PlannedStage {
            compensates: Some(undone),
            run_on: RunOn::Success,
            work: Work::Agent { agent: definition("agent") },
            ..stage(dice, 90, Vec::new())
        });
    }
    let hour = 3_600_000;
    let budget = Budget {
        usd: Usd::from_micros(dice.between(1, 8) * 400_000),
        tokens: dice.chance(20).then(|| dice.between(2, 9) * 100),
        wall_ms: dice.between(1, 40) * hour / 4,
        tasks: dice.chance(15).then(|| u32::try_from(dice.between(2, 9)).unwrap_or(9)),
    };
    Plan {
        blueprint: definition(name),
        agents: vec![definition("agent")],
        contracts: Digest::of_bytes(b"contracts"),
        inputs: json!({"list": ["x", "y", "z"], "go": false}),
        stages,
        budget,
        writes: Vec::new(),
        on_failure: if dice.chance(30) { OnFailure::KeepGoing } else { OnFailure::FailFast },
        priority: DEFAULT_PRIORITY,
    }
}

/// What a stage needs: nothing, the one before, the first, or any two.
fn needs(dice: &mut Dice, shape: u64, earlier: &[StageId]) -> Vec<StageId> {
    let (Some(first), Some(last)) = (earlier.first(), earlier.last()) else { return Vec::new() };
    let mut needs = match shape {
        0 => vec![last.clone()],
        1 if earlier.len() >= 3 => earlier[1..].to_vec(),
        1 => vec![first.clone()],
        2 => Vec::new(),
        _ => (0..dice.between(0, 2)).filter_map(|_| dice.pick(earlier).cloned()).collect(),
    };
    needs.sort();
    needs.dedup();
    needs
}

fn stage(dice: &mut Dice, number: u64, needs: Vec<StageId>) -> PlannedStage {
    let is_question = dice.chance(18);
    let work = if is_question {
        let expires_ms = dice.chance(50).then(|| dice.between(1, 60) * 60_000);
        let min = if dice.chance(25) { 2 } else { 1 };
        Work::Approval { approval: ApprovalRule { roles: vec!["maintainer".into()], min, expires_ms } }
    } else {
        Work::Agent { agent: definition("agent") }
    };
    let run_on = match dice.between(0, 19) {
        0 => RunOn::Any,
        1 => RunOn::Failure,
        2 => RunOn::Always,
        _ => RunOn::Success,
    };
    let over = || Matrix { variable: "it".into(), over: Value::from("{{inputs.list}}") };
    PlannedStage {
        id: format!("s{number}").parse().expect("a stage id"),
        work,
        needs,
        run_on,
        compensates: None,
        allow_failure: dice.chance(8),
        when: dice.chance(5).then(|| "inputs.go".to_owned()),
        with: Value::Null,
        matrix: (!is_question && dice.chance(20)).then(over),
        max_parallel: u32::try_from(dice.between(1, 3)).unwrap_or(1),
        on_item_failure: if dice.chance(30) { OnFailure::KeepGoing } else { OnFailure::FailFast },
        produces: Vec::new(),
        emits: Vec::new(),
        retry: RetryPolicy {
            max_attempts: u32::try_from(dice.between(1, 4)).unwrap_or(1),
            backoff_ms: vec![5_000, 45_000],
        },
        timeout_ms: 60_000,
        stage_timeout_ms: dice.chance(12).then(|| dice.between(1, 20) * 60_000),
        reserve: Usage { usd: Usd::from_micros(dice.between(0, 4) * 150_000), tokens: dice.between(0, 100) },
        pool: "default".into(),
    }
}

fn definition(name: &str) -> DefinitionRef {
    DefinitionRef { name: name.to_owned(), version: semver::Version::new(1, 0, 0), digest: Digest::of_bytes(b"files") }
}
