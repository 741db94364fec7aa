//! Numbers of JSON as exact rationals, and back.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use serde_json::{Number, Value};

/// The number as it is written in its shortest form.
pub(crate) fn exact(number: &Number) -> BigRational {
    let text = number.to_string();
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: BigInt = format!("{whole}{fraction}").parse().expect("a number's digits are digits");
    let exponent: i64 = exponent.parse().expect("a number's exponent is an integer");
    let scale = exponent - i64::try_from(fraction.len()).expect("a number has few digits");
    let power = BigInt::from(10).pow(u32::try_from(scale.unsigned_abs()).expect("a double's exponent is small"));
    if scale < 0 { BigRational::new(digits, power) } else { BigRational::from_integer(digits * power) }
}

/// The number of JSON that is exactly this, if one is.
pub(crate) fn written(value: &BigRational) -> Option<Value> {
    if value.is_integer() {
        let whole = value.to_integer();
        if let Some(number) = whole.to_i64() {
            return Some(Value::from(number));
        }
        if let Some(number) = whole.to_u64() {
            return Some(Value::from(number));
        }
    }
    let number = Number::from_f64(value.to_f64()?)?;
    (exact(&number) == *value).then_some(Value::Number(number))
}

/// The least common multiple of two positive rationals.
pub(crate) fn common_multiple(a: &BigRational, b: &BigRational) -> BigRational {
    let gcd = |mut a: BigInt, mut b: BigInt| {
        while !b.is_zero() {
            (a, b) = (b.clone(), a % b);
        }
        a.abs()
    };
    let (x, y) = (a.numer() * b.denom(), b.numer() * a.denom());
    let common = gcd(x.clone(), y.clone());
    BigRational::new(x * y / common, a.denom() * b.denom())
}

/// Whether `value` is a whole number of steps; a step of zero has only zero.
pub(crate) fn is_multiple(value: &BigRational, step: &BigRational) -> bool {
    if step.is_zero() { value.is_zero() } else { (value / step).is_integer() }
}

/// A half.
pub(crate) fn half() -> BigRational {
    BigRational::new(BigInt::one(), BigInt::from(2))
}
