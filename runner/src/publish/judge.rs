//! The write gate's view of an order: what the run proposes, and what merging made of it.

use std::collections::BTreeMap;

use forgeline_repo::{CommitId, Repo};

use super::{commit::Order, look::git};
use crate::{
    RunnerError,
    gate::{Proposed, Verdict, judge_proposal},
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
    let Order { spec, collected, .. } = order;
    let proposed = Proposed { spec, files: &collected.files, summary: &collected.summary, merged };
    judge_proposal(repo, &proposed, repo.tree_of(base).map_err(git)?).map_err(git)
}
