//! What is wrong with a file, where, and what to do about it.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// How bad a finding is. Only an error stops the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Probably a mistake.
    Warning,
    /// The definition cannot be used.
    Error,
}

impl Severity {
    /// The word that stands before a message.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place in a file. Lines and columns count from 1; columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// Path as the reader knows it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Length in characters on that line; at least 1.
    pub length: u32,
}

/// One finding. `forgeline explain <code>` tells more about its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable code, `FL0123`.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lower case, the object in backticks.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// The line of the file that `span` points into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(code: &str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// A warning without a place yet.
    pub fn warning(code: &str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    fn new(code: &str, severity: Severity, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), severity, message: message.into(), hint: None, span: None, snippet: None }
    }

    /// With what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With a place; the snippet is cut out of `source`.
    #[must_use]
    pub fn at(mut self, span: Span, source: &str) -> Self {
        self.snippet = source.lines().nth(span.line.saturating_sub(1) as usize).map(str::to_owned);
        self.span = Some(span);
        self
    }

    /// With a file but no line, for a finding about the file as a whole.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.span = Some(Span { file: file.into(), line: 1, column: 1, length: 1 });
        self
    }

    /// The form for a terminal, without colour: header, place, snippet with a caret, hint.
    pub fn render(&self) -> String {
        let mut out = format!("{}[{}]: {}\n", self.severity.word(), self.code, escape_controls(&self.message));
        if let Some(span) = &self.span {
            let _ = writeln!(out, "  --> {}:{}:{}", escape_all_controls(&span.file), span.line, span.column);
            if let Some(snippet) = &self.snippet {
                let (snippet, column) = window(snippet, span.column);
                let gutter = " ".repeat(span.line.to_string().len());
                let indent: String = snippet.chars().take(column).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
                let room = snippet.chars().count().saturating_sub(column).max(1);
                let caret = "^".repeat((span.length.max(1) as usize).min(room));
                let _ = write!(out, " {gutter} |\n {} | {snippet}\n {gutter} | {indent}{caret}\n", span.line);
            }
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(out, "  = help: {}", escape_controls(hint));
        }
        out
    }
}

/// Most characters of a line that are shown.
const WINDOW: usize = 160;
/// How many of them stand before the place, where the line is longer.
const BEFORE: usize = 40;

/// What is shown of a line, and how many characters of it stand before the place. One character for one, so that the caret
/// stays where it belongs; of a very long line only the surroundings.
fn window(line: &str, column: u32) -> (String, usize) {
    let visible = |c: char| if c.is_control() && c != '\t' { '\u{fffd}' } else { c };
    let before = column.saturating_sub(1) as usize;
    let (skip, dots) =
        if line.chars().nth(WINDOW).is_some() { (before.saturating_sub(BEFORE), "…") } else { (0, "") };
    let mut shown: String = line.chars().skip(skip).take(WINDOW).map(visible).collect();
    if line.chars().nth(skip + WINDOW).is_some() {
        shown.push_str(dots);
    }
    let cut = if skip > 0 { dots } else { "" };
    shown.insert_str(0, cut);
    (shown, before - skip + cut.chars().count())
}

/// Text for people with its control characters spelled out; lines and tabs stay.
pub fn escape_controls(text: &str) -> String {
    escape(text, |c| c.is_control() && c != '\n' && c != '\t')
}

/// A name for people with all its control characters spelled out, so that it stays on one line.
pub fn escape_all_controls(text: &str) -> String {
    escape(text, char::is_control)
}

fn escape(text: &str, wanted: impl Fn(char) -> bool) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if wanted(c) {
            out.extend(c.escape_default())
        } else {
            out.push(c)
        }
        out
    })
}

/// Whether any of these stops the work.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

#[cfg(test)]
mod tests {
    use super::{Diagnostic, Span};

    #[test]
    fn a_finding_commands_no_terminal() {
        let span = Span { file: "a\n\u{1b}[2Jb".into(), line: 1, column: 3, length: 1 };
        let shown =
            Diagnostic::error("FL0101", "`\u{7}` is\nwrong").at(span, "\u{1b}\tx\n").hint("no `\u{9b}`").render();
        assert_eq!(
            shown,
            "error[FL0101]: `\\u{7}` is\nwrong\n  --> a\\n\\u{1b}[2Jb:1:3\n   |\n 1 | \u{fffd}\tx\n   |  \t^\n  = help: no `\\u{9b}`\n"
        );
    }

    #[test]
    fn a_finding_shows_where_and_what_to_do() {
        let source = "name: x\nstages:\n  - id: Vision\n";
        let span = Span { file: "blueprint.yaml".into(), line: 3, column: 9, length: 6 };
        let shown = Diagnostic::error("FL0104", "stage id `Vision` is not lower case")
            .at(span, source)
            .hint("write `vision`")
            .render();
        assert_eq!(
            shown,
            "error[FL0104]: stage id `Vision` is not lower case\n  --> blueprint.yaml:3:9\n   |\n 3 |   - id: Vision\n   |         ^^^^^^\n  = help: write `vision`\n"
        );
    }

    #[test]
    fn of_a_very_long_line_only_the_surroundings_are_shown() {
        let line = format!("{}key: {}", " ".repeat(300), "x".repeat(400_000));
        let span = Span { file: "a".into(), line: 1, column: 306, length: 400_000 };
        let shown = Diagnostic::error("FL0121", "too long").at(span, &line).render();
        assert!(shown.len() < 600 && shown.contains("…") && shown.contains("key: xxx"), "{shown}");
        let lines: Vec<&str> = shown.lines().collect();
        let place = |needle: char| lines[if needle == '^' { 4 } else { 3 }].chars().position(|c| c == needle);
        assert_eq!(place('^'), place('x'), "{shown}");
    }
}
