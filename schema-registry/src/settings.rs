//! `registry.yaml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    rules::{RULES, rule},
    schema::Limits,
};

/// Settings of a registry. Limits can only be lowered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(rename = "apiVersion")]
    pub(crate) api_version: String,
    pub(crate) kind: String,
    /// The dialect of all schemas.
    pub dialect: String,
    /// Mode of contracts that name none.
    #[serde(default)]
    pub mode: CompatibilityMode,
    /// How producers' and consumers' views of a schema differ.
    #[serde(default)]
    pub content_model: ContentModel,
    /// Days between deprecation and removal.
    #[serde(default = "ninety")]
    pub transition_days: u32,
    /// Levels of rules that differ from the default.
    #[serde(default)]
    pub levels: BTreeMap<String, Level>,
    #[serde(default)]
    limits: LimitsYaml,
}

/// What a new version must keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CompatibilityMode {
    /// Nothing; it is still linted.
    None,
    /// New consumers read what the last version wrote.
    Backward,
    /// Consumers of the last version read what is written now.
    Forward,
    /// Both.
    Full,
    /// New consumers read what any version of the major wrote.
    BackwardTransitive,
    /// Consumers of any version of the major read what is written now.
    ForwardTransitive,
    /// Both.
    #[default]
    FullTransitive,
}

impl CompatibilityMode {
    /// New consumers read old events.
    pub(crate) fn backward(self) -> bool {
        matches!(self, Self::Backward | Self::Full | Self::BackwardTransitive | Self::FullTransitive)
    }

    /// Old consumers read new events.
    pub(crate) fn forward(self) -> bool {
        matches!(self, Self::Forward | Self::Full | Self::ForwardTransitive | Self::FullTransitive)
    }

    /// It holds for every version of the major.
    pub(crate) fn transitive(self) -> bool {
        matches!(self, Self::BackwardTransitive | Self::ForwardTransitive | Self::FullTransitive)
    }

    /// Both promises together.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        let either = |of: fn(Self) -> bool| of(self) || of(other);
        match (either(Self::backward), either(Self::forward), either(Self::transitive)) {
            (false, false, _) => Self::None,
            (true, false, false) => Self::Backward,
            (true, false, true) => Self::BackwardTransitive,
            (false, true, false) => Self::Forward,
            (false, true, true) => Self::ForwardTransitive,
            (true, true, false) => Self::Full,
            (true, true, true) => Self::FullTransitive,
        }
    }
}

/// How producers' and consumers' views differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentModel {
    /// Producers write a closed view, consumers read a tolerant one.
    #[default]
    Views,
    /// One view for both.
    Strict,
}

/// How much a rule's finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not reported.
    Off,
    /// Worth knowing.
    Info,
    /// Probably a mistake.
    Warn,
    /// Stops the change.
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsYaml {
    schema_bytes: usize,
    schema_nodes: usize,
}

impl Default for LimitsYaml {
    fn default() -> Self {
        let Limits { bytes, nodes, .. } = Limits::default();
        Self { schema_bytes: bytes, schema_nodes: nodes }
    }
}

impl Level {
    /// The word that stands before a message.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

impl Settings {
    /// A rule that is given a level and does not exist.
    pub(crate) fn unknown_rule(&self) -> Option<&str> {
        self.levels.keys().map(String::as_str).find(|id| rule(id).is_none())
    }

    /// These settings, not milder than the ones a change starts from: what it relaxes holds from the next change on.
    #[must_use]
    pub(crate) fn not_milder_than(mut self, base: &Self) -> Self {
        self.transition_days = self.transition_days.max(base.transition_days);
        if base.content_model == ContentModel::Strict {
            self.content_model = ContentModel::Strict;
        }
        for it in RULES {
            let level = |settings: &Self| settings.levels.get(it.id).copied();
            if level(&self).is_some() || level(base).is_some() {
                let strictest = level(&self).unwrap_or(it.level).max(level(base).unwrap_or(it.level));
                self.levels.insert(it.id.to_owned(), strictest);
            }
        }
        self
    }

    /// The limits in force: the stated ones, never above the built-in ones.
    pub(crate) fn limits(&self) -> Limits {
        let most = Limits::default();
        Limits {
            bytes: self.limits.schema_bytes.min(most.bytes),
            nodes: self.limits.schema_nodes.min(most.nodes),
            depth: most.depth,
        }
    }
}

fn ninety() -> u32 {
    90
}
