//! Findings on a work item, each with its line.

use crate::{Diagnostic, Severity, Span};

/// Collects findings, so that a person learns all of them at once.
pub(super) struct Notes<'a> {
    file: &'a str,
    source: &'a str,
    found: Vec<Diagnostic>,
}

impl<'a> Notes<'a> {
    pub(super) fn new(file: &'a str, source: &'a str) -> Self {
        Self { file, source, found: Vec::new() }
    }

    /// An error about `part` of a line (numbered from 0).
    pub(super) fn error(&mut self, code: &str, line: usize, part: &str, message: String, hint: String) {
        self.add(Diagnostic::error(code, message), line, part, hint);
    }

    /// A warning about `part` of a line (numbered from 0).
    pub(super) fn warning(&mut self, code: &str, line: usize, part: &str, message: String, hint: String) {
        self.add(Diagnostic::warning(code, message), line, part, hint);
    }

    fn add(&mut self, diagnostic: Diagnostic, line: usize, part: &str, hint: String) {
        let text = self.source.lines().nth(line).unwrap_or_default();
        let part = part.trim();
        let column = text.find(part).map_or(0, |at| text[..at].chars().count());
        let span = Span {
            file: self.file.to_owned(),
            line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
            length: u32::try_from(part.chars().count().max(1)).unwrap_or(1),
        };
        self.found.push(diagnostic.at(span, self.source).hint(hint));
    }

    pub(super) fn failed(&self) -> bool {
        self.found.iter().any(|note| note.severity == Severity::Error)
    }

    /// All findings in the order of the text.
    pub(super) fn into_list(mut self) -> Vec<Diagnostic> {
        self.found.sort_by(|a, b| a.span.cmp(&b.span));
        self.found
    }
}
