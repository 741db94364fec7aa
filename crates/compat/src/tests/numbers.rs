//! Numbers are exact.

use num_rational::BigRational;
use serde_json::{Number, Value, json};

use crate::{
    number::{common_multiple, exact, half, is_multiple, written},
    reader::count,
};

fn ratio(numerator: i64, denominator: i64) -> BigRational {
    BigRational::new(numerator.into(), denominator.into())
}

#[test]
fn numbers_are_read_and_written_exactly() {
    let read = |text: &str| exact(&text.parse::<Number>().expect("a number"));
    for (text, expected) in [
        ("0", ratio(0, 1)),
        ("-12", ratio(-12, 1)),
        ("0.1", ratio(1, 10)),
        ("-2.50", ratio(-5, 2)),
        ("1e2", ratio(100, 1)),
        ("1.25e1", ratio(25, 2)),
        ("5e-324", BigRational::new(5.into(), num_bigint::BigInt::from(10).pow(324))),
        ("1.5e300", BigRational::from_integer(num_bigint::BigInt::from(15) * num_bigint::BigInt::from(10).pow(299))),
    ] {
        assert_eq!(read(text), expected, "{text}");
        let again = written(&expected).expect("a number of JSON");
        assert_eq!(exact(again.as_number().expect("a number")), expected, "{again}");
    }
    assert_eq!(written(&ratio(4, 2)), Some(json!(2)));
    assert_eq!(written(&BigRational::from_integer(u64::MAX.into())), Some(json!(u64::MAX)));
    assert_eq!(written(&ratio(1, 3)), None);
    assert_eq!(half(), ratio(1, 2));
}

#[test]
fn multiples_are_exact() {
    for (one, other, expected) in [
        (ratio(1, 5), ratio(3, 10), ratio(3, 5)),
        (ratio(2, 3), ratio(5, 7), ratio(10, 1)),
        (ratio(4, 1), ratio(6, 1), ratio(12, 1)),
        (ratio(3, 2), ratio(1, 1), ratio(3, 1)),
    ] {
        assert_eq!((common_multiple(&one, &other), common_multiple(&other, &one)), (expected.clone(), expected));
    }
    assert!(is_multiple(&ratio(3, 5), &ratio(1, 5)) && !is_multiple(&ratio(1, 2), &ratio(1, 5)));
    assert!(is_multiple(&ratio(0, 1), &ratio(0, 1)) && !is_multiple(&ratio(1, 1), &ratio(0, 1)));
}

#[test]
fn counts_are_whole_and_not_negative() {
    let most = Some(u64::MAX);
    for (value, expected) in [
        (json!(0), Some(0)),
        (json!(0.0), Some(0)),
        (json!(2.0), Some(2)),
        (json!(u64::MAX), most),
        (json!(1e30), most),
        (json!(-1), None),
        (json!(-1e30), None),
        (json!(0.5), None),
        (Value::Null, None),
    ] {
        assert_eq!(count(&value), expected, "{value}");
    }
}
