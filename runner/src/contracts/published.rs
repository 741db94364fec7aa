//! When each version came to the branch: the date of the first-parent commit that brought its file.

use forgeline_model::{FileSet, Timestamp};
use forgeline_registry::{Status, rules::Published, status};
use forgeline_repo::{CommitId, CommitInfo, Repo, RepoError};
use jiff::{civil::Date, tz::TimeZone};

/// Most commits that are looked at.
const MAX_COMMITS: usize = 50_000;

/// The dates of all versions in `files` that `tip` has; `below` is the registry's folder in the repository. A version's
/// file never goes, so its first commit is found by halving.
///
/// # Errors
/// The history cannot be read.
pub fn published(repo: &Repo, tip: CommitId, below: &str, files: &FileSet) -> Result<Published, RepoError> {
    let is_version = |path: &str| path.contains("/versions/") && path.ends_with(".json");
    let wanted: Vec<&str> = files.iter().map(|(path, _)| path).filter(|path| is_version(path)).collect();
    let inside = |path: &str| if below.is_empty() { path.to_owned() } else { format!("{below}/{path}") };
    let mut dates = Published::new();
    let line = first_parents(repo, tip)?;
    for path in wanted {
        let full = inside(path);
        let (mut has, mut has_not) = (None, line.len());
        while has.map_or(0, |at| at + 1) < has_not {
            let middle = has.map_or(0, |at| at + usize::midpoint(0, has_not - at));
            if repo.blob_at(line[middle].id, &full)?.is_some() { has = Some(middle) } else { has_not = middle }
        }
        if let Some(date) = has.and_then(|at| date(line[at].at)) {
            dates.insert(path.to_owned(), date);
        }
    }
    for path in files.iter().map(|(path, _)| path).filter(|path| path.ends_with("/event.yaml")) {
        if let Some(date) = deprecated_since(repo, &line, &inside(path))? {
            dates.insert(path.to_owned(), date);
        }
    }
    Ok(dates)
}

/// The day of the first commit since which an event.yaml says that its event is deprecated.
fn deprecated_since(repo: &Repo, line: &[CommitInfo], path: &str) -> Result<Option<Date>, RepoError> {
    let (mut since, mut known) = (None, None);
    for commit in line {
        let Some(blob) = repo.blob_at(commit.id, path)? else { break };
        if known != Some(blob) {
            if status(&repo.read_blob(blob)?) != Some(Status::Deprecated) {
                break;
            }
            known = Some(blob);
        }
        since = date(commit.at);
    }
    Ok(since)
}

/// The day in UTC; none of a time that no calendar has.
pub fn date(at: Timestamp) -> Option<Date> {
    let at = jiff::Timestamp::from_millisecond(at.millis()).ok()?;
    Some(TimeZone::UTC.to_datetime(at).date())
}

/// The branch's own commits, newest first.
fn first_parents(repo: &Repo, tip: CommitId) -> Result<Vec<CommitInfo>, RepoError> {
    let mut line = vec![repo.commit_info(tip)?];
    while line.len() < MAX_COMMITS
        && let Some(parent) = line.last().and_then(|last| last.parents.first()).copied()
    {
        // A history that was cut off ends here.
        let Ok(info) = repo.commit_info(parent) else { break };
        line.push(info);
    }
    Ok(line)
}
