//! What is tried where a pattern cannot be read.

use std::time::Duration;

use serde_json::{Value, json};

use super::Strings;
use crate::{
    Budget,
    arena::Arena,
    search::{Finding, Search},
};

#[test]
fn words_of_a_pattern_are_tried_alone_and_in_runs() {
    let mut arena = Arena::default();
    let mut search = Search::new(&mut arena, &Budget::default());
    let mut strings = Strings { opaque: vec!["^(?=ab)c".into()], ..Strings::default() };
    let all = ["ab", "c", "aba", "aab", "abab", "aba", "aab", "abab", "ca", "ac", "cc"];
    assert_eq!(json!(strings.guessed(&mut search)), json!(all));
    strings.max = Some(2);
    assert_eq!(json!(strings.guessed(&mut search)), json!(["ab", "c", "ca", "ac", "cc"]), "those that fit");
    strings.opaque = vec!["(?!red|green|blue|white)".into()];
    strings.max = None;
    assert_eq!(strings.guessed(&mut search).len(), 12, "a few are enough");
}

#[test]
fn long_strings_are_built_up_to_a_bound() {
    let mut arena = Arena::default();
    let mut search = Search::new(&mut arena, &Budget::default());
    let mut lengths = |min: u64| {
        let strings = Strings { min, ..Strings::default() };
        match strings.of_length(&mut search) {
            Finding::Candidates(found) => {
                found.iter().map(|text| text.as_str().map_or(0, str::len)).collect::<Vec<usize>>()
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((lengths(0), lengths(1)), (vec![0, 1, 1, 1], vec![1; 4]));
    assert_eq!(lengths(100_000), [100_000; 4]);
    let longer = Strings { min: 100_001, ..Strings::default() };
    assert_eq!(longer.of_length(&mut search), Finding::Unknown);
}

#[test]
fn patterns_are_followed_up_to_a_bound() {
    let mut arena = Arena::default();
    let row = arena.languages.read("^a*$").expect("a regular language");
    let start = arena.languages.read("^ab?c?d?e?$").expect("a regular language");
    let patient = Budget { time: Duration::from_secs(600), ..Budget::default() };
    let mut search = Search::new(&mut arena, &patient);
    let several = Strings { matching: vec![start], ..Strings::default() };
    assert_eq!(
        several.side_by_side(&mut search),
        Finding::Candidates(["a", "ab", "ac", "ad"].map(Value::from).to_vec())
    );
    let mut found = |min: u64| Strings { min, matching: vec![row], ..Strings::default() }.side_by_side(&mut search);
    assert!(matches!(found(100_001), Finding::Candidates(_)));
    assert_eq!(found(100_002), Finding::Unknown);
}
