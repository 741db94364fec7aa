//! What a path was before.

use forgeline_repo::{CommitId, CommitInfo, Repo, RepoError};

/// Most commits that are looked at.
const MAX_COMMITS: usize = 20_000;

/// The commit that removed what lay at `path`: the newest that has it in a parent and not itself, on no side of a merge.
/// None when history does not tell, as in a shallow clone.
pub(super) fn removal(repo: &Repo, tip: CommitId, path: &str) -> Result<Option<CommitInfo>, RepoError> {
    let mut dropped_by_merge = None;
    for commit in repo.log(tip, None, MAX_COMMITS)? {
        if commit.parents.is_empty() || repo.blob_at(commit.id, path)?.is_some() {
            continue;
        }
        let before = commit.parents.iter().map(|parent| repo.blob_at(*parent, path)).collect::<Result<Vec<_>, _>>()?;
        if before.iter().all(Option::is_some) {
            return Ok(Some(commit));
        }
        if before.iter().any(Option::is_some) && dropped_by_merge.is_none() {
            dropped_by_merge = Some(commit);
        }
    }
    Ok(dropped_by_merge)
}

/// The newest commit in which other bytes lay at `path` that `matches` picks.
pub(super) fn earlier(
    repo: &Repo,
    tip: CommitId,
    path: &str,
    bytes: &[u8],
    matches: impl Fn(&[u8]) -> bool,
) -> Result<Option<CommitId>, RepoError> {
    let mut seen = None;
    for commit in repo.log(tip, None, MAX_COMMITS)? {
        let blob = repo.blob_at(commit.id, path)?;
        if blob == seen {
            continue;
        }
        seen = blob;
        let Some(blob) = blob else { continue };
        let content = repo.read_blob(blob)?;
        if content != bytes && matches(&content) {
            return Ok(Some(commit.id));
        }
    }
    Ok(None)
}
