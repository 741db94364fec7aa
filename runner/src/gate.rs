//! The write gate: whether a proposal may be written, and why not.
//!
//! Pure and deterministic: the same proposal, base and policy give the same verdict, on any machine. Every rule is asked,
//! so that one verdict names all that is wrong; the strictest answer decides. Nothing an agent says can relax a rule:
//! grants come from the blueprint and policy from the factory, both at the protected base.

mod base;
mod content;
mod glob;
mod paths;
mod protected;
mod secrets;
mod size;
mod text;
mod verdict;

use std::collections::BTreeMap;

use forgeline_engine::plan::WriteGrant;
use forgeline_model::{StageId, task::Produces};

pub use base::{BaseEntry, BaseTree};
pub use protected::{Protection, ProtectionRule};
pub(crate) use secrets::credential;
pub use size::GateLimits;
pub use verdict::{Decision, RuleOutcome, Verdict};

/// All that the gate looks at.
#[derive(Debug, Clone, Copy)]
pub struct GateInput<'a> {
    /// Files that the run wants to write.
    pub files: &'a [GateFile<'a>],
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
    /// What the factory says about protected paths.
    pub policy: &'a [ProtectionRule],
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
    Verdict::of(vec![
        paths::safe_path(input),
        paths::declared_path(input),
        paths::path_conflict(input),
        paths::case_collision(input),
        protected::protected_path(input),
        size::count(input),
        size::size(input),
        content::text(input),
        secrets::secrets(input),
        text::skip_ci(input),
        text::trailers(input),
    ])
}

#[cfg(test)]
mod tests;
