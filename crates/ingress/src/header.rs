//! Headers: one of a name, or none. Two of them say nothing that could be relied on.

use axum::http::HeaderMap;

/// Longest value that is taken for a name or number.
const LONGEST: usize = 200;

/// The one header of this name, as text.
pub(crate) fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// The same for a name or number: short, of letters, digits and `-_.:/`.
pub(crate) fn word(headers: &HeaderMap, name: &str) -> Option<String> {
    one(headers, name).filter(|text| is_word(text)).map(str::to_owned)
}

/// Whether this may stand for a name or number.
pub(crate) fn is_word(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(allowed)
}
