//! Laws of the relation, on random schemas.

use fastrand::Rng;
use forgeline_registry::{Budget, Comparison, ContentModel, Relation, Verdict, compare};
use serde_json::{Map, Value, json};

use crate::{
    generate::{FAMILIES, Generator},
    instances::Instances,
    mutate::mutated,
    sides::sides,
};

const ROUNDS: u64 = 250;

fn rounds(first: u64) -> impl Iterator<Item = (Rng, &'static str)> {
    (first..first + ROUNDS).map(|seed| {
        let mut rng = Rng::with_seed(seed);
        let family = FAMILIES[rng.usize(..FAMILIES.len())];
        (rng, family)
    })
}

fn asked(old: &Value, new: &Value) -> Option<Comparison> {
    compare(old, new, Relation::Backward, ContentModel::Strict, &Budget::default()).ok()
}

fn verdict(old: &Value, new: &Value) -> Option<Verdict> {
    asked(old, new).map(|answer| answer.verdict)
}

#[track_caller]
fn proven(old: &Value, new: &Value) {
    assert_eq!(verdict(old, new), Some(Verdict::Compatible), "\nold {old}\nnew {new}");
}

/// A schema without references, so that it may stand inside another.
fn plain(rng: &mut Rng, family: &str) -> Value {
    let family = if family == "references" { "objects" } else { family };
    Generator { rng, references: false }.document(family)
}

#[test]
fn every_schema_is_within_itself() {
    for (mut rng, family) in rounds(10_000) {
        let schema = Generator { rng: &mut rng, references: false }.document(family);
        proven(&schema, &schema);
        let loose = compare(&schema, &schema, Relation::Full, ContentModel::Views, &Budget::default());
        let verdict = loose.map(|answer| answer.verdict);
        assert!(verdict != Ok(Verdict::Breaking), "{schema} is not within its own views");
    }
}

#[test]
fn a_schema_is_within_its_union_and_an_intersection_is_within_the_schema() {
    for (mut rng, family) in rounds(20_000) {
        let (one, other) = (plain(&mut rng, family), plain(&mut rng, family));
        proven(&one, &json!({"anyOf": [one, other]}));
        proven(&json!({"allOf": [one, other]}), &one);
        proven(&json!(false), &one);
        proven(&one, &json!(true));
        proven(&json!({"allOf": [one, {"not": one}]}), &json!(false));
    }
}

#[test]
fn the_relation_is_transitive() {
    for (mut rng, family) in rounds(30_000) {
        let one = plain(&mut rng, family);
        let (two, three) = (mutated(&mut rng, &one), mutated(&mut rng, &one));
        let ordered = [(&one, &two, &three), (&two, &one, &three), (&three, &two, &one), (&two, &three, &one)];
        for (first, second, third) in ordered {
            if verdict(first, second) == Some(Verdict::Compatible)
                && verdict(second, third) == Some(Verdict::Compatible)
            {
                let last = verdict(first, third);
                assert!(last != Some(Verdict::Breaking), "\n{first}\n{second}\n{third}");
            }
        }
    }
}

#[test]
fn one_value_is_within_a_schema_when_it_is_valid() {
    for (mut rng, family) in rounds(40_000) {
        let schema = plain(&mut rng, family);
        let (side, _) = sides(&schema, &schema, ContentModel::Strict);
        for _ in 0..4 {
            let value = Instances { rng: &mut rng, root: &schema }.value(&schema, 4);
            let expected = if side.validator.is_valid(&value) { Verdict::Compatible } else { Verdict::Breaking };
            let said = verdict(&json!({"const": value}), &schema);
            let undecided = said == Some(Verdict::Undecided) && schema.to_string().contains("\"format\"");
            assert!(said == Some(expected) || undecided, "{said:?} for {value} and {schema}");
        }
    }
}

#[test]
fn negation_turns_the_relation_round() {
    for (mut rng, family) in rounds(50_000) {
        let old = plain(&mut rng, family);
        let new = mutated(&mut rng, &old);
        let Some(straight) = verdict(&old, &new) else { continue };
        let turned = verdict(&json!({"not": new}), &json!({"not": old})).expect("both were read before");
        assert!(
            straight == turned || [straight, turned].contains(&Verdict::Undecided),
            "{straight:?}, turned round {turned:?}\nold {old}\nnew {new}"
        );
    }
}

/// The same with the keys of every object in another order.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let entries: Vec<(String, Value)> = map.iter().map(|(key, value)| (key.clone(), reversed(value))).collect();
            Value::Object(entries.into_iter().rev().collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(reversed).collect()),
        scalar => scalar.clone(),
    }
}

/// The same with each property's schema behind a reference.
fn referred(schema: &Value) -> Value {
    let mut schema = schema.clone();
    let mut defs = Map::new();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for (n, (_, property)) in properties.iter_mut().enumerate() {
            defs.insert(format!("d{n}"), std::mem::replace(property, json!({"$ref": format!("#/$defs/d{n}")})));
        }
    }
    if let Value::Object(map) = &mut schema {
        map.insert("$defs".to_owned(), Value::Object(defs));
    }
    schema
}

#[test]
fn the_order_of_keys_and_references_change_nothing() {
    for (mut rng, family) in rounds(60_000) {
        let schema = plain(&mut rng, family);
        for same in [reversed(&schema), referred(&schema)] {
            proven(&schema, &same);
            proven(&same, &schema);
        }
    }
}

#[test]
fn the_budget_ends_a_question_without_a_guess() {
    for (mut rng, family) in rounds(70_000) {
        let old = Generator { rng: &mut rng, references: false }.document(family);
        let new = mutated(&mut rng, &old);
        let Some(whole) = asked(&old, &new) else { continue };
        for steps in [1, 3, 10, 40] {
            let budget = Budget { steps, ..Budget::default() };
            let cut = compare(&old, &new, Relation::Backward, ContentModel::Strict, &budget).expect("read before");
            assert!(
                cut.verdict == whole.verdict
                    || cut.verdict == Verdict::Undecided
                    || whole.verdict == Verdict::Undecided
            );
            if cut.verdict == Verdict::Undecided {
                assert!(!cut.reasons.is_empty() || steps > 1, "an undecided answer says why");
            }
        }
    }
}
