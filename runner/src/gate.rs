//! The write gate: whether a proposal may be written, and why not.
//!
//! Pure and deterministic: the same proposal, base and policy give the same verdict, on any machine. Every rule is asked,
//! so that one verdict names all that is wrong; the strictest answer decides. Nothing an agent says can relax a rule:
//! grants come from the blueprint and policy from the factory, both at the protected base.

mod base;
mod content;
mod form;
mod glob;
mod hidden;
mod licence;
mod paths;
mod policy;
mod proposal;
mod protected;
mod replay;
mod rules;
mod secrets;
mod size;
mod text;
mod verdict;

use std::collections::BTreeMap;

use forgeline_engine::{plan::WriteGrant, spec::WritePolicy};
use forgeline_model::{StageId, task::Produces};
use serde_json::Value;

pub use base::{BaseEntry, BaseTree};
pub(crate) use proposal::{Proposed, judge_proposal};
pub use replay::{Replay, ReplayError};
pub use rules::{RULES, Rule};
pub(crate) use secrets::{credential, masked};
pub use size::GateLimits;
pub use verdict::{Decision, RuleOutcome, Verdict};

/// All that the gate looks at.
#[derive(Debug, Clone, Copy)]
pub struct GateInput<'a> {
    /// Files that the run wants to write.
    pub files: &'a [GateFile<'a>],
    /// Paths of the files that Forgeline itself adds. Their content is not an agent's; their place is judged like any.
    pub own_paths: &'a [&'a str],
    /// Texts that go out beside the files, without the trailers and markers that Forgeline itself appends.
    pub texts: &'a [GateText<'a>],
    /// The tree that the files go on top of.
    pub base: &'a BaseTree,
    /// What each stage declares, paths rendered.
    pub produces: &'a BTreeMap<StageId, Vec<Produces>>,
    /// Name of the blueprint, for policy that speaks of it.
    pub blueprint: &'a str,
    /// Protected paths that the blueprint asks for.
    pub grants: &'a [WriteGrant],
    /// What the factory says about writing.
    pub policy: &'a WritePolicy,
    /// What the factory's own rules may name beside `file` and `change`: `project`, `blueprint`, `run`.
    pub context: &'a Value,
    /// Bounds.
    pub limits: GateLimits,
}

/// A file of the proposal.
#[derive(Debug, Clone, Copy)]
pub struct GateFile<'a> {
    /// Path, unchecked.
    pub path: &'a str,
    /// Bytes, unchecked.
    pub content: &'a [u8],
    /// Artifact type that the agent gave it.
    pub artifact_type: &'a str,
    /// Stage that proposes it.
    pub stage: &'a StageId,
    /// Whether the base holds these very bytes at this path, so that writing them changes nothing.
    pub unchanged: bool,
}

/// A text that leaves with the files.
#[derive(Debug, Clone, Copy)]
pub struct GateText<'a> {
    /// What it is, for people: `commit message`, `pull request title`.
    pub place: &'a str,
    /// The text.
    pub text: &'a str,
}

/// Asks every rule.
pub fn judge(input: &GateInput<'_>) -> Verdict {
    let answers = RULES.iter().flat_map(|rule| rule.ask(input)).collect();
    Verdict::of(input.base.id(), answers)
}

#[cfg(test)]
mod tests;
