//! What the gate says, for machines and for people.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Most findings that one rule lists.
const MAX_LISTED: usize = 20;

/// Whether something may be written. Ordered from lenient to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// One rule's answer about one file, or about the whole proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleOutcome {
    /// Stable id, kebab case.
    pub rule: String,
    /// The answer.
    pub verdict: Decision,
    /// The file, made printable; absent when it is about the whole proposal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// For people.
    pub message: String,
}

/// The gate's verdict: the strictest of its rules' answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What happens.
    pub decision: Decision,
    /// What each rule said, in the order of the rules; a rule that has nothing against it says so in one line.
    pub rules: Vec<RuleOutcome>,
}

impl Verdict {
    pub(super) fn of(answers: Vec<Vec<RuleOutcome>>) -> Self {
        let rules: Vec<RuleOutcome> = answers.into_iter().flatten().collect();
        let decision = rules.iter().map(|outcome| outcome.verdict).max().unwrap_or(Decision::Deny);
        Self { decision, rules }
    }

    /// What stands against writing it without a person.
    pub fn objections(&self) -> impl Iterator<Item = &RuleOutcome> {
        self.rules.iter().filter(|outcome| outcome.verdict != Decision::Allow)
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
            let RuleOutcome { rule, verdict, path, message } = outcome;
            write!(f, "  {:<11}  {rule:<width$}  ", verdict.word())?;
            match path {
                Some(path) => writeln!(f, "{path}: {message}")?,
                None => writeln!(f, "{message}")?,
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

    pub(super) fn file(&mut self, verdict: Decision, path: &str, message: impl Into<String>) {
        self.push(verdict, Some(printable(path)), message.into());
    }

    pub(super) fn whole(&mut self, verdict: Decision, message: impl Into<String>) {
        self.push(verdict, None, message.into());
    }

    fn push(&mut self, verdict: Decision, path: Option<String>, message: String) {
        self.worst = self.worst.max(verdict);
        if self.found.len() < MAX_LISTED {
            self.found.push(RuleOutcome { rule: self.rule.to_owned(), verdict, path, message });
        } else {
            self.unlisted += 1;
        }
    }

    /// The answers in path order, or this one line when there is nothing to say against the proposal.
    pub(super) fn or_passed(mut self, message: impl Into<String>) -> Vec<RuleOutcome> {
        let (rule, worst) = (self.rule.to_owned(), self.worst);
        if self.found.is_empty() {
            self.found.push(RuleOutcome { rule, verdict: Decision::Allow, path: None, message: message.into() });
            return self.found;
        }
        self.found.sort_by(|a, b| (&a.path, &a.message).cmp(&(&b.path, &b.message)));
        if self.unlisted > 0 {
            let message = format!("and {} more", self.unlisted);
            self.found.push(RuleOutcome { rule, verdict: worst, path: None, message });
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
    if c.is_control() || super::content::is_hidden(c) { c.escape_unicode().collect() } else { vec![c] }
}

/// `1 file`, `2 files`.
pub(super) fn counted(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}
