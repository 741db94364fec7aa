//! Text to a tree of raw scalars with places; refuses everything that hides what a document says.

use forgeline_model::Diagnostic;
use serde_saphyr::granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Span as RawSpan};

use super::{Findings, MAX_DEPTH, Place};
use crate::codes;

/// A node before its scalars are read.
pub(super) struct Raw {
    pub(super) place: Place,
    pub(super) kind: RawKind,
}

/// What a [`Raw`] node is.
pub(super) enum RawKind {
    /// A scalar's text, and whether it stands there without quotes.
    Scalar { text: String, plain: bool },
    /// A sequence.
    List(Vec<Raw>),
    /// A mapping: key, its place, whether it is plain, value.
    Map(Vec<RawEntry>),
}

/// One entry of a mapping.
pub(super) struct RawEntry {
    pub(super) key: String,
    pub(super) key_place: Place,
    pub(super) key_plain: bool,
    pub(super) value: Raw,
}

/// A collection whose end has not been seen.
struct Open {
    place: Place,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Raw>),
    Map { entries: Vec<RawEntry>, key: Option<(String, Place, bool)> },
}

/// Reads the one document of a text.
pub(super) fn read(findings: &Findings<'_>) -> Result<Raw, Vec<Diagnostic>> {
    let mut reader = Reader { findings, open: Vec::new(), root: None, found: Vec::new() };
    let mut parser = Parser::new_from_str(findings.source);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => {
                if let Err(fatal) = reader.take(event, &span) {
                    reader.found.push(*fatal);
                    return Err(reader.found);
                }
            }
            Err(error) => {
                let place = place(error.marker().line(), error.marker().col(), 1);
                let fault = match error.kind() {
                    ErrorKind::RecursionLimitExceeded => too_deep(),
                    _ => Diagnostic::error(codes::NOT_YAML, format!("not valid YAML: {}", error.info()))
                        .hint("check indentation, quotes and brackets around this place"),
                };
                reader.found.push(findings.at(place, fault));
                return Err(reader.found);
            }
        }
    }
    match reader.root {
        Some(root) if reader.found.is_empty() => Ok(root),
        Some(_) => Err(reader.found),
        None => {
            reader.found.push(
                Diagnostic::error(codes::NOT_YAML, format!("`{}` is empty", findings.file)).in_file(findings.file),
            );
            Err(reader.found)
        }
    }
}

struct Reader<'a> {
    findings: &'a Findings<'a>,
    open: Vec<Open>,
    root: Option<Raw>,
    found: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, span: &RawSpan) -> Result<(), Box<Diagnostic>> {
        let start = place(span.start.line(), span.start.col(), self.length(span));
        if let Some(tag) = event.tag() {
            self.refuse(start, &format!("the tag `{}`", tag.original()), "write the value without a tag");
        }
        if event.anchor_id().is_some() && !event.is_alias() {
            self.refuse(start, "an anchor", "write the value where it is used");
        }
        match event {
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.refuse(start, "an alias", "write the value where it is used");
                self.add(Raw { place: start, kind: RawKind::Scalar { text: String::new(), plain: true } });
            }
            Event::Scalar(text, style, ..) => {
                let plain = style == ScalarStyle::Plain;
                // A value that is left out is told as `~`, at an empty place.
                let text = if plain && span.is_empty() { String::new() } else { text.into_owned() };
                self.add(Raw { place: start, kind: RawKind::Scalar { text, plain } });
            }
            Event::SequenceStart(..) => self.enter(start, OpenKind::List(Vec::new()))?,
            Event::MappingStart(..) => self.enter(start, OpenKind::Map { entries: Vec::new(), key: None })?,
            Event::SequenceEnd | Event::MappingEnd => self.leave(),
            Event::DocumentStart(..) if self.root.is_some() => {
                let fault = Diagnostic::error(codes::NOT_YAML, "a second document starts here")
                    .hint("a definition is one document; remove the `---`");
                return Err(Box::new(self.findings.at(start, fault)));
            }
            _ => {}
        }
        Ok(())
    }

    fn enter(&mut self, place: Place, kind: OpenKind) -> Result<(), Box<Diagnostic>> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Box::new(self.findings.at(place, too_deep())));
        }
        self.open.push(Open { place, kind });
        Ok(())
    }

    fn leave(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let raw = match open.kind {
            OpenKind::List(items) => Raw { place: open.place, kind: RawKind::List(items) },
            OpenKind::Map { entries, .. } => {
                let place = entries.first().map_or(open.place, |first| first.key_place);
                Raw { place, kind: RawKind::Map(entries) }
            }
        };
        self.add(raw);
    }

    fn add(&mut self, node: Raw) {
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        match &mut open.kind {
            OpenKind::List(items) => items.push(node),
            OpenKind::Map { entries, key } => match key.take() {
                Some((key, key_place, key_plain)) => entries.push(RawEntry { key, key_place, key_plain, value: node }),
                None => {
                    let (text, place, plain, complaint) = as_key(node, entries);
                    *key = Some((text, place, plain));
                    if let Some(complaint) = complaint {
                        self.found.push(self.findings.at(place, complaint));
                    }
                }
            },
        }
    }

    fn refuse(&mut self, place: Place, what: &str, hint: &str) {
        let diagnostic = Diagnostic::error(codes::HIDDEN_YAML, format!("{what} is not allowed in a definition"));
        self.found.push(self.findings.at(place, diagnostic.hint(hint)));
    }

    /// Characters that the span covers on its first line.
    fn length(&self, span: &RawSpan) -> usize {
        if span.end.line() == span.start.line() {
            return span.end.col().saturating_sub(span.start.col()).max(1);
        }
        let line = self.findings.source.lines().nth(span.start.line().saturating_sub(1)).unwrap_or("");
        line.trim_end().chars().count().saturating_sub(span.start.col()).max(1)
    }
}

fn too_deep() -> Diagnostic {
    Diagnostic::error(codes::TOO_LARGE, "nested more than 64 levels deep").hint("flatten the definition")
}

fn as_key(node: Raw, entries: &[RawEntry]) -> (String, Place, bool, Option<Diagnostic>) {
    let RawKind::Scalar { text, plain } = node.kind else {
        let complaint = Diagnostic::error(codes::NOT_YAML, "a key must be a text").hint("quote the key");
        return (String::new(), node.place, false, Some(complaint));
    };
    let complaint = if plain && text == "<<" {
        let diagnostic = Diagnostic::error(codes::HIDDEN_YAML, "a merge key is not allowed in a definition");
        Some(diagnostic.hint("write the fields out"))
    } else {
        entries.iter().find(|entry| entry.key == text).map(|first| {
            Diagnostic::error(codes::DUPLICATE_KEY, format!("the key `{text}` stands here a second time"))
                .hint(format!("the first one is on line {}; keep one of them", first.key_place.line))
        })
    };
    (text, node.place, plain, complaint)
}

fn place(line: usize, column: usize, length: usize) -> Place {
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Place { line: narrow(line.max(1)), column: narrow(column.saturating_add(1)), length: narrow(length) }
}
