//! What is said of a pull request: one check with marks on lines, one comment, labels and reviewers. Nothing of it has
//! happened yet; whoever holds the forge's token makes it so.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A review of a pull request at one head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// How the check ends.
    pub verdict: ReviewVerdict,
    /// One line, at most 140 characters.
    pub title: String,
    /// Markdown; the pull request's one comment of this blueprint says it.
    pub comment: String,
    /// Marks on lines, the gravest first.
    pub annotations: Vec<Annotation>,
    /// Labels that the pull request is to have or not to have.
    pub labels: BTreeMap<String, bool>,
    /// Who is to look at it, as the forge names them: `@shop`, `@acme/platform`.
    pub reviewers: Vec<String>,
}

impl Review {
    /// The output of a task that is a review.
    pub const OUTPUT: &str = "review";
}

/// How a review's check ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewVerdict {
    /// Nothing stands against it.
    Pass,
    /// It must not be merged as it is.
    Fail,
    /// It has nothing to do with what was looked at.
    Neutral,
}

/// A mark on a line of the head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// File in the repository.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// How much it matters.
    pub level: AnnotationLevel,
    /// Id of the rule, or a few words.
    pub title: String,
    /// What is wrong and what to do, plain text.
    pub message: String,
}

/// How much a mark matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnotationLevel {
    /// To know.
    Notice,
    /// To look at.
    Warning,
    /// To mend.
    Failure,
}

/// A change of a registry of contracts, with all that a review of it looks at. Texts by path as seen from the
/// registry's folder; definitions and CODEOWNERS as seen from the repository's root.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryChange {
    /// The registry's folder in the repository; empty for its root.
    pub folder: String,
    /// The registry as proposed.
    pub head: BTreeMap<String, String>,
    /// The registry at the merge base.
    pub base: BTreeMap<String, String>,
    /// Blueprints and agents that may name events.
    pub definitions: BTreeMap<String, String>,
    /// Date (`2026-03-31`) on which each published version's file came to the base branch.
    pub published: BTreeMap<String, String>,
    /// The date of the review.
    pub today: String,
    /// What cannot be judged, by path as seen from the repository's root, and why. It fails the review.
    #[serde(default)]
    pub unreadable: BTreeMap<String, String>,
}
