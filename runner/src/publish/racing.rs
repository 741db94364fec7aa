//! Many publishers of many runs on one real repository, dying at any boundary, while people push and merge.
//!
//! Whatever the order: each run's key is in exactly one commit, nothing that a person pushed is gone, no branch has two
//! open pull requests, and a run's version of each line is on its branch or on a conflict branch. The tests prove
//! themselves: with a rule of the protocol switched off they find the damage.

mod check;
mod people;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use forgeline_engine::Outcome;
use forgeline_model::RunId;
use tokio::task::JoinSet;

use super::{
    PublishError,
    fault::{Faults, Rule, Step},
    scratch::{Seed, World},
};
use crate::{Runner, RunnerError};

/// Deaths of one executor of one run before it is left alone.
const DEATHS: u32 = 6;

/// How much happens.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Runs.
    keys: u32,
    /// Work items, and so branches; runs of one item share a branch.
    items: u32,
    /// Publishers of each run at once.
    executors: u32,
    /// Things that people do meanwhile.
    pushes: u32,
}

/// What went wrong, as sentences; empty when nothing did.
async fn race(seed: u64, size: Size, forgets: Option<Rule>) -> Vec<String> {
    let world = Arc::new(World::new(seed, size.items).await);
    let mut runs = Vec::new();
    for key in 0..size.keys {
        runs.push(world.run(key).await);
    }
    let mut executors = Vec::new();
    for _ in 0..size.executors {
        executors.push(world.executor().await);
    }
    let done = Arc::new(AtomicBool::new(false));
    let people = people::act(world.clone(), Seed::new(seed ^ 0x9e37), size.pushes, done.clone());
    let people = tokio::spawn(people);
    let mut at_work = JoinSet::new();
    for (n, executor) in executors.iter().enumerate() {
        for (key, run) in runs.iter().enumerate() {
            let seed = Seed::new(seed.wrapping_mul(31).wrapping_add((n * 1000 + key) as u64));
            at_work.spawn(publish(executor.clone(), run.clone(), seed, forgets));
        }
    }
    let mut outcomes: BTreeMap<RunId, Vec<Result<Outcome, String>>> = BTreeMap::new();
    while let Some(ended) = at_work.join_next().await {
        let (run, outcome) = ended.expect("an executor does not panic");
        outcomes.entry(run).or_default().push(outcome);
    }
    done.store(true, Ordering::Relaxed);
    let pushed = people.await.expect("people do not panic");
    check::violations(&world, &runs, &outcomes, &pushed).await
}

/// One executor of one run: dies, comes back, and goes on until the run has an outcome.
async fn publish(
    executor: Runner,
    run: RunId,
    mut seed: Seed,
    forgets: Option<Rule>,
) -> (RunId, Result<Outcome, String>) {
    let view = executor.store.run(&run).await.expect("the run is there");
    let mut deaths = 0;
    loop {
        let dies = deaths < DEATHS && seed.below(2) == 0;
        let dies_after = dies.then(|| Step::ALL[seed.below(Step::ALL.len())]);
        match executor.publish_with(&view, Faults { dies_after, forgets }).await {
            Ok(outcome) => return (run, Ok(outcome)),
            Err(error) if error.is_transient() => {
                if matches!(error, RunnerError::Publish(PublishError::Died(_))) {
                    deaths += 1;
                }
                tokio::task::yield_now().await;
            }
            Err(error) => return (run, Err(error.to_string())),
        }
    }
}

#[track_caller]
fn assert_none(seed: u64, found: &[String]) {
    assert!(found.is_empty(), "seed {seed}:\n{}", found.join("\n"));
}

const SMALL: Size = Size { keys: 8, items: 4, executors: 3, pushes: 12 };

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_whoever_dies_and_whoever_pushes() {
    for seed in 0..3 {
        assert_none(seed, &race(seed, SMALL, None).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_into_one_repository_at_once_while_its_base_moves_under_each() {
    let size = Size { keys: 10, items: 10, executors: 1, pushes: 30 };
    assert_none(7, &race(7, size, None).await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a campaign: 25 keys, 3 executors, 40 seeds"]
async fn campaign_of_racing_publishers() {
    let size = Size { keys: 25, items: 8, executors: 3, pushes: 60 };
    for seed in 100..140 {
        assert_none(seed, &race(seed, size, None).await);
    }
}

/// Seeds within which a forgotten rule must be noticed.
const NOTICED_WITHIN: u64 = 6;

async fn is_noticed(rule: Rule) -> bool {
    for seed in 0..NOTICED_WITHIN {
        if !race(seed, SMALL, Some(rule)).await.is_empty() {
            return true;
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_does_not_search_the_history_is_found_out() {
    assert!(is_noticed(Rule::HistoryCheck).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_swaps_from_whatever_is_there_is_found_out() {
    assert!(is_noticed(Rule::ExpectedTip).await);
}
