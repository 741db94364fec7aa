//! Witnesses stay the same from one version of the checker to the next: an exception names the digest of the one that its
//! reviewer saw, and would no longer cover what it covers.
//!
//! `FORGELINE_ACCEPT=1` writes what is said now into the file; the difference is then a change that users notice.

use std::{collections::BTreeMap, fs, path::Path};

use fastrand::Rng;
use forgeline_registry::{Budget, ContentModel, Relation, Verdict, compare};
use serde_json::{Value, json};

use crate::{corpus, fuzz::pair};

/// Random pairs, from the first seed on.
const PAIRS: u64 = 600;

#[test]
fn the_same_question_gets_the_same_witness() {
    let mut told = BTreeMap::new();
    for pair in corpus::pairs() {
        told.insert(pair.id.clone(), answer(&pair.old, &pair.new, pair.mode, pair.content_model));
    }
    for seed in 0..PAIRS {
        let (_, old, new, model) = pair(&mut Rng::with_seed(seed));
        told.insert(format!("seed-{seed:04}"), answer(&old, &new, Relation::Backward, model));
    }
    told.retain(|_, witness| witness.is_some());
    assert!(told.len() > 400, "{} witnesses", told.len());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pairs/witnesses.ndjson");
    let lines: String =
        told.iter().map(|(id, witness)| format!("{}\n", json!({"id": id, "witness": witness}))).collect();
    if std::env::var_os("FORGELINE_ACCEPT").is_some() {
        fs::write(&path, &lines).expect("writes");
    }
    let known = fs::read_to_string(&path).expect("the file of witnesses");
    let changed: Vec<String> = lines
        .lines()
        .filter(|line| !known.lines().any(|one| one == *line))
        .map(|line| format!("now   {line}"))
        .chain(known.lines().filter(|line| !lines.lines().any(|one| one == *line)).map(|line| format!("known {line}")))
        .collect();
    assert!(changed.is_empty(), "{} lines differ:\n{}", changed.len(), changed[..changed.len().min(20)].join("\n"));
}

/// The witness; nothing where there is none.
fn answer(old: &Value, new: &Value, mode: Relation, model: ContentModel) -> Option<Value> {
    let answer = compare(old, new, mode, model, &Budget::default()).ok()?;
    (answer.verdict == Verdict::Breaking).then_some(answer.witness).flatten()
}
