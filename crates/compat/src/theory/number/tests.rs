//! Which candidates are given, in which order: what follows the first ones counts only when those do not do.

use num_bigint::BigInt;
use num_rational::BigRational;
use serde_json::{Value, json};

use super::{End, Numbers};
use crate::{number::exact, search::Finding};

fn number(value: f64) -> BigRational {
    exact(Value::from(value).as_number().expect("a number"))
}

/// The candidates between two ends, without some values.
fn given(low: Option<f64>, high: Option<f64>, excluded: &[f64]) -> Vec<f64> {
    let end = |value: f64| End { value: number(value), open: false };
    let numbers = Numbers {
        low: low.map(end),
        high: high.map(end),
        excluded: excluded.iter().map(|value| number(*value)).collect(),
        ..Numbers::default()
    };
    match numbers.any() {
        Finding::Candidates(found) => found.iter().filter_map(Value::as_f64).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn plain_numbers_come_first_and_others_follow() {
    let near_zero = [0.0, 1.0, 0.5, -0.5, -1.0];
    assert_eq!(given(None, None, &[]), [0.0, 1.0, 0.5, -0.5]);
    assert_eq!(given(None, None, &near_zero[..4]), [-1.0, 0.015_625, 0.031_25, 2.0]);
    assert_eq!(given(Some(10.25), None, &[]), [10.25, 11.0, 12.0, 11.5]);
    assert_eq!(given(Some(10.25), None, &[10.25, 11.0, 12.0, 11.5]), [11.015_625, 11.031_25, 13.0, 11.046_875]);
    assert_eq!(given(None, Some(-10.25), &[]), [-10.25, -11.0, -12.0, -11.5]);
    let next = given(None, Some(-10.25), &[-10.25, -11.0, -12.0, -11.5]);
    assert_eq!(next, [-10.265_625, -10.281_25, -10.296_875, -10.312_5]);
    assert_eq!(given(Some(10.25), Some(14.25), &[]), [10.25, 14.25, 11.0, 12.0]);
    assert_eq!(given(Some(10.25), Some(14.25), &[10.25, 14.25, 11.0, 12.0]), [12.25, 11.25, 13.25]);
    assert_eq!(given(Some(0.5), Some(0.5), &[]), [0.5]);
}

#[test]
fn ends_are_reached_when_they_are_closed() {
    let interval = |open: bool| Numbers {
        low: Some(End { value: number(1.0), open }),
        high: Some(End { value: number(2.0), open }),
        ..Numbers::default()
    };
    for (value, closed, open) in
        [(0.5, false, false), (1.0, true, false), (1.5, true, true), (2.0, true, false), (2.5, false, false)]
    {
        assert_eq!(
            (interval(false).allows(&number(value)), interval(true).allows(&number(value))),
            (closed, open),
            "{value}"
        );
    }
    let but = Numbers { excluded: vec![number(1.0)], not_steps: vec![number(0.4)], ..Numbers::default() };
    assert_eq!([1.0, 0.8, 0.9].map(|value| but.allows(&number(value))), [false, false, true]);
}

#[test]
fn a_multiple_that_no_double_is_has_round_neighbours() {
    let past_doubles: BigInt = "123456789012345678901".parse().expect("a number");
    let found = Numbers::default().round(&BigRational::from_integer(past_doubles), &number(1.0));
    let expected = json!([
        123_456_789_012_345_680_000_f64,
        123_456_789_012_345_670_000_f64,
        123_456_789_012_345_700_000_f64,
        123_456_789_012_345_600_000_f64
    ]);
    assert_eq!(Value::Array(found), expected);
}
