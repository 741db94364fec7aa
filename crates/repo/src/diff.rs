//! Differences between trees, as unified patches.

use git2::{Delta, DiffFindOptions, DiffOptions, Patch};
use serde::Serialize;

use crate::{CommitId, Repo, RepoError, TreeId};

/// Most bytes of patch text for one file.
const MAX_FILE_PATCH: usize = 256 << 10;
/// Most bytes of patch text in all.
const MAX_PATCH: usize = 4 << 20;
/// Files larger than this are treated as binary, bytes.
const MAX_TEXT_BYTES: i64 = 4 << 20;

/// The difference between two trees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// Files that differ, in path order.
    pub files: Vec<FileDiff>,
    /// Sums over all files.
    pub stat: DiffStat,
}

/// Sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DiffStat {
    /// Files that differ.
    pub files: usize,
    /// Lines added.
    pub insertions: usize,
    /// Lines removed.
    pub deletions: usize,
}

/// One file that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileDiff {
    /// Its path; the new one when it was renamed.
    pub path: String,
    /// What happened to it.
    pub status: FileStatus,
    /// Lines added.
    pub insertions: usize,
    /// Lines removed.
    pub deletions: usize,
    /// Whether there is no text to show.
    pub binary: bool,
    /// Unified patch with its header, replacement characters where it is not UTF-8; cut at a bound.
    pub patch: String,
    /// Whether the patch was cut.
    pub truncated: bool,
}

/// What happened to a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// It is new.
    Added,
    /// It is gone.
    Deleted,
    /// Its content or kind changed.
    Modified,
    /// It had this path before.
    Renamed(String),
}

impl Diff {
    /// All patches, one after another, as `git apply` takes them unless one was cut.
    pub fn patch(&self) -> String {
        self.files.iter().map(|file| file.patch.as_str()).collect()
    }
}

impl Repo {
    /// What changed from one commit, or nothing, to another.
    ///
    /// # Errors
    /// A commit is not there.
    pub fn diff(&self, from: Option<CommitId>, to: CommitId) -> Result<Diff, RepoError> {
        let from = from.map(|commit| self.tree_of(commit)).transpose()?;
        self.diff_trees(from, self.tree_of(to)?)
    }

    /// What changed from one tree, or nothing, to another.
    ///
    /// # Errors
    /// A tree is not there.
    pub fn diff_trees(&self, from: Option<TreeId>, to: TreeId) -> Result<Diff, RepoError> {
        let failed = || RepoError::git("compare two trees");
        let from = from.map(|tree| self.find_tree(tree)).transpose()?;
        let to = self.find_tree(to)?;
        let mut options = DiffOptions::new();
        options.context_lines(3).indent_heuristic(true).max_size(MAX_TEXT_BYTES).id_abbrev(12);
        let mut diff = self.git.diff_tree_to_tree(from.as_ref(), Some(&to), Some(&mut options)).map_err(failed())?;
        diff.find_similar(Some(DiffFindOptions::new().renames(true))).map_err(failed())?;
        let mut found = Diff::default();
        let mut room = MAX_PATCH;
        for index in 0..diff.deltas().len() {
            let Some(file) = file_diff(&diff, index, room.min(MAX_FILE_PATCH)).map_err(failed())? else { continue };
            room -= file.patch.len().min(room);
            found.stat.files += 1;
            found.stat.insertions += file.insertions;
            found.stat.deletions += file.deletions;
            found.files.push(file);
        }
        Ok(found)
    }
}

fn file_diff(diff: &git2::Diff<'_>, index: usize, room: usize) -> Result<Option<FileDiff>, git2::Error> {
    let path = |file: git2::DiffFile<'_>| String::from_utf8_lossy(file.path_bytes().unwrap_or_default()).into_owned();
    let Some(mut patch) = Patch::from_diff(diff, index)? else {
        return Ok(diff.get_delta(index).map(|delta| FileDiff {
            path: path(delta.new_file()),
            status: FileStatus::Modified,
            insertions: 0,
            deletions: 0,
            binary: true,
            patch: String::new(),
            truncated: false,
        }));
    };
    let (_, insertions, deletions) = patch.line_stats()?;
    let text = String::from_utf8_lossy(&patch.to_buf()?).into_owned();
    let delta = patch.delta();
    let status = match delta.status() {
        Delta::Added | Delta::Copied => FileStatus::Added,
        Delta::Deleted => FileStatus::Deleted,
        Delta::Renamed => FileStatus::Renamed(path(delta.old_file())),
        _ => FileStatus::Modified,
    };
    let (patch_text, truncated) = cut(&text, room);
    Ok(Some(FileDiff {
        path: path(delta.new_file()),
        status,
        insertions,
        deletions,
        binary: delta.flags().is_binary(),
        patch: patch_text,
        truncated,
    }))
}

/// Whole lines of `text` that fit.
fn cut(text: &str, room: usize) -> (String, bool) {
    if text.len() <= room {
        return (text.to_owned(), false);
    }
    let end = text.as_bytes()[..room].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    (text[..end].to_owned(), true)
}

#[cfg(test)]
mod tests {
    use super::{FileStatus, cut};
    use crate::scratch::Scratch;

    #[test]
    fn files_are_told_apart_with_their_patches() {
        let scratch = Scratch::new();
        let long: String = (0..30).map(|n| format!("line {n}\n")).collect();
        let one = scratch.commit(&[("a", "1\n"), ("gone", "x\n"), ("old", &long), ("bin", "\0\u{1}")]);
        let two = scratch.replace(&[("a", "2\n"), ("new", "y\n"), ("moved", &long), ("bin", "\0\u{2}")]);
        let diff = scratch.repo.diff(Some(one), two).expect("compares");
        let found: Vec<_> = diff.files.iter().map(|f| (f.path.as_str(), f.status.clone(), f.binary)).collect();
        assert_eq!(
            found,
            [
                ("a", FileStatus::Modified, false),
                ("bin", FileStatus::Modified, true),
                ("gone", FileStatus::Deleted, false),
                ("moved", FileStatus::Renamed("old".into()), false),
                ("new", FileStatus::Added, false),
            ]
        );
        assert_eq!((diff.stat.files, diff.stat.insertions, diff.stat.deletions), (5, 2, 2));
        assert!(diff.files[0].patch.contains("@@ -1 +1 @@\n-1\n+2\n"), "{}", diff.files[0].patch);
        assert!(scratch.repo.diff(Some(two), two).expect("compares").files.is_empty());
        assert_eq!(scratch.repo.diff(None, one).expect("compares").stat.files, 4);
    }

    #[test]
    fn a_patch_is_cut_at_a_line() {
        assert_eq!(cut("ab\ncd\n", 5), ("ab\n".to_owned(), true));
        assert_eq!(cut("ab\n", 3), ("ab\n".to_owned(), false));
        assert_eq!(cut("äöü", 1), (String::new(), true));
    }
}
