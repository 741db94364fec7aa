//! What an answer says about limits.

use http::HeaderMap;

/// What an answer says about limits.
///
/// Azure DevOps counts in units of its own (TSTU) over five minutes. It slows down first and says so in `X-RateLimit-Delay`;
/// `Retry-After` then comes even with a success, and is obeyed there too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    /// Seconds to wait.
    pub(crate) retry_after: Option<u64>,
    /// Units that are left.
    pub(crate) remaining: Option<u64>,
    /// When all of them are there again, seconds since 1970.
    pub(crate) reset: Option<i64>,
}

impl Heard {
    pub(crate) fn new(status: u16, headers: &HeaderMap) -> Self {
        Self {
            status,
            retry_after: number(headers, "retry-after"),
            remaining: number(headers, "x-ratelimit-remaining"),
            reset: number(headers, "x-ratelimit-reset"),
        }
    }
}

fn number<T: std::str::FromStr>(headers: &HeaderMap, name: &str) -> Option<T> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}
