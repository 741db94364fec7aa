//! Finds the tags of a template, refuses what the language leaves out, and never recurses.
//!
//! It reads escapes, comments and raw blocks exactly as the engine's grammar does, so that both see the same tags.

/// Longest tag, bytes.
const MAX_TAG_BYTES: usize = 2_000;
/// Most tags, comments and escapes of one template. The engine counts lines from the start for each of them.
const MAX_PIECES: usize = 4_000;
/// Deepest nesting of calls within one tag.
const MAX_CALLS: usize = 8;

/// What a tag does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `{{name}}`, `{{function a b}}`
    Value,
    /// `{{#block …}}`
    Open,
    /// `{{else}}`, `{{else if …}}`, `{{^}}`
    Else,
    /// `{{/block}}`
    Close,
    /// `{{> name …}}`
    Partial,
}

/// One tag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag<'t> {
    pub(super) kind: Kind,
    /// Byte offset of its braces.
    pub(super) start: usize,
    /// Byte offset of `body`.
    pub(super) body_start: usize,
    /// What stands in it, without sigil, tildes and outer white space.
    pub(super) body: &'t str,
}

/// What is wrong at a byte offset.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) message: String,
    pub(super) limit: bool,
}

impl Fault {
    pub(super) fn syntax(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into(), limit: false }
    }

    pub(super) fn limit(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into(), limit: true }
    }
}

/// The tags in order; comments and raw blocks are left out.
pub(super) fn scan(text: &str) -> Result<Vec<Tag<'_>>, Fault> {
    let mut tags = Vec::new();
    let (mut at, mut pieces) = (0, 0);
    while let Some(found) = text[at..].find("{{") {
        let open = at + found;
        pieces += 1;
        if pieces > MAX_PIECES {
            return Err(Fault::limit(open, format!("the template has more than {MAX_PIECES} tags; split it")));
        }
        let rest = &text[open..];
        if is_escaped(&text[at..open]) {
            at = open + if rest.starts_with("{{{{") { 4 } else { 2 };
        } else if rest.starts_with("{{{{") {
            at = open + raw_block(rest).map_err(|message| Fault::syntax(open, message))?;
        } else if rest.starts_with("{{{") {
            return Err(Fault::syntax(open, "three braces: nothing is escaped here, write `{{name}}`"));
        } else if rest.starts_with("{{!") {
            at = open + comment(rest).ok_or_else(|| Fault::syntax(open, "a comment is not closed"))?;
        } else {
            let close = tag_end(text, open)?;
            tags.push(classify(text, open, close)?);
            at = close + 2;
        }
    }
    Ok(tags)
}

/// One backslash before the braces makes them text; two are one backslash before a tag.
fn is_escaped(before: &str) -> bool {
    before.bytes().rev().take_while(|byte| *byte == b'\\').count() == 1
}

/// Length of `{{{{raw}}}}…{{{{/raw}}}}`.
fn raw_block(rest: &str) -> Result<usize, String> {
    let unclosed = || "a raw block ends with `{{{{/raw}}}}`".to_owned();
    let head = rest.find("}}}}").ok_or_else(unclosed)?;
    if rest[4..head].trim_matches(|c: char| c == '~' || c.is_ascii_whitespace()) != "raw" {
        return Err("four braces open a raw block: write `{{{{raw}}}}`".to_owned());
    }
    let text = head + 4;
    let end = text + rest[text..].find("{{{{").ok_or_else(unclosed)?;
    let close = end + rest[end..].find("}}}}").ok_or_else(unclosed)?;
    let name = rest[end + 4..close].trim_matches(|c: char| c == '~' || c.is_ascii_whitespace());
    if is_escaped(&rest[text..end]) || name.strip_prefix('/').map(str::trim) != Some("raw") {
        return Err(unclosed());
    }
    Ok(close + 4)
}

/// Length of `{{! … }}` or `{{!-- … --}}`.
fn comment(rest: &str) -> Option<usize> {
    let body = rest["{{!".len()..].trim_start_matches([' ', '\t', '\n', '\r']);
    let from = rest.len() - body.len();
    let long = body.strip_prefix("--").and_then(|text| text.find("--}}")).map(|end| from + 2 + end + 4);
    long.or_else(|| rest.find("}}").map(|end| end + 2))
}

