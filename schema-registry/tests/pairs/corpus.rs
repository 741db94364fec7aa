//! The corpus: pairs written by hand, with what has to be said of each and why.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path, time::Duration};

use forgeline_registry::{Budget, ContentModel, Relation, Verdict, compare};
use serde::Deserialize;
use serde_json::Value;

use crate::sides::{is_witness, sides};

#[derive(Debug, Deserialize)]
pub(crate) struct Pair {
    pub(crate) id: String,
    family: String,
    change: String,
    pub(crate) old: Value,
    pub(crate) new: Value,
    pub(crate) mode: Relation,
    pub(crate) content_model: ContentModel,
    expect: Expected,
    why: String,
    /// The author's own witness.
    witness: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expected {
    Compatible,
    Breaking,
}

/// What was said of the pairs of one kind.
#[derive(Debug, Default)]
struct Tally {
    compatible: u32,
    proven: u32,
    breaking: u32,
    refuted: u32,
}

impl Tally {
    fn add(&mut self, expect: Expected, verdict: Verdict) {
        match expect {
            Expected::Compatible => {
                self.compatible += 1;
                self.proven += u32::from(verdict == Verdict::Compatible);
            }
            Expected::Breaking => {
                self.breaking += 1;
                self.refuted += u32::from(verdict == Verdict::Breaking);
            }
        }
    }
}

pub(crate) fn pairs() -> Vec<Pair> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/compat/corpus");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "ndjson"))
        .collect();
    files.sort();
    let mut pairs = Vec::new();
    for file in files {
        for line in fs::read_to_string(&file).expect("a file of the corpus").lines() {
            let pair = serde_json::from_str(line).unwrap_or_else(|why| panic!("{}: {why}: {line}", file.display()));
            pairs.push(pair);
        }
    }
    pairs
}

/// So many wrong or undecided answers show that something is broken; the rest need not be waited for.
const ENOUGH: usize = 20;

/// What is not decided, and why: `\b` in a pattern looks at both of its sides.
const UNDECIDED: [&str; 2] = ["strings-word-boundary", "unevaluated-too-many-cases-other-target"];

/// The ways in which a pair is read, each with who writes and who reads.
fn directions(pair: &Pair) -> Vec<(&Value, &Value, Relation)> {
    match pair.mode {
        Relation::Backward => vec![(&pair.old, &pair.new, Relation::Backward)],
        Relation::Forward => vec![(&pair.new, &pair.old, Relation::Forward)],
        Relation::Full => vec![(&pair.old, &pair.new, Relation::Backward), (&pair.new, &pair.old, Relation::Forward)],
    }
}

#[test]
fn every_pair_is_judged_as_its_author_says_or_left_undecided() {
    let (mut kinds, mut families) = (BTreeMap::<String, Tally>::new(), BTreeMap::<String, Tally>::new());
    let (mut wrong, mut undecided, mut times) = (Vec::new(), Vec::new(), Vec::<Duration>::new());
    let mut total = Tally::default();
    let pairs = pairs();
    for pair in &pairs {
        if wrong.len() + undecided.len() > ENOUGH {
            break;
        }
        let answer = compare(&pair.old, &pair.new, pair.mode, pair.content_model, &Budget::default())
            .unwrap_or_else(|why| panic!("{}: {why}", pair.id));
        times.push(answer.took);
        for tally in [
            kinds.entry(pair.change.clone()).or_default(),
            families.entry(pair.family.clone()).or_default(),
            &mut total,
        ] {
            tally.add(pair.expect, answer.verdict);
        }
        if let Some(witness) = &pair.witness {
            let confirmed = directions(pair).into_iter().any(|(writer, reader, _)| {
                let (writer, reader) = sides(writer, reader, pair.content_model);
                // The second implementation divides doubles, and authors like 0.07.
                writer.validator.is_valid(witness) && !reader.validator.is_valid(witness)
            });
            if !confirmed {
                wrong.push(format!("{}: the author's witness {witness} is none", pair.id));
            }
        }
        match (pair.expect, answer.verdict) {
            (Expected::Compatible, Verdict::Compatible) => {}
            (Expected::Breaking, Verdict::Breaking) => {
                let witness = answer.witness.as_ref().expect("breaking has a witness");
                let told = directions(pair).into_iter().find(|(.., way)| Some(*way) == answer.direction);
                let (writer, reader, _) = told.expect("a direction of the mode");
                let (writer, reader) = sides(writer, reader, pair.content_model);
                if let Err(why) = is_witness(&writer, &reader, witness) {
                    wrong.push(format!("{}: {why} {witness}", pair.id));
                }
            }
            (_, Verdict::Undecided) => {
                let why: Vec<&str> = answer.reasons.iter().map(|reason| reason.message.as_str()).collect();
                undecided.push((pair.id.as_str(), format!("{:?}: {}", pair.expect, why.join("; "))));
            }
            (expect, verdict) => wrong.push(format!(
                "{}: {expect:?} expected, because: {}; {verdict:?} said, witness {:?}",
                pair.id, pair.why, answer.witness
            )),
        }
    }
    times.sort_unstable();
    eprintln!("{} pairs\n{}\n{}", pairs.len(), table("change", &kinds), table("family", &families));
    eprintln!("undecided: {undecided:#?}");
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    eprintln!("time per pair: median {:.2} ms, p99 {:.2} ms, most {:.2} ms", at(50), at(99), at(100));
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(undecided.len() <= ENOUGH, "{} undecided: {undecided:#?}", undecided.len());
    let ids: Vec<&str> = undecided.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, UNDECIDED, "what is decided stays decided");
    assert!(pairs.len() >= 400, "{} pairs", pairs.len());
    assert!(total.proven * 100 >= total.compatible * 97, "{} of {} proven", total.proven, total.compatible);
    assert!(total.refuted * 100 >= total.breaking * 95, "{} of {} refuted", total.refuted, total.breaking);
}

fn table(title: &str, tallies: &BTreeMap<String, Tally>) -> String {
    let mut table = format!("{title:16} compatible  proven  breaking  refuted\n");
    for (name, tally) in tallies {
        // Writing into a string cannot fail.
        let _ = writeln!(
            table,
            "{name:16} {:10} {:7} {:9} {:8}",
            tally.compatible, tally.proven, tally.breaking, tally.refuted
        );
    }
    table
}
