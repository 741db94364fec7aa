//! Questions about commits that change nothing.

use super::command::{GitError, git, run};
use super::depot::Depot;
use crate::model::Id;

/// What a commit says of itself.
#[derive(Debug, Clone)]
pub(crate) struct CommitInfo {
    pub(crate) sha: String,
    pub(crate) tree: String,
    pub(crate) parents: Vec<String>,
    pub(crate) author: (String, String, String),
    pub(crate) committer: (String, String, String),
    pub(crate) message: String,
}

/// One file that differs between two commits.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) path: String,
    pub(crate) before: Option<String>,
    /// `added`, `removed`, `modified` or `renamed`.
    pub(crate) status: &'static str,
    pub(crate) added: u64,
    pub(crate) removed: u64,
    pub(crate) blob: String,
    pub(crate) patch: String,
}

/// What stands at a path of a commit.
pub(crate) enum Entry {
    File { blob: String, bytes: Vec<u8> },
    Folder(Vec<(String, String, String, u64)>),
}

/// Fields end with a unit separator, commits with a record separator.
const FORMAT: &str = "--format=%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%cn%x1f%ce%x1f%cI%x1f%B%x1e";

impl Depot {
    /// The commit that a branch, tag or (short) id names.
    pub(crate) fn resolve(&self, repository: Id, name: &str) -> Result<Option<String>, GitError> {
        let path = self.path(repository);
        let branch = format!("refs/heads/{name}");
        for candidate in [branch.as_str(), name] {
            let wanted = format!("{candidate}^{{commit}}");
            let found =
                run(&path, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted], &[], b"", &[0, 1, 128])?;
            if found.code == 0 {
                return Ok(Some(found.text()));
            }
        }
        Ok(None)
    }

    /// False also for commits that this repository does not have.
    pub(crate) fn is_ancestor(&self, repository: Id, old: &str, new: &str) -> Result<bool, GitError> {
        let path = self.path(repository);
        Ok(run(&path, &["merge-base", "--is-ancestor", old, new], &[], b"", &[0, 1, 128])?.code == 0)
    }

    /// At most `limit` commits of `range` (a commit or `a..b`), newest first, of `path` only if there is one.
    pub(crate) fn log(
        &self,
        repository: Id,
        range: &str,
        path: Option<&str>,
        limit: usize,
    ) -> Result<Vec<CommitInfo>, GitError> {
        let count = format!("-n{limit}");
        let mut arguments = vec!["log", FORMAT, &count, range, "--"];
        arguments.extend(path);
        let text = git(&self.path(repository), &arguments)?;
        Ok(text.split('\u{1e}').filter_map(parse_commit).collect())
    }

    /// The commit where two histories part; none if they never met.
    pub(crate) fn merge_base(&self, repository: Id, one: &str, other: &str) -> Result<Option<String>, GitError> {
        let found = run(&self.path(repository), &["merge-base", one, other], &[], b"", &[0, 1])?;
        Ok((found.code == 0).then(|| found.text()))
    }

    /// How many commits `range` has.
    pub(crate) fn count(&self, repository: Id, range: &str) -> Result<u64, GitError> {
        Ok(git(&self.path(repository), &["rev-list", "--count", range])?.parse().unwrap_or(0))
    }

    /// Whether `head` can be merged into `base` without a conflict.
    pub(crate) fn mergeable(&self, repository: Id, base: &str, head: &str) -> Result<bool, GitError> {
        let merged = run(&self.path(repository), &["merge-tree", "--write-tree", base, head], &[], b"", &[0, 1])?;
        Ok(merged.code == 0)
    }

    /// The files in which two commits differ.
    pub(crate) fn changes(&self, repository: Id, old: &str, new: &str) -> Result<Vec<Change>, GitError> {
        let folder = self.path(repository);
        let raw = git(&folder, &["diff-tree", "-r", "-M", "-z", "--raw", "--numstat", "--abbrev=40", old, new])?;
        let mut parts = raw.split('\0').filter(|part| !part.is_empty()).peekable();
        let mut changes = Vec::new();
        while let Some(head) = parts.next_if(|part| part.starts_with(':')) {
            let words: Vec<&str> = head.split(' ').collect();
            let letter = words.get(4).copied().unwrap_or_default();
            let first = parts.next().unwrap_or_default().to_owned();
            let renamed = letter.starts_with('R');
            let second = if renamed { parts.next().map(str::to_owned) } else { None };
            let (path, before) = second.map_or((first.clone(), None), |new| (new, Some(first)));
            let status = match letter.chars().next() {
                Some('A') => "added",
                Some('D') => "removed",
                Some('R') => "renamed",
                _ => "modified",
            };
            let blob = words.get(if status == "removed" { 2 } else { 3 }).copied().unwrap_or_default().to_owned();
            changes.push(Change { path, before, status, added: 0, removed: 0, blob, patch: String::new() });
        }
        for change in &mut changes {
            let mut counts = parts.next().unwrap_or_default().split('\t');
            change.added = counts.next().and_then(|count| count.parse().ok()).unwrap_or(0);
            change.removed = counts.next().and_then(|count| count.parse().ok()).unwrap_or(0);
            if change.before.is_some() {
                parts.by_ref().take(2).for_each(drop);
            }
            let diff = git(&folder, &["diff-tree", "-p", "-M", old, new, "--", &change.path])?;
            change.patch = diff.find("@@").map(|at| diff[at..].to_owned()).unwrap_or_default();
        }
        Ok(changes)
    }

    /// What stands at `path` of a commit.
    pub(crate) fn entry(&self, repository: Id, commit: &str, path: &str) -> Result<Option<Entry>, GitError> {
        let folder = self.path(repository);
        let path = path.trim_matches('/');
        let object = format!("{commit}:{path}");
        let found =
            run(&folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &object], &[], b"", &[0, 1, 128])?;
        if found.code != 0 {
            return Ok(None);
        }
        let id = found.text();
        if git(&folder, &["cat-file", "-t", &id])? == "blob" {
            let bytes = run(&folder, &["cat-file", "blob", &id], &[], b"", &[0])?.stdout;
            return Ok(Some(Entry::File { blob: id, bytes }));
        }
        let listing = git(&folder, &["ls-tree", "-z", "--long", &id])?;
        let entries = listing.split('\0').filter_map(|line| {
            let (facts, name) = line.split_once('\t')?;
            let mut facts = facts.split_whitespace().skip(1);
            let (kind, object, size) = (facts.next()?, facts.next()?, facts.next()?);
            Some((name.to_owned(), kind.to_owned(), object.to_owned(), size.parse().unwrap_or(0)))
        });
        Ok(Some(Entry::Folder(entries.collect())))
    }
}

fn parse_commit(record: &str) -> Option<CommitInfo> {
    let mut fields = record.trim_start_matches('\n').split('\u{1f}').map(str::to_owned);
    let mut next = || fields.next();
    let (sha, tree, parents) = (next()?, next()?, next()?);
    let author = (next()?, next()?, next()?);
    let committer = (next()?, next()?, next()?);
    let message = next()?.trim_end().to_owned();
    let parents = parents.split_whitespace().map(str::to_owned).collect();
    Some(CommitInfo { sha, tree, parents, author, committer, message })
}
