//! W3C trace context: the id that joins the logs of all services that a request went through.

use std::fmt;

use uuid::Uuid;

/// A request's place in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits, of this service's part.
    pub span_id: String,
    sampled: bool,
}

impl TraceContext {
    /// Joins the caller's trace, or begins one when the header is missing or not valid.
    pub fn join(traceparent: Option<&str>) -> Self {
        let span_id = Uuid::new_v4().simple().to_string()[..16].to_owned();
        match traceparent.and_then(parse) {
            Some((trace_id, sampled)) => Self { trace_id, span_id, sampled },
            None => Self { trace_id: Uuid::new_v4().simple().to_string(), span_id, sampled: true },
        }
    }
}

/// The `traceparent` header.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace_id, self.span_id, u8::from(self.sampled))
    }
}

fn parse(header: &str) -> Option<(String, bool)> {
    let hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let parts: Vec<&str> = header.trim().split('-').collect();
    let [version, trace, parent, flags, ..] = parts.as_slice() else { return None };
    let zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    let shape = hex(version, 2) && *version != "ff" && (*version != "00" || parts.len() == 4);
    let valid = shape && hex(trace, 32) && hex(parent, 16) && hex(flags, 2) && !zero(trace) && !zero(parent);
    valid.then(|| ((*trace).to_owned(), u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1)))
}

#[cfg(test)]
mod tests {
    use super::TraceContext;

    #[test]
    fn a_valid_trace_is_joined_and_anything_else_begins_one() {
        let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let joined = TraceContext::join(Some(header));
        assert_eq!(joined.trace_id, "0af7651916cd43dd8448eb211c80319c");
        assert_ne!(joined.span_id, "b7ad6b7169203331");
        for bad in [None, Some(""), Some("00-0-0-01"), Some("00-00000000000000000000000000000000-b7ad6b7169203331-01")] {
            assert_eq!(TraceContext::join(bad).trace_id.len(), 32);
        }
    }
}
