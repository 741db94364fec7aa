//! The pair fuzzer.
//!
//! `FORGELINE_PAIRS` says how many pairs (2 000), `FORGELINE_SEED` from which seed on (0); `make fuzz` runs many.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    time::{Duration, Instant},
};

use fastrand::Rng;
use forgeline_registry::{Budget, Comparison, ContentModel, Relation, Verdict, compare};
use serde_json::Value;

use crate::{
    generate::{FAMILIES, Generator},
    instances::Instances,
    mutate::mutated,
    sides::{is_witness, sides},
};

/// Values that are tried on a pair that is called compatible.
const INSTANCES: usize = 2_000;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What has been seen of one family.
#[derive(Default)]
struct Tally {
    proven: u32,
    refuted: u32,
    undecided: u32,
    unusable: u32,
    tried: u64,
    slowest: Duration,
}

#[test]
fn what_is_proven_is_not_refuted_and_what_is_refuted_is_confirmed() {
    let (pairs, first) = (number("FORGELINE_PAIRS", 2_000), number("FORGELINE_SEED", 0));
    let (mut tallies, mut wrong) = (BTreeMap::<&str, Tally>::new(), Vec::new());
    let mut reasons = BTreeMap::<String, u32>::new();
    let start = Instant::now();
    for seed in first..first + pairs {
        let mut rng = Rng::with_seed(seed);
        let (family, old, new, model) = pair(&mut rng);
        let tally = tallies.entry(family).or_default();
        let Ok(answer) = compare(&old, &new, Relation::Backward, model, &Budget::default()) else {
            tally.unusable += 1;
            continue;
        };
        tally.slowest = tally.slowest.max(answer.took);
        let told = || format!("seed {seed}, {model:?}\nold {old}\nnew {new}");
        match judge(&answer, &old, &new, model, &mut rng, tally) {
            Ok(()) => {}
            Err(why) => wrong.push(format!("{why}\n{}", told())),
        }
        if answer.verdict == Verdict::Undecided {
            for reason in &answer.reasons {
                *reasons.entry(format!("{family}: {}", reason.message)).or_default() += 1;
            }
            if std::env::var_os("FORGELINE_SHOW").is_some() {
                eprintln!("undecided {:?}: {}", answer.reasons, told());
            }
        }
    }
    eprintln!("{}", table(&tallies));
    for (reason, times) in reasons {
        eprintln!("{times:6} {reason}");
    }
    let undecided: u32 = tallies.values().map(|tally| tally.undecided).sum();
    assert!(u64::from(undecided) * 50 <= pairs.max(200), "{undecided} of {pairs} are undecided");
    eprintln!("{pairs} pairs in {:.1} s", start.elapsed().as_secs_f64());
    assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n\n"));
}

/// A random pair with its family, and how it is read.
pub(crate) fn pair(rng: &mut Rng) -> (&'static str, Value, Value, ContentModel) {
    let family = FAMILIES[rng.usize(..FAMILIES.len())];
    let old = Generator { rng: &mut *rng, references: false }.document(family);
    let new = mutated(rng, &old);
    let (old, new) = if rng.bool() { (old, new) } else { (new, old) };
    let model = if rng.bool() { ContentModel::Strict } else { ContentModel::Views };
    (family, old, new, model)
}

fn judge(
    answer: &Comparison,
    old: &Value,
    new: &Value,
    model: ContentModel,
    rng: &mut Rng,
    tally: &mut Tally,
) -> Result<(), String> {
    match answer.verdict {
        Verdict::Undecided => {
            tally.undecided += 1;
            Ok(())
        }
        Verdict::Breaking => {
            tally.refuted += 1;
            let witness = answer.witness.as_ref().ok_or("breaking without a witness")?;
            let (writer, reader) = sides(old, new, model);
            is_witness(&writer, &reader, witness).map_err(|why| format!("{why} {witness}"))
        }
        Verdict::Compatible => {
            tally.proven += 1;
            let (writer, reader) = sides(old, new, model);
            let (writer_root, reader_root) = (writer.view.clone(), reader.view.clone());
            for n in 0..INSTANCES {
                let root = if n % 4 == 3 { &reader_root } else { &writer_root };
                let value = Instances { rng: &mut *rng, root }.value(root, 5);
                if writer.validator.is_valid(&value) {
                    tally.tried += 1;
                    if !reader.validator.is_valid(&value) {
                        return Err(format!("called compatible, refuted by {value}"));
                    }
                }
            }
            Ok(())
        }
    }
}

fn table(tallies: &BTreeMap<&str, Tally>) -> String {
    let mut table = "family         proven  refuted  undecided  unusable  instances  slowest\n".to_owned();
    for (family, tally) in tallies {
        // Writing into a string cannot fail.
        let _ = writeln!(
            table,
            "{family:13} {:7} {:8} {:10} {:9} {:10} {:6.0} ms",
            tally.proven,
            tally.refuted,
            tally.undecided,
            tally.unusable,
            tally.tried,
            tally.slowest.as_secs_f64() * 1e3
        );
    }
    table
}
