//! Rules on the form of a schema, apart from the proof of the relation.

use super::{
    Finding,
    change::{Change, Kind},
    subject::Subject,
};
use crate::{CompatibilityMode, settings::Level};

/// Findings on the changes since the newest version of the same major.
pub(super) fn check(subject: &Subject<'_>, changes: &[Change]) -> Vec<Finding> {
    let Some((from, _)) = subject.of_major().pop() else { return Vec::new() };
    let mut found = Vec::new();
    for change in changes {
        let Some(rule) = change.rule else { continue };
        let mut finding = subject.finding(rule, from, &change.pointer, change.message.clone()).fix(fix(rule));
        finding = match rule {
            "description-changed" => finding,
            "enum-value-added" | "required-removed" | "field-type-widened" => finding.hurts(&subject.consumers()),
            _ => finding.hurts(&subject.producers()).hurts(&subject.consumers()),
        };
        // Whoever promises nothing is told, and not stopped.
        if subject.promise() == CompatibilityMode::None && change.kind == Kind::Accepts {
            finding.level = finding.level.min(Level::Info);
        }
        found.push(finding);
    }
    found
}

fn fix(rule: &str) -> &'static str {
    match rule {
        "required-added" => "leave it optional, or give it a `default`",
        "enum-value-removed" | "bound-tightened" => "keep what was accepted, or raise the major",
        "semantics-changed-without-bump" | "default-changed" => "raise the major, or add a field with the new meaning",
        "description-changed" => "nothing, if the meaning stayed",
        "field-renamed-suspect" => "keep both and mark the old one `deprecated: true`",
        _ => "keep it as it was within the major, or raise the major",
    }
}
