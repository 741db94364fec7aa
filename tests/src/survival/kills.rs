//! `kill -9` at each named place and at random times: whatever dies, the story ends as if nobody had.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::story::{Death, Story};

/// Places at which a death would hurt most; a story that never passes them proves nothing.
const MUST_BE_PASSED: [&str; 29] = [
    "receive:written",
    "receive:committed",
    "decide:written",
    "decide:committed",
    "claim:written",
    "claim:committed",
    "task:asked",
    "task:answered",
    "finish:written",
    "finish:committed",
    "fail:written",
    "fail:committed",
    "blob:written",
    "blob:named",
    "take-effect:committed",
    "publish:looked",
    "publish:composed",
    "publish:intended",
    "reference:locked",
    "reference:moved",
    "publish:resolved",
    "publish:proposed",
    "report:performed",
    "index:performed",
    "settle:written",
    "settle:committed",
    "advance:committed",
    "judge:committed",
    "told:written",
];

/// One telling: a chapter and its deaths.
type Plan = (usize, Vec<Death>);

/// A seeded source of numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// `each` deaths at each place, spread over the passes of it, then deaths at random times until `kills` are planned. Every
/// third dies again while it recovers.
fn plan(story: &Story, each: usize, kills: usize, seed: u64) -> Vec<Plan> {
    let mut dice = Dice(seed);
    let places = story.places();
    let names: Vec<&String> = places.keys().collect();
    let mut plans: Vec<Plan> = Vec::new();
    for (place, passes) in &places {
        for n in 0..each {
            // Evenly over all passes; again from the first one when there are fewer.
            let at = if passes.len() >= each { n * passes.len() / each } else { n % passes.len() };
            let (chapter, nth) = passes[at];
            plans.push((chapter, vec![Death::At(format!("{place}#{nth}"))]));
        }
    }
    while plans.len() < kills {
        let chapter = usize::try_from(dice.below(story.chapters() as u64)).expect("small");
        plans.push((chapter, vec![Death::After(dice.below(1_000_000))]));
    }
    for (_, deaths) in plans.iter_mut().step_by(3) {
        let place = names[usize::try_from(dice.below(names.len() as u64)).expect("small")];
        deaths.push(Death::At(place.clone()));
    }
    plans
}

/// Tells all of them, two at a time, and says how many processes died.
fn tell(story: &Story, plans: &[Plan]) -> usize {
    let (next, died) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((chapter, deaths)) = plans.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match std::panic::catch_unwind(|| story.survive(*chapter, deaths)) {
                        Ok(deaths) => _ = died.fetch_add(deaths, Ordering::Relaxed),
                        Err(_) => failures.lock().expect("unpoisoned").push(format!("{chapter} {deaths:?}")),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("unpoisoned");
    assert!(failures.is_empty(), "{} of {} tellings failed:\n{}", failures.len(), plans.len(), failures.join("\n"));
    died.into_inner()
}

#[test]
fn killed_at_each_place_the_story_ends_as_if_nobody_had_died() {
    let story = Story::told_undisturbed();
    let places = story.places();
    let missed: Vec<&str> = MUST_BE_PASSED.into_iter().filter(|place| !places.contains_key(*place)).collect();
    assert!(missed.is_empty(), "the story does not pass {missed:?}; it passes {:?}", places.keys());
    let died = tell(&story, &plan(&story, 1, 60, 1));
    assert!(died >= 60, "{died} processes died");
}

#[test]
#[ignore = "a campaign; FORGELINE_KILLS says how many tellings, FORGELINE_SEED from which seed"]
fn campaign_of_kills() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (kills, seed) = (number("FORGELINE_KILLS").unwrap_or(1_000), number("FORGELINE_SEED").unwrap_or(1));
    let story = Story::told_undisturbed();
    let plans = plan(&story, 5, usize::try_from(kills).expect("a number"), seed);
    let died = tell(&story, &plans);
    eprintln!("{} tellings, {} places, {died} processes killed, seed {seed}", plans.len(), story.places().len());
}
