//! Opening and creating repositories.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use git2::{Config, ConfigLevel, Repository, RepositoryInitOptions};

use crate::{BranchName, RepoError};

/// Settings of libgit2 that Git itself should not see: lies beside `config` in a durable repository.
const DURABLE_CONFIG: &str = "forgeline-durable.config";

/// An open repository. Not shared between threads: open one per job.
pub struct Repo {
    pub(crate) git: Repository,
    root: PathBuf,
}

/// Whether writes reach the disk before a verb returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As Git does by default: a power cut may lose the last objects, which can be made again.
    Relaxed,
    /// Objects and references are fsynced. For repositories that are themselves the authority.
    Full,
}

impl Repo {
    /// Creates a bare repository whose `HEAD` names `default_branch`; an existing one is opened as it is.
    ///
    /// # Errors
    /// The directory cannot be written, or holds something else.
    pub fn init_bare(path: &Path, default_branch: &BranchName, durability: Durability) -> Result<Self, RepoError> {
        let mut options = RepositoryInitOptions::new();
        options.bare(true).mkpath(true).no_reinit(true).external_template(false).initial_head(default_branch.as_str());
        match Repository::init_opts(path, &options) {
            Ok(_) => {}
            Err(error) if error.code() == git2::ErrorCode::Exists => return Self::open(path),
            Err(error) => return Err(RepoError::git(format!("create the repository `{}`", path.display()))(error)),
        }
        if durability == Durability::Full {
            let file = path.join(DURABLE_CONFIG);
            fs::write(&file, "[core]\n\tfsyncObjectFiles = true\n").map_err(|source| RepoError::Io {
                action: "write",
                path: file,
                source,
            })?;
        }
        Self::open(path)
    }

    /// Opens a bare repository, or the repository of a work tree whose root is `path`. Parent directories are not
    /// searched. Who owns the files does not matter: nothing that the repository configures is run.
    ///
    /// # Errors
    /// There is no repository, or it uses a format that this build cannot read.
    pub fn open(path: &Path) -> Result<Self, RepoError> {
        let git_dir = find_git_dir(path)?;
        let git = Repository::open_bare(&git_dir).map_err(|error| match error.code() {
            git2::ErrorCode::NotFound => RepoError::NotARepository(path.to_owned()),
            _ => RepoError::git(format!("open `{}`", path.display()))(error),
        })?;
        isolate_configuration(&git)?;
        refuse_unknown_formats(&git, path)?;
        Ok(Self { git, root: path.to_owned() })
    }

    /// The path it was opened by.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory that holds objects and references.
    pub fn git_dir(&self) -> &Path {
        self.git.commondir()
    }

    /// Whether history is cut off, so that merge bases may be missing.
    pub fn is_shallow(&self) -> bool {
        self.git.is_shallow()
    }
}

impl std::fmt::Debug for Repo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repo").field("root", &self.root).finish_non_exhaustive()
    }
}

/// `path` itself when bare, `path/.git`, or where a `.git` file (linked work tree, submodule) points.
fn find_git_dir(path: &Path) -> Result<PathBuf, RepoError> {
    let dot_git = path.join(".git");
    match fs::metadata(&dot_git) {
        Ok(meta) if meta.is_dir() => Ok(dot_git),
        Ok(_) => {
            let text = fs::read_to_string(&dot_git).map_err(|source| RepoError::Io {
                action: "read",
                path: dot_git.clone(),
                source,
            })?;
            let target = text.trim_end().strip_prefix("gitdir: ");
            target.map(|target| path.join(target)).ok_or_else(|| RepoError::NotARepository(path.to_owned()))
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(path.to_owned())
        }
        Err(source) => Err(RepoError::Io { action: "read", path: dot_git, source }),
    }
}

/// Only the repository's own file and our durability file count, not the user's or the system's.
fn isolate_configuration(git: &Repository) -> Result<(), RepoError> {
    let failed = || RepoError::git("read the repository's configuration");
    let mut config = Config::new().map_err(failed())?;
    for (name, level) in [("config", ConfigLevel::Local), (DURABLE_CONFIG, ConfigLevel::App)] {
        let file = git.commondir().join(name);
        if file.exists() {
            config.add_file(&file, level, false).map_err(failed())?;
        }
    }
    git.set_config(&config).map_err(failed())
}

fn refuse_unknown_formats(git: &Repository, path: &Path) -> Result<(), RepoError> {
    let config = git.config().map_err(RepoError::git("read the repository's configuration"))?;
    let differs = |key: &str, usual: &str| config.get_string(key).is_ok_and(|value| value != usual);
    let refuse = |what| Err(RepoError::Unsupported { path: path.to_owned(), what });
    if differs("extensions.objectformat", "sha1") {
        return refuse("SHA-256 object ids");
    }
    if differs("extensions.refstorage", "files") {
        return refuse("the reftable format");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Durability, Repo};
    use crate::{RepoError, scratch::Scratch};

    #[test]
    fn a_directory_without_a_repository_is_named() {
        let dir = tempfile::tempdir().expect("temporary directory");
        for path in [dir.path().to_owned(), dir.path().join("missing")] {
            assert!(matches!(Repo::open(&path), Err(RepoError::NotARepository(_))), "{path:?}");
        }
        fs::write(dir.path().join(".git"), "not a pointer").expect("write");
        assert!(matches!(Repo::open(dir.path()), Err(RepoError::NotARepository(_))));
    }

    #[test]
    fn creating_twice_opens_the_first() {
        let scratch = Scratch::new();
        let main = "main".parse().expect("valid");
        let tip = scratch.commit(&[("a", "1")]);
        let path = scratch.repo.root().to_owned();
        let again = Repo::init_bare(&path, &main, Durability::Full).expect("opens");
        assert_eq!(again.branch_tip(&main).expect("still there"), tip);
    }

    #[test]
    fn a_linked_work_tree_shares_its_repository() {
        let scratch = Scratch::new();
        let tip = scratch.commit(&[("a", "1")]);
        let tree = scratch.dir.path().join("linked");
        scratch.git(&["worktree", "add", "-q", tree.to_str().expect("utf-8"), "-b", "side"]);
        let linked = Repo::open(&tree).expect("opens");
        assert_eq!(linked.resolve("refs/heads/side").expect("reads"), Some(tip));
    }
}
