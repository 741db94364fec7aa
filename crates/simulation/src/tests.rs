//! The campaign: many seeds hold, and each planted bug is found.

use std::{collections::BTreeMap, fs, path::PathBuf};

use crate::{Bug, Report, Switches, Violation, simulate};

/// Seeds of an everyday test run.
const SEEDS: u64 = 2_000;
/// Seeds within which a planted bug must be found.
const SEEDS_FOR_A_BUG: u64 = 500;

/// The first violation among these seeds, else how often what happened; on all cores.
fn campaign(seeds: std::ops::Range<u64>, switches: Switches) -> Result<BTreeMap<&'static str, u64>, Box<Violation>> {
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    std::thread::scope(|scope| {
        let worker = |first: u64| {
            let mine = seeds
                .clone()
                .skip(usize::try_from(first).expect("few"))
                .step_by(usize::try_from(threads).expect("few"));
            move || mine.map(|seed| simulate(seed, switches)).collect::<Result<Vec<Report>, Violation>>()
        };
        let workers: Vec<_> = (0..threads).map(|first| scope.spawn(worker(first))).collect();
        let mut counts = BTreeMap::new();
        let mut violations = Vec::new();
        for worker in workers {
            match worker.join().expect("a simulation does not panic") {
                Ok(reports) => {
                    for report in reports {
                        *counts.entry("steps").or_default() += report.steps;
                        for (what, count) in report.counts {
                            *counts.entry(what).or_default() += count;
                        }
                    }
                }
                Err(violation) => violations.push(violation),
            }
        }
        match violations.into_iter().min_by_key(|violation| violation.seed) {
            None => Ok(counts),
            Some(violation) => Err(Box::new(violation)),
        }
    })
}

/// Seeds that broke something once, a file for each.
fn regressions() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("regressions")
}

/// A seed that breaks something becomes a file, so that it is replayed from then on.
#[track_caller]
fn holds(seeds: std::ops::Range<u64>) -> BTreeMap<&'static str, u64> {
    campaign(seeds, Switches::default()).unwrap_or_else(|violation| {
        let Violation { seed, invariant, what, .. } = &*violation;
        let file = regressions().join(format!("{seed}.seed"));
        fs::write(&file, format!("{invariant}: {what}\n")).expect("the folder is there");
        panic!("{violation}\n\nseed {seed} is kept in {}", file.display())
    })
}

#[test]
fn every_invariant_holds_in_every_world() {
    let counts = holds(0..SEEDS);
    eprintln!("{counts:#?}");
    for what in [
        "process crashed",
        "lease lost",
        "delivery dropped",
        "run joined",
        "run started",
        "result reused",
        "parked",
        "branch had moved",
        "branch swapped",
        "pull request merged",
        "pull request closed",
        "command obeyed",
        "command came to nothing",
        "input refused",
        "tick mattered",
    ] {
        assert!(counts.get(what).is_some_and(|count| *count >= 20), "`{what}` hardly ever happens: {counts:?}");
    }
}

#[test]
#[ignore = "takes long; FORGELINE_SEEDS says how many"]
fn every_invariant_holds_in_very_many_worlds() {
    let seeds = std::env::var("FORGELINE_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(50_000);
    eprintln!("{:#?}", holds(0..seeds));
}

#[test]
fn every_planted_bug_is_found_by_its_invariant() {
    let mut table = String::from("| planted bug | found by | first seed |\n|---|---|---|\n");
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        let (expected, says) = bug.found_by();
        // What else it breaks does not count.
        let found = (0..SEEDS_FOR_A_BUG)
            .filter_map(|seed| simulate(seed, Switches::planted(*bug)).err())
            .find(|violation| violation.invariant == expected);
        match found {
            Some(violation) => table += &format!("| {says} | {expected} | {} |\n", violation.seed),
            None => missed.push(*bug),
        }
    }
    eprintln!("{table}");
    assert!(missed.is_empty(), "not found within {SEEDS_FOR_A_BUG} seeds: {missed:?}");
}

#[test]
fn what_broke_once_holds() {
    let mut replayed = 0;
    for entry in fs::read_dir(regressions()).expect("the folder is there") {
        let path = entry.expect("readable").path();
        let Some(seed) = path.file_stem().and_then(|name| name.to_str()?.parse().ok()) else { continue };
        if let Err(violation) = simulate(seed, Switches::default()) {
            panic!("{violation}");
        }
        replayed += 1;
    }
    assert!(replayed > 0, "there is at least one file");
}

#[test]
fn a_seed_gives_the_same_world_again() {
    assert_eq!(simulate(7, Switches::default()), simulate(7, Switches::default()));
}
