//! The plan of what goes wrong, and when.

/// How a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Answers with this status; nothing was done.
    Status(u16),
    /// Does what was asked and answers with this status nevertheless.
    StatusAfter(u16),
    /// Resets the connection; nothing was done.
    ResetBefore,
    /// Does what was asked and resets the connection.
    ResetAfter,
    /// Does what was asked and sends half of the JSON, as if that were all.
    Truncate,
    /// Does what was asked and answers after so many milliseconds.
    Slow(u64),
    /// Refuses for so many seconds; requests of the same credential before that are recorded as too early.
    RetryAfter {
        /// 403 or 429.
        status: u16,
        /// How long the client is to wait, in seconds.
        seconds: u32,
    },
}

#[derive(Debug)]
struct Rule {
    method: String,
    path: Vec<String>,
    /// Matching requests that pass before it takes effect.
    skip: u32,
    /// Requests that it still hits.
    hits: u32,
    fault: Fault,
}

/// What goes wrong.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    rules: Vec<Rule>,
    /// Added to every request, in milliseconds.
    pub(crate) latency_ms: u64,
}

impl Plan {
    pub(crate) fn add(&mut self, pattern: &str, skip: u32, hits: u32, fault: Fault) {
        let (method, path) = pattern.split_once(' ').unwrap_or(("*", pattern));
        let path = segments(path).map(str::to_owned).collect();
        self.rules.push(Rule { method: method.to_owned(), path, skip, hits, fault });
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The fault that this request meets: every rule counts it, the first one that is due hits.
    pub(crate) fn take(&mut self, method: &str, path: &str) -> Option<Fault> {
        let mut hit = None;
        for rule in self.rules.iter_mut().filter(|rule| rule.matches(method, path)) {
            if rule.skip > 0 {
                rule.skip -= 1;
            } else if hit.is_none() && rule.hits > 0 {
                rule.hits -= 1;
                hit = Some(rule.fault);
            }
        }
        hit
    }
}

impl Rule {
    fn matches(&self, method: &str, path: &str) -> bool {
        if self.method != "*" && !self.method.eq_ignore_ascii_case(method) {
            return false;
        }
        let mut wanted = self.path.iter().map(String::as_str);
        let mut there = segments(path);
        loop {
            match (wanted.next(), there.next()) {
                (Some("**"), _) | (None, None) => return true,
                (Some(wanted), Some(there)) if wanted == "*" || wanted == there => {}
                _ => return false,
            }
        }
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Fault, Plan};

    #[test]
    fn the_kth_matching_request_is_hit_and_no_other() {
        let mut plan = Plan::default();
        plan.add("POST /repos/*/*/issues/*/comments", 1, 1, Fault::Status(502));
        let path = "/repos/acme/shop/issues/7/comments";
        let met: Vec<_> = (0..3).map(|_| plan.take("POST", path)).collect();
        assert_eq!(met, [None, Some(Fault::Status(502)), None]);
        assert_eq!(plan.take("GET", path), None);
        assert_eq!(plan.take("POST", "/repos/acme/shop/issues/7"), None);
    }

    #[test]
    fn two_stars_match_all_that_follows() {
        let mut plan = Plan::default();
        plan.add("* /repos/**", 0, 2, Fault::ResetBefore);
        assert_eq!(plan.take("PATCH", "/repos/a/b/pulls/1"), Some(Fault::ResetBefore));
        assert_eq!(plan.take("GET", "/app"), None);
        assert_eq!(plan.take("GET", "/repos/a/b"), Some(Fault::ResetBefore));
        assert_eq!(plan.take("GET", "/repos/a/b"), None);
    }
}
