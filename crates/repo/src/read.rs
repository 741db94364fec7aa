//! Reading file contents, within bounds.

use forgeline_model::FileSet;

use crate::{
    BlobId, CommitId, Repo, RepoError,
    walk::{FileMode, Skipped},
};

/// Largest file that is read, bytes.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// Most that one set of files may hold, bytes.
const MAX_SET_BYTES: u64 = 64 << 20;

impl Repo {
    /// A blob's bytes.
    ///
    /// # Errors
    /// It is not there, or larger than 4 MiB.
    pub fn read_blob(&self, blob: BlobId) -> Result<Vec<u8>, RepoError> {
        let odb = self.git.odb().map_err(RepoError::git("open the object store"))?;
        let (size, _) = odb.read_header(blob.oid()).map_err(RepoError::lookup("blob", blob))?;
        if size as u64 > MAX_FILE_BYTES {
            return Err(RepoError::TooLarge { what: format!("blob {blob}"), limit: MAX_FILE_BYTES });
        }
        let blob = self.git.find_blob(blob.oid()).map_err(RepoError::lookup("blob", blob))?;
        Ok(blob.content().to_vec())
    }

    /// The regular files of a commit that are one of `prefixes` or lie below one; no prefix means all. Symbolic links,
    /// submodules and paths that are not UTF-8 are left out.
    ///
    /// # Errors
    /// A file is larger than 4 MiB, all together are larger than 64 MiB, or an object is not there.
    pub fn read_files(&self, commit: CommitId, prefixes: &[&str]) -> Result<FileSet, RepoError> {
        Ok(self.read_files_and_skipped(commit, prefixes)?.0)
    }

    /// The same, and what was left out below the prefixes: submodules, and names that are not UTF-8.
    ///
    /// # Errors
    /// As [`Self::read_files`].
    pub fn read_files_and_skipped(
        &self,
        commit: CommitId,
        prefixes: &[&str],
    ) -> Result<(FileSet, Vec<Skipped>), RepoError> {
        let name = self.root().file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut files = FileSet::new(format!("{name}@{}", commit.short()));
        let mut listing = self.walk_where(commit, &|folder| leads_to(folder, prefixes))?;
        listing.skipped.retain(|skipped| is_selected(&skipped.path, prefixes));
        let mut total = 0;
        for entry in listing.entries {
            if entry.mode == FileMode::Symlink || !is_selected(&entry.path, prefixes) {
                continue;
            }
            total += entry.size;
            if entry.size > MAX_FILE_BYTES {
                return Err(RepoError::TooLarge { what: entry.path, limit: MAX_FILE_BYTES });
            }
            if total > MAX_SET_BYTES {
                return Err(RepoError::TooLarge { what: format!("all of {}", files.origin), limit: MAX_SET_BYTES });
            }
            files.insert(entry.path, self.read_blob(entry.blob)?);
        }
        Ok((files, listing.skipped))
    }

    /// One regular file of a commit, if it is there.
    ///
    /// # Errors
    /// It is larger than 4 MiB, or an object is not there.
    pub fn read_file(&self, commit: CommitId, path: &str) -> Result<Option<Vec<u8>>, RepoError> {
        self.blob_at(commit, path)?.map(|blob| self.read_blob(blob)).transpose()
    }

    /// The id of whatever a commit has at this path, if anything: the same id is the same content.
    ///
    /// # Errors
    /// An object is not there.
    pub fn id_at(&self, commit: CommitId, path: &str) -> Result<Option<String>, RepoError> {
        let tree = self.find_tree(self.tree_of(commit)?)?;
        match tree.get_path(std::path::Path::new(path)) {
            Ok(entry) => Ok(Some(entry.id().to_string())),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(RepoError::git(format!("read `{path}`"))(error)),
        }
    }

    /// The content of one regular file of a commit, by id, if it is there.
    ///
    /// # Errors
    /// An object is not there.
    pub fn blob_at(&self, commit: CommitId, path: &str) -> Result<Option<BlobId>, RepoError> {
        let tree = self.find_tree(self.tree_of(commit)?)?;
        let entry = match tree.get_path(std::path::Path::new(path)) {
            Ok(entry) => entry,
            Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(RepoError::git(format!("read `{path}`"))(error)),
        };
        Ok(matches!(entry.filemode(), 0o100_644 | 0o100_755).then(|| BlobId::new(entry.id())))
    }
}

fn is_selected(path: &str, prefixes: &[&str]) -> bool {
    prefixes.is_empty()
        || prefixes.iter().map(|prefix| prefix.trim_end_matches('/')).any(|prefix| {
            path.strip_prefix(prefix).is_some_and(|rest| prefix.is_empty() || rest.is_empty() || rest.starts_with('/'))
        })
}

/// Whether a selected file may lie below this folder.
fn leads_to(folder: &str, prefixes: &[&str]) -> bool {
    is_selected(folder, prefixes) || prefixes.iter().any(|prefix| prefix.starts_with(&format!("{folder}/")))
}

#[cfg(test)]
mod tests {
    use crate::{RepoError, scratch::Scratch};

    #[test]
    fn prefixes_select_files_and_folders() {
        let scratch = Scratch::new();
        let tip = scratch.commit(&[("forgeline.yaml", "1"), ("agents/a/agent.yaml", "2"), ("agents.md", "3")]);
        let read = |prefixes: &[&str]| {
            let files = scratch.repo.read_files(tip, prefixes).expect("reads");
            files.iter().map(|(path, _)| path.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(read(&["agents", "forgeline.yaml"]), ["agents/a/agent.yaml", "forgeline.yaml"]);
        assert_eq!(read(&["agents/a"]), ["agents/a/agent.yaml"]);
        assert_eq!(read(&["agents/"]), ["agents/a/agent.yaml"]);
        assert_eq!(read(&[]).len(), 3);
        let file = |path| scratch.repo.read_file(tip, path).expect("reads");
        assert_eq!(file("agents.md"), Some(b"3".to_vec()));
        assert_eq!((file("agents"), file("none/x")), (None, None));
    }

    #[test]
    fn a_file_beyond_the_bound_is_named() {
        let scratch = Scratch::new();
        let big = "x".repeat((4 << 20) + 1);
        let tip = scratch.commit(&[("docs/big.bin", &big), ("small", "1")]);
        match scratch.repo.read_files(tip, &[]) {
            Err(RepoError::TooLarge { what, .. }) => assert_eq!(what, "docs/big.bin"),
            other => panic!("{other:?}"),
        }
        assert!(scratch.repo.read_files(tip, &["small"]).is_ok());
    }
}
