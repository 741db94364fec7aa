//! What a run will probably take, from what earlier runs of its blueprint took.

use std::collections::BTreeMap;

use forgeline_model::{RunId, StageId, Usd, task::Usage};
use serde::Serialize;

use crate::Plan;

/// A task of an earlier run that was done, not taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The run.
    pub run: RunId,
    /// Its stage.
    pub stage: StageId,
    /// Time that it was worked on, milliseconds.
    pub millis: u64,
    /// What it used.
    pub usage: Usage,
}

/// Medians over earlier runs. Each run counts with the sum of its tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Earlier runs that it follows from.
    pub runs: usize,
    /// Work of all stages, milliseconds; stages that run at the same time count one after the other.
    pub millis: u64,
    /// Model calls, US dollars.
    pub usd: Usd,
    /// Model tokens.
    pub tokens: u64,
    /// By stage; one without a past is left out.
    pub stages: BTreeMap<StageId, StageEstimate>,
}

/// The same for one stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct StageEstimate {
    /// Milliseconds.
    pub millis: u64,
    /// US dollars.
    pub usd: Usd,
    /// Tokens.
    pub tokens: u64,
}

/// The estimate for a plan; none when nothing like it was done before.
pub fn estimate(plan: &Plan, past: &[Past]) -> Option<Estimate> {
    let mut by_stage: BTreeMap<&StageId, BTreeMap<&RunId, (u64, Usage)>> = BTreeMap::new();
    for task in past.iter().filter(|task| plan.stage(&task.stage).is_some()) {
        let (millis, usage) = by_stage.entry(&task.stage).or_default().entry(&task.run).or_default();
        *millis = millis.saturating_add(task.millis);
        *usage = usage.plus(task.usage);
    }
    let runs = by_stage.values().map(BTreeMap::len).max()?;
    let mut whole = Estimate { runs, ..Estimate::default() };
    for (stage, runs) in by_stage {
        let of = StageEstimate {
            millis: median(runs.values().map(|(millis, _)| *millis)),
            usd: median(runs.values().map(|(_, usage)| usage.usd)),
            tokens: median(runs.values().map(|(_, usage)| usage.tokens)),
        };
        whole.millis = whole.millis.saturating_add(of.millis);
        whole.usd = whole.usd + of.usd;
        whole.tokens = whole.tokens.saturating_add(of.tokens);
        whole.stages.insert(stage.clone(), of);
    }
    Some(whole)
}

/// The higher one of the two in the middle: money is rather estimated too high.
fn median<T: Ord + Copy + Default>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use forgeline_model::{RunId, task::Usage};

    use super::{Past, estimate};
    use crate::testing::{spec, stage};

    fn past(run: &str, stage: &str, millis: u64, tokens: u64) -> Past {
        let usage = Usage { tokens, ..Usage::default() };
        Past { run: RunId::of_trigger(run), stage: stage.parse().expect("an id"), millis, usage }
    }

    #[test]
    fn the_middle_of_what_earlier_runs_took() {
        let plan = &spec(vec![stage("a", &[]), stage("b", &["a"]), stage("c", &["b"])]).plan;
        assert_eq!(estimate(plan, &[]), None);
        assert_eq!(estimate(plan, &[past("1", "gone", 5, 5)]), None, "what is no stage of it says nothing");
        let told = estimate(
            plan,
            &[
                past("1", "a", 10, 1),
                past("1", "a", 20, 1),
                past("2", "a", 90, 9),
                past("3", "a", 40, 4),
                past("1", "b", 5, 0),
            ],
        )
        .expect("there is a past");
        assert_eq!((told.runs, told.millis, told.tokens, told.stages.len()), (3, 45, 4, 2));
    }
}
