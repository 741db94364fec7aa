//! The write gate's view of a proposal: the tree that it would merge into, and the files as they would be written.

use std::collections::BTreeMap;

use forgeline_repo::{CommitId, FileMode, Repo};

use super::{commit::Order, look::git};
use crate::{
    RunnerError,
    gate::{self, BaseEntry, BaseTree, GateFile, GateInput, GateLimits, GateText, Verdict},
};

/// Judges what the run proposes, against the branch that it would merge into: what an earlier run of ours put on its own
/// branch grants nothing.
pub(crate) fn judge(repo: &Repo, order: &Order, base: CommitId) -> Result<Verdict, RunnerError> {
    judge_with(repo, order, base, &BTreeMap::new())
}

/// Judges what merging made of it: the stricter one of both verdicts.
pub(crate) fn judge_merged(
    repo: &Repo,
    order: &Order,
    base: CommitId,
    proposed: Verdict,
    merged: &BTreeMap<String, Vec<u8>>,
) -> Result<Verdict, RunnerError> {
    if merged.is_empty() {
        return Ok(proposed);
    }
    let written = judge_with(repo, order, base, merged)?;
    Ok(if written.decision > proposed.decision { written } else { proposed })
}

/// Judges the files of an order, some of them with another content than the run proposes.
fn judge_with(
    repo: &Repo,
    order: &Order,
    base: CommitId,
    merged: &BTreeMap<String, Vec<u8>>,
) -> Result<Verdict, RunnerError> {
    let listing = repo.walk(base).map_err(git)?;
    let mut blobs = BTreeMap::new();
    let mut entries = Vec::with_capacity(listing.entries.len());
    for entry in &listing.entries {
        let kind = if entry.mode == FileMode::Symlink { BaseEntry::Symlink } else { BaseEntry::File };
        entries.push((entry.path.clone(), kind));
        blobs.insert(entry.path.as_str(), entry);
    }
    let skipped = listing.skipped.iter().map(|skipped| (skipped.path.clone(), BaseEntry::Submodule));
    let tree: BaseTree = entries.into_iter().chain(skipped).collect();
    let mut files = Vec::with_capacity(order.files.len());
    for file in &order.files {
        let content = merged.get(&file.path).map_or(file.content.as_bytes(), Vec::as_slice);
        let unchanged = match blobs.get(file.path.as_str()) {
            Some(entry) if entry.size == content.len() as u64 => repo.read_blob(entry.blob).map_err(git)? == content,
            _ => false,
        };
        files.push(GateFile {
            path: &file.path,
            content,
            artifact_type: &file.artifact_type,
            stage: &file.stage,
            unchanged,
        });
    }
    let plan = &order.spec.plan;
    let produces = plan.stages.iter().map(|stage| (stage.id.clone(), stage.produces.clone())).collect();
    let texts = [
        GateText { place: "commit message", text: &order.message },
        GateText { place: "pull request title", text: &order.title },
    ];
    Ok(gate::judge(&GateInput {
        files: &files,
        texts: &texts,
        base: &tree,
        produces: &produces,
        blueprint: &plan.blueprint.name,
        grants: &plan.writes,
        policy: &order.spec.policy.protected,
        limits: GateLimits::default(),
    }))
}
