//! Three-way merges without a work tree.

use git2::{MergeFileInput, MergeOptions};

use crate::{CommitId, Repo, RepoError, TreeId};

/// Why two histories cannot be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// Both sides changed these files in ways that do not fit.
    #[error("conflicts in {}; resolve them on the head branch", paths(.0))]
    Conflicts(Vec<String>),
    /// There is no common commit.
    #[error("the two branches have no common commit; start the head branch from the base branch")]
    Unrelated,
    /// The repository failed.
    #[error(transparent)]
    Repo(#[from] RepoError),
}

impl Repo {
    /// The tree that has the changes of both sides since their common ancestor. Binary files merge only when one side
    /// left them alone.
    ///
    /// # Errors
    /// The sides conflict or share no history, or a commit is not there.
    pub fn merge(&self, ours: CommitId, theirs: CommitId) -> Result<TreeId, MergeError> {
        let failed = || RepoError::git(format!("merge {theirs} into {ours}"));
        let find = |id: CommitId| self.git.find_commit(id.oid()).map_err(RepoError::lookup("commit", id));
        let (our_commit, their_commit) = (find(ours)?, find(theirs)?);
        let Some(base) = self.merge_base(ours, theirs)? else { return Err(MergeError::Unrelated) };
        let options = MergeOptions::new();
        let merged = if self.cut().is_some() {
            let [base, our, their] = [base, ours, theirs].map(|id| self.tree_of(id).and_then(|id| self.find_tree(id)));
            let (base, our, their) = (base?, our?, their?);
            self.git.merge_trees(&base, &our, &their, Some(&options))
        } else {
            self.git.merge_commits(&our_commit, &their_commit, Some(&options))
        };
        let mut index = merged.map_err(failed())?;
        if index.has_conflicts() {
            let mut conflicts = Vec::new();
            for conflict in index.conflicts().map_err(failed())? {
                let conflict = conflict.map_err(failed())?;
                let side = conflict.our.or(conflict.their).or(conflict.ancestor);
                conflicts.extend(side.map(|entry| String::from_utf8_lossy(&entry.path).into_owned()));
            }
            conflicts.sort();
            conflicts.dedup();
            return Err(MergeError::Conflicts(conflicts));
        }
        Ok(index.write_tree_to(&self.git).map(TreeId::new).map_err(failed())?)
    }
}

/// The text with the changes of both sides since `ancestor`; none when both changed the same lines, or when one of the
/// three is no text (not UTF-8, or with a NUL). Equal texts give equal results, on any machine.
///
/// # Errors
/// There is no memory left.
pub fn merge_text(ancestor: &[u8], ours: &[u8], theirs: &[u8]) -> Result<Option<Vec<u8>>, RepoError> {
    let is_text = |bytes: &[u8]| !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok();
    if ![ancestor, ours, theirs].into_iter().all(is_text) {
        return Ok(None);
    }
    // Merging makes no object of libgit2, and only making one sets the library up.
    drop(git2::Buf::new());
    let [mut base, mut one, mut other] = [(); 3].map(|()| MergeFileInput::new());
    let merged = git2::merge_file(base.content(ancestor), one.content(ours), other.content(theirs), None)
        .map_err(RepoError::git("merge two texts"))?;
    Ok(merged.is_automergeable().then(|| merged.content().to_vec()))
}

fn paths(paths: &[String]) -> String {
    let mut text = paths.iter().take(5).map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
    if paths.len() > 5 {
        text.push_str(&format!(" and {} more", paths.len() - 5));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{MergeError, merge_text};
    use crate::scratch::Scratch;

    #[track_caller]
    fn check(ancestor: &[u8], ours: &[u8], theirs: &[u8], expected: Option<&[u8]>) {
        let merged = merge_text(ancestor, ours, theirs).expect("merges");
        assert_eq!(merged.as_deref(), expected);
        let mirrored = merge_text(ancestor, theirs, ours).expect("merges");
        assert_eq!(mirrored.as_deref(), expected, "neither side is preferred");
    }

    #[test]
    fn texts_merge_by_lines() {
        check(b"1\n2\n3\n4\n", b"one\n2\n3\n4\n", b"1\n2\n3\nfour\n", Some(b"one\n2\n3\nfour\n"));
        check(b"1\n2\n3\n", b"1\n2\n3\n", b"1\n3\n", Some(b"1\n3\n"));
        check(b"1\n2\n3\n", b"one\n2\n3\n", b"eins\n2\n3\n", None);
        check(b"1\n", b"same\n", b"same\n", Some(b"same\n"));
        check(b"", b"a\n", b"b\n", None);
        check(
            "ä\n1\n2\nö\n".as_bytes(),
            "Ä\n1\n2\nö\n".as_bytes(),
            "ä\n1\n2\nÖ\n".as_bytes(),
            Some("Ä\n1\n2\nÖ\n".as_bytes()),
        );
    }

    #[test]
    fn what_is_no_text_is_never_merged() {
        check(b"1\n2\n3\n4\n", b"one\n2\n3\n4\n", b"1\n2\n3\nf\xfcnf\n", None);
        check(b"1\n2\n3\n4\n", b"one\n2\n3\n4\n", b"1\n2\n3\n\0\n", None);
        check(b"1\n2\n3\n\xff\n", b"one\n2\n3\n\xff\n", b"1\n2\n3\n4\n", None);
    }

    #[test]
    fn independent_changes_merge_and_overlapping_ones_are_named() {
        let scratch = Scratch::new();
        let base = scratch.commit(&[("a", "1\n"), ("b", "1\n"), ("bin", "\0\u{1}")]);
        let ours = scratch.commit_on(base, &[("a", "2\n"), ("bin", "\0\u{2}")]);
        let theirs = scratch.commit_on(base, &[("b", "2\n"), ("sub/c", "3\n")]);
        let tree = scratch.repo.merge(ours, theirs).expect("merges");
        let merged = scratch.commit_tree(tree);
        let read = |path| scratch.repo.read_file(merged, path).expect("reads").expect("there");
        assert_eq!((read("a"), read("b"), read("bin")), (b"2\n".to_vec(), b"2\n".to_vec(), b"\0\x02".to_vec()));

        let clash = scratch.commit_on(base, &[("a", "3\n"), ("bin", "\0\u{3}")]);
        match scratch.repo.merge(ours, clash) {
            Err(MergeError::Conflicts(paths)) => assert_eq!(paths, ["a", "bin"]),
            other => panic!("{other:?}"),
        }
        let alone = scratch.orphan("alone");
        assert!(matches!(scratch.repo.merge(ours, alone), Err(MergeError::Unrelated)));
    }
}
