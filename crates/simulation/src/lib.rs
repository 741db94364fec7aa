//! A deterministic simulation of the core: one seed is one world.
//!
//! Several processes drive runs through the real engine against parts that fail: a store that loses what
//! was not committed, a forge whose deliveries and calls get lost, a Git repository that others push to, a model that is
//! paid for each call, a clock that jumps. A scheduler picks what happens next by the seed, and after every step each
//! invariant is held against all there is. When faults stop, everything must come to rest.
//!
//! [`Switches`] plant a bug in the simulated parts: each must be found by the invariant that is there for it.

mod calm;
mod dice;
mod engine;
mod faults;
mod forge;
mod git;
mod invariants;
mod model;
mod people;
mod plans;
mod process;
mod seen;
mod spec;
mod store;
mod story;
mod switches;
#[cfg(test)]
mod tests;
mod world;

use std::collections::BTreeMap;

pub use switches::{Bug, Switches};

use story::Story;
use world::World;

/// What happened in a world in which everything held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its seed.
    pub seed: u64,
    /// Steps that were made and checked.
    pub steps: u64,
    /// How often what happened.
    pub counts: BTreeMap<&'static str, u64>,
}

/// Something that must never happen did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed}, step {step}: \"{invariant}\" does not hold: {what}\n{}", trace.join("\n"))]
pub struct Violation {
    /// The world's seed.
    pub seed: u64,
    /// The step after which it was seen.
    pub step: u64,
    /// Name of the invariant.
    pub invariant: &'static str,
    /// What was seen, for people.
    pub what: String,
    /// The story up to there, a line for each thing that happened.
    pub trace: Vec<String>,
}

/// Lives through the world of a seed.
///
/// # Errors
/// [`Violation`] with the story that led to it; the same seed gives the same one.
pub fn simulate(seed: u64, switches: Switches) -> Result<Report, Violation> {
    live(seed, switches, Story::default()).or_else(|_| live(seed, switches, Story::told()))
}

fn live(seed: u64, switches: Switches, story: Story) -> Result<Report, Violation> {
    let mut world = World::new(seed, switches, story);
    match world.live() {
        Ok(()) => Ok(Report { seed, steps: world.step, counts: world.store.seen.counts }),
        Err(broken) => {
            let invariants::Broken { invariant, what } = broken;
            Err(Violation { seed, step: world.step, invariant, what, trace: world.story.into_lines() })
        }
    }
}
