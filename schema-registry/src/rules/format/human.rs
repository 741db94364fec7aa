//! For a terminal.

use std::fmt::Write as _;

use forgeline_model::diagnostic::{escape_all_controls, escape_controls};

use crate::{
    rules::{Finding, Report},
    settings::Level,
};

/// Every introduced finding, then one line of numbers.
pub fn human(report: &Report) -> String {
    let mut text: String = report.introduced.iter().map(one).collect();
    let count = |level, word: &str| {
        let count = report.introduced.iter().filter(|finding| finding.level == level).count();
        format!("{count} {word}{}", if count == 1 { "" } else { "s" })
    };
    let _ = writeln!(
        text,
        "{}, {}, {}; {} accepted before or by exception",
        count(Level::Error, "error"),
        count(Level::Warn, "warning"),
        count(Level::Info, "info"),
        report.accepted.len()
    );
    text
}

fn one(finding: &Finding) -> String {
    let mut text = format!("{}[{}]", finding.level.word(), finding.rule);
    if !finding.event.is_empty() {
        let _ = write!(text, " {}", escape_all_controls(&finding.event));
    }
    match (&finding.from, &finding.to) {
        (Some(from), Some(to)) => drop(write!(text, " {from} → {to}")),
        (None, Some(to)) => drop(write!(text, " {to}")),
        _ => {}
    }
    let _ = writeln!(text, ": {}", escape_controls(&finding.message));
    let pointer = if finding.pointer.is_empty() { String::new() } else { format!(" at {}", finding.pointer) };
    let place = escape_all_controls(&format!("{}:{}:{}{pointer}", finding.file, finding.line, finding.column));
    let _ = writeln!(text, "  --> {place}");
    if !finding.hurt.is_empty() {
        let _ = writeln!(text, "  = hurts: {}", escape_all_controls(&finding.hurt.join(", ")));
    }
    if let Some(witness) = finding.witness_text() {
        let _ = writeln!(text, "  = witness: {}", escape_all_controls(&witness));
    }
    if let Some(digest) = finding.witness_digest() {
        let _ = writeln!(text, "  = witness digest: {digest}");
    }
    if !finding.fix.is_empty() {
        let _ = writeln!(text, "  = help: {}", escape_controls(&finding.fix));
    }
    text
}
