//! What a check finds.

use std::collections::BTreeSet;

use forgeline_model::Digest;
use serde::Serialize;
use serde_json::Value;

use super::rule;
use crate::settings::{Level, Settings};

/// Most bytes of a witness that are shown.
const WITNESS_BYTES: usize = 400;

/// One finding of a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Id of the rule.
    pub rule: &'static str,
    /// How much it matters here.
    pub level: Level,
    /// Event or fragment; empty where it is about the registry.
    pub event: String,
    /// The published version it was compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The version that is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// File, relative to the repository or registry.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// JSON pointer into the schema; empty for the whole.
    pub pointer: String,
    /// One sentence with both values.
    pub message: String,
    /// Who is hurt, by name: `consumer billing`, `blueprint http-service`.
    pub hurt: Vec<String>,
    /// A value that one side writes and the other refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Value>,
    /// What to do.
    pub fix: String,
    /// Why it does not count: `base`, or the exception's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
}

/// What makes two findings the same across two states of a registry: not the lines, not the version that is judged.
pub(crate) type Key = (&'static str, String, Option<String>, String, String);

impl Finding {
    /// A finding at the top of a file.
    pub(crate) fn new(rule: &'static str, event: &str, file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            rule,
            level: super::rule(rule).map_or(Level::Error, |rule| rule.level),
            event: event.to_owned(),
            from: None,
            to: None,
            file: file.into(),
            line: 1,
            column: 1,
            pointer: String::new(),
            message: message.into(),
            hurt: Vec::new(),
            witness: None,
            fix: String::new(),
            accepted: None,
        }
    }

    pub(crate) fn between(mut self, from: &impl ToString, to: &impl ToString) -> Self {
        (self.from, self.to) = (Some(from.to_string()), Some(to.to_string()));
        self
    }

    pub(crate) fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = pointer.into();
        self
    }

    pub(crate) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    pub(crate) fn hurts(mut self, who: &[String]) -> Self {
        self.hurt.extend_from_slice(who);
        self
    }

    pub(crate) fn key(&self) -> Key {
        // Another value at the same place is another finding: what was accepted was what the message and the witness said.
        let more = match &self.from {
            Some(_) => format!("{} {}", self.message, self.witness_digest().map_or_else(String::new, |it| it.hex())),
            None => format!("{} {}", self.file, self.message),
        };
        (self.rule, self.event.clone(), self.from.clone(), self.pointer.clone(), more)
    }

    /// The digest that an exception names.
    pub fn witness_digest(&self) -> Option<Digest> {
        self.witness.as_ref().map(Digest::of)
    }

    /// The witness for people, cut at 400 bytes.
    pub fn witness_text(&self) -> Option<String> {
        let text = self.witness.as_ref()?.to_string();
        Some(match text.char_indices().take_while(|(at, c)| at + c.len_utf8() <= WITNESS_BYTES).last() {
            Some((at, c)) if at + c.len_utf8() < text.len() => format!("{}…", &text[..at + c.len_utf8()]),
            _ => text,
        })
    }

    /// The title of its rule.
    pub fn title(&self) -> &'static str {
        rule(self.rule).map_or("", |rule| rule.title)
    }
}

/// What a change brings, and what was there before or is excepted.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// Findings of this change.
    pub introduced: Vec<Finding>,
    /// Findings that the base has too, or that an exception covers.
    pub accepted: Vec<Finding>,
}

impl Report {
    /// Whether a finding of level error was introduced.
    pub fn has_errors(&self) -> bool {
        self.introduced.iter().any(|finding| finding.level == Level::Error)
    }

    /// Whether the change is clean: nothing above info.
    pub fn is_clean(&self) -> bool {
        self.introduced.iter().all(|finding| finding.level < Level::Warn)
    }

    /// With paths as seen from the repository's root.
    #[must_use]
    pub fn below(mut self, folder: &str) -> Self {
        if !folder.is_empty() {
            for finding in self.introduced.iter_mut().chain(&mut self.accepted) {
                if finding.file != super::owners::FILE {
                    finding.file = format!("{folder}/{}", finding.file);
                }
            }
        }
        self
    }

    /// Only findings on files that `keep` wants.
    #[must_use]
    pub fn only(mut self, keep: impl Fn(&str) -> bool) -> Self {
        self.introduced.retain(|finding| keep(&finding.file));
        self.accepted.retain(|finding| keep(&finding.file));
        self
    }
}

/// Levels in force, the base's findings taken out, the rest in a stable order.
pub(crate) fn settle(found: Vec<Finding>, base: &BTreeSet<Key>, settings: Option<&Settings>) -> Report {
    let mut report = Report::default();
    for mut finding in found {
        // A finding that says its own level, such as a file that cannot be read at all, keeps it.
        let usual = rule(finding.rule).is_some_and(|rule| rule.level == finding.level);
        if let Some(level) = settings.and_then(|settings| settings.levels.get(finding.rule)).filter(|_| usual) {
            finding.level = *level;
        }
        if finding.level == Level::Off {
            continue;
        }
        if finding.accepted.is_none() && base.contains(&finding.key()) {
            finding.accepted = Some("base".to_owned());
        }
        if finding.accepted.is_some() { report.accepted.push(finding) } else { report.introduced.push(finding) }
    }
    for list in [&mut report.introduced, &mut report.accepted] {
        list.sort_by(|one, other| {
            (&one.file, one.line, one.column, one.rule, &one.message).cmp(&(
                &other.file,
                other.line,
                other.column,
                other.rule,
                &other.message,
            ))
        });
        list.dedup();
    }
    report
}
