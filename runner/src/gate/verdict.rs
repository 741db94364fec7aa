//! What the gate says, for machines and for people.

use std::fmt;

use forgeline_model::canonical;
use serde::{Deserialize, Serialize};

/// Version of the document's form.
const SCHEMA_VERSION: u32 = 1;
/// Most findings that one rule lists.
const MAX_LISTED: usize = 20;

/// Whether something may be written. Ordered from lenient to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Yes.
    Allow,
    /// Yes, on a pull request that a person must look at.
    NeedsHuman,
    /// No.
    Deny,
}

impl Decision {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::NeedsHuman => "needs human",
            Self::Deny => "deny",
        }
    }
}

/// One rule's answer about one thing that it looked at, or about the whole proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleOutcome {
    /// Stable id, kebab case: one of [`RULES`](super::RULES).
    pub rule: String,
    /// The answer.
    pub verdict: Decision,
    /// The file or text, made printable; absent when it is about the whole proposal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// For people.
    pub reason: String,
    /// Where the policy that decided stands, `forgeline.yaml:12`; absent when it is Forgeline's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// The gate's verdict: the strictest of its rules' answers. It names all that it rests on, so that anybody who has the
/// proposal, the policy and the base makes the same document of them, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// 1.
    #[serde(rename = "schemaVersion")]
    pub schema_version: u32,
    /// What happens.
    #[serde(rename = "verdict")]
    pub decision: Decision,
    /// The tree that the proposal was judged against, 40 hex digits.
    pub base: String,
    /// What each rule said, in the order of the rules; a rule that has nothing against it says so in one line.
    pub rules: Vec<RuleOutcome>,
}

impl Verdict {
    pub(super) fn of(base: &str, rules: Vec<RuleOutcome>) -> Self {
        let decision = rules.iter().map(|outcome| outcome.verdict).max().unwrap_or(Decision::Deny);
        Self { schema_version: SCHEMA_VERSION, decision, base: base.to_owned(), rules }
    }

    /// What stands against writing it without a person.
    pub fn objections(&self) -> impl Iterator<Item = &RuleOutcome> {
        self.rules.iter().filter(|outcome| outcome.verdict != Decision::Allow)
    }

    /// The document: canonical JSON, the same bytes for the same verdict.
    pub fn document(&self) -> String {
        canonical::to_string(self)
    }

    /// The text for a terminal or a report: the decision, then a line for each answer.
    pub fn render(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rules.iter().map(|outcome| outcome.rule.len()).max().unwrap_or(0);
        writeln!(f, "write gate: {}", self.decision.word())?;
        for outcome in &self.rules {
            let RuleOutcome { rule, verdict, subject, reason, place } = outcome;
            write!(f, "  {:<11}  {rule:<width$}  ", verdict.word())?;
            if let Some(subject) = subject {
                write!(f, "{subject}: ")?;
            }
            f.write_str(reason)?;
            match place {
                Some(place) => writeln!(f, " ({place})")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

/// Collects one rule's answers.
pub(super) struct Answers {
    rule: &'static str,
    found: Vec<RuleOutcome>,
    unlisted: usize,
    worst: Decision,
}

impl Answers {
    pub(super) fn new(rule: &'static str) -> Self {
        Self { rule, found: Vec::new(), unlisted: 0, worst: Decision::Allow }
    }

    /// About a file or a text that goes out.
    pub(super) fn about(&mut self, verdict: Decision, subject: &str, reason: impl Into<String>) {
        self.push(verdict, Some(subject), reason.into(), None);
    }

    /// The same, decided by a line of the factory's policy.
    pub(super) fn by_policy(
        &mut self,
        verdict: Decision,
        subject: Option<&str>,
        reason: impl Into<String>,
        place: Option<&String>,
    ) {
        self.push(verdict, subject, reason.into(), place.cloned());
    }

    /// About the whole proposal.
    pub(super) fn whole(&mut self, verdict: Decision, reason: impl Into<String>) {
        self.push(verdict, None, reason.into(), None);
    }

    fn push(&mut self, verdict: Decision, subject: Option<&str>, reason: String, place: Option<String>) {
        self.worst = self.worst.max(verdict);
        if self.found.len() < MAX_LISTED {
            let subject = subject.map(printable);
            self.found.push(RuleOutcome { rule: self.rule.to_owned(), verdict, subject, reason, place });
        } else {
            self.unlisted += 1;
        }
    }

    /// The answers in the order of their subjects, or this one line when there is nothing to say against the proposal.
    pub(super) fn or_passed(mut self, reason: impl Into<String>) -> Vec<RuleOutcome> {
        let (rule, worst) = (self.rule.to_owned(), self.worst);
        let whole = |verdict, reason| RuleOutcome { rule, verdict, subject: None, reason, place: None };
        if self.found.is_empty() {
            return vec![whole(Decision::Allow, reason.into())];
        }
        self.found.sort_by(|a, b| (&a.subject, &a.reason, &a.place).cmp(&(&b.subject, &b.reason, &b.place)));
        if self.unlisted > 0 {
            self.found.push(whole(worst, format!("and {} more", self.unlisted)));
        }
        self.found
    }
}

/// A path from outside, cut and without control characters.
pub(super) fn printable(path: &str) -> String {
    let mut shown: String = path.chars().take(120).flat_map(escape).collect();
    if path.chars().nth(120).is_some() {
        shown.push('…');
    }
    shown
}

fn escape(c: char) -> Vec<char> {
    if c.is_control() || super::hidden::is_hidden(c) { c.escape_unicode().collect() } else { vec![c] }
}

/// `1 file`, `2 files`.
pub(super) fn counted(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}
