//! Tags of answers, and requests that ask only for what changed.

use axum::http::HeaderMap;
use sha2::{Digest as _, Sha256};

/// The tag of a body.
pub(crate) fn tag(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    format!("W/\"{}\"", hex(&digest[..]))
}

/// Whether the client has what `tag` names.
pub(crate) fn unchanged(headers: &HeaderMap, tag: &str) -> bool {
    let strong = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    headers
        .get_all("if-none-match")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|one| strong(one) == strong(tag))
}

/// Bytes in small hexadecimal letters.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
