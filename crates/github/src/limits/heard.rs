//! What an answer says about limits.

use http::HeaderMap;

/// What an answer says about limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    /// Seconds to wait.
    pub(crate) retry_after: Option<u64>,
    /// Requests that are left in this period.
    pub(crate) remaining: Option<u64>,
    /// When the next period starts, seconds since 1970.
    pub(crate) reset: Option<i64>,
    /// Whether the text speaks of a secondary limit.
    pub(crate) secondary: bool,
}

impl Heard {
    pub(crate) fn new(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        Self {
            status,
            retry_after: number(headers, "retry-after"),
            remaining: number(headers, "x-ratelimit-remaining"),
            reset: number(headers, "x-ratelimit-reset"),
            secondary: matches!(status, 403 | 429) && speaks_of_secondary(body),
        }
    }
}

fn number<T: std::str::FromStr>(headers: &HeaderMap, name: &str) -> Option<T> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

fn speaks_of_secondary(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body.get(..4096).unwrap_or(body)).to_ascii_lowercase();
    ["secondary rate limit", "abuse detection", "secondary-rate-limits"].iter().any(|words| text.contains(words))
}
