//! What the atoms of one type say together. Each theory is exact in one direction: `Empty` is certain, candidates are
//! checked by who asked.

mod array;
mod number;
mod object;
mod string;

use serde_json::Value;

use crate::{
    node::{Lit, Scalar, Type},
    number as rational,
    search::{Finding, Search},
};

/// Values of a type of which these atoms hold.
pub(crate) fn find(search: &mut Search<'_>, kind: Type, atoms: &[Lit]) -> Finding {
    match kind {
        // These are listed before a theory is asked.
        Type::Null | Type::Boolean => Finding::Unknown,
        Type::Number => number::find(search, atoms),
        Type::String => string::find(search, atoms),
        Type::Array => array::find(search, atoms),
        Type::Object => object::find(search, atoms),
    }
}

/// The scalar as JSON; nothing for a number that JSON's doubles do not have.
pub(crate) fn value(scalar: &Scalar) -> Option<Value> {
    Some(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(is) => Value::Bool(*is),
        Scalar::Number(number) => rational::written(number)?,
        Scalar::String(text) => Value::String(text.clone()),
    })
}