/// Offset of the closing braces of the tag at `open`.
fn tag_end(text: &str, open: usize) -> Result<usize, Fault> {
    let bytes = text.as_bytes();
    let mut calls = 0_usize;
    let mut at = open + 2;
    while at < bytes.len() {
        if at - open > MAX_TAG_BYTES {
            return Err(Fault::limit(open, format!("a tag is longer than {MAX_TAG_BYTES} bytes")));
        }
        match bytes[at] {
            b'}' if bytes.get(at + 1) == Some(&b'}') => return Ok(at),
            quote @ (b'"' | b'\'') => {
                at = string_end(bytes, at, quote).ok_or_else(|| Fault::syntax(at, "a text is not closed"))?;
            }
            b'[' | b'{' => {
                return Err(Fault::syntax(
                    at,
                    "list and object literals and bracketed names are not available; use `lookup`",
                ));
            }
            b'(' => {
                calls += 1;
                if calls > MAX_CALLS {
                    return Err(Fault::limit(at, format!("calls are nested deeper than {MAX_CALLS}")));
                }
            }
            b')' => calls = calls.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    Err(Fault::syntax(open, "a tag is not closed: `}}` is missing"))
}

fn string_end(bytes: &[u8], open: usize, quote: u8) -> Option<usize> {
    let mut at = open + 1;
    while let Some(byte) = bytes.get(at) {
        match *byte {
            b'\\' => at += 1,
            byte if byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn classify(text: &str, open: usize, close: usize) -> Result<Tag<'_>, Fault> {
    const BLANK: [char; 4] = [' ', '\t', '\n', '\r'];
    let inner = text[open + 2..close].trim_start_matches(BLANK);
    let inner = inner.strip_prefix('~').unwrap_or(inner).trim_start_matches(BLANK);
    let mut sigils = inner.chars();
    let (kind, body) = match sigils.next() {
        Some('#') => match sigils.as_str().trim_start_matches(BLANK) {
            rest if rest.starts_with('>') => {
                return Err(Fault::syntax(open, "partial blocks are not available; pass parameters: `{{> name a=b}}`"));
            }
            rest if rest.starts_with('*') => {
                return Err(Fault::syntax(open, "inline partials are not available; write a file below `partials/`"));
            }
            rest => (Kind::Open, rest),
        },
        Some('/') => (Kind::Close, sigils.as_str()),
        Some('^') => (Kind::Else, sigils.as_str()),
        Some('>') => (Kind::Partial, sigils.as_str()),
        Some('*') => return Err(Fault::syntax(open, "decorators are not available")),
        Some('&') => return Err(Fault::syntax(open, "nothing is escaped here, write `{{name}}`")),
        Some(_) => inner.strip_prefix("else").map_or((Kind::Value, inner), |rest| (Kind::Else, rest)),
        None => return Err(Fault::syntax(open, "a tag is empty")),
    };
    let body = body.trim_start_matches(BLANK);
    let body_start = body.as_ptr().addr() - text.as_ptr().addr();
    let body = body.trim_end_matches(BLANK);
    let body = body.strip_suffix('~').unwrap_or(body).trim_end_matches(BLANK);
    Ok(Tag { kind, start: open, body_start, body })
}

/// Line and column in characters of a byte offset, both from 1.
pub(super) fn position(text: &str, offset: usize) -> (u32, u32) {
    Places::new(text).of(offset)
}

/// Places of many offsets of one text. Ascending offsets cost one pass together.
pub(super) struct Places<'t> {
    text: &'t str,
    offset: usize,
    line: u32,
    column: u32,
}

impl<'t> Places<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, offset: 0, line: 1, column: 1 }
    }

    /// Line and column in characters, both from 1.
    pub(super) fn of(&mut self, offset: usize) -> (u32, u32) {
        if offset < self.offset {
            *self = Self::new(self.text);
        }
        for c in self.text[self.offset..offset].chars() {
            (self.line, self.column) = if c == '\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
        }
        self.offset = offset;
        (self.line, self.column)
    }
}
