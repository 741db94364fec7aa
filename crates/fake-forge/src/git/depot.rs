//! Where the bare repositories are, and everything that changes them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use super::command::{GitError, git, run};
use crate::model::Id;
use crate::model::pull::Method;

/// Refuses what a token without the right to change workflows may not push. The variable comes from the server.
const PRE_RECEIVE: &str = r#"#!/bin/sh
[ "${FAKE_FORGE_WORKFLOWS:-yes}" = yes ] && exit 0
while read -r old new ref; do
    case $new in *[!0]*) ;; *) continue ;; esac
    for commit in $(git rev-list "$new" --not --all); do
        path=$(git diff-tree --no-commit-id --name-only -r --root "$commit" -- .github/workflows | head -n 1)
        if [ -n "$path" ]; then
            echo "refusing to allow a GitHub App to create or update workflow \`$path\` without \`workflows\` permission" >&2
            exit 1
        fi
    done
done
"#;

/// Added to each repository's configuration.
const CONFIG: &str = "[http]\n\treceivepack = true\n[uploadpack]\n\tallowAnySHA1InWant = true\n[gc]\n\tauto = 0\n";

/// Name, address and time of somebody who commits.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    pub(crate) name: String,
    pub(crate) email: String,
    /// Since 1970, UTC.
    pub(crate) seconds: i64,
}

/// The folder of all repositories; deleted when dropped.
#[derive(Debug)]
pub(crate) struct Depot {
    root: tempfile::TempDir,
}

impl Depot {
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self { root: tempfile::Builder::new().prefix("fake-forge-").tempdir()? })
    }

    pub(crate) fn path(&self, repository: Id) -> PathBuf {
        self.root.path().join(format!("{repository}.git"))
    }

    pub(crate) fn init(&self, repository: Id) -> Result<(), GitError> {
        let name = format!("{repository}.git");
        git(self.root.path(), &["init", "--quiet", "--bare", "--template=", "--initial-branch=main", &name])?;
        self.prepare(repository)
    }

    /// Copies branches and tags of `of` to the new repository `to`.
    pub(crate) fn fork(&self, of: Id, to: Id) -> Result<(), GitError> {
        let (from, name) = (format!("{of}.git"), format!("{to}.git"));
        git(self.root.path(), &["clone", "--quiet", "--bare", "--no-local", "--template=", &from, &name])?;
        self.prepare(to)
    }

    fn prepare(&self, repository: Id) -> Result<(), GitError> {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path(repository);
        let mut config = std::fs::OpenOptions::new().append(true).open(path.join("config"))?;
        config.write_all(CONFIG.as_bytes())?;
        std::fs::create_dir_all(path.join("hooks"))?;
        let hook = path.join("hooks/pre-receive");
        std::fs::write(&hook, PRE_RECEIVE)?;
        Ok(std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755))?)
    }

    pub(crate) fn set_head(&self, repository: Id, branch: &str) -> Result<(), GitError> {
        git(&self.path(repository), &["symbolic-ref", "HEAD", &format!("refs/heads/{branch}")]).map(drop)
    }

    /// Writes a commit with these files (none deletes one) on top of `parent`, and points the branch to it.
    pub(crate) fn commit(
        &self,
        repository: Id,
        branch: &str,
        parent: Option<&str>,
        files: &[(&str, Option<&str>)],
        message: &str,
        by: &Signature,
    ) -> Result<String, GitError> {
        let mut stream = format!("commit refs/heads/{branch}\n");
        let who = format!("{} <{}> {} +0000", by.name, by.email, by.seconds);
        let _ = writeln!(stream, "author {who}\ncommitter {who}\ndata {}\n{message}", message.len());
        if let Some(parent) = parent {
            let _ = writeln!(stream, "from {parent}");
        }
        for (path, content) in files {
            let _ = match content {
                Some(content) => writeln!(stream, "M 100644 inline {path}\ndata {}\n{content}", content.len()),
                None => writeln!(stream, "D {path}"),
            };
        }
        stream.push('\n');
        let path = self.path(repository);
        run(&path, &["fast-import", "--quiet", "--force"], &[], stream.as_bytes(), &[0])?;
        git(&path, &["rev-parse", &format!("refs/heads/{branch}")])
    }

    /// All branches and their commits.
    pub(crate) fn branches(&self, repository: Id) -> Result<BTreeMap<String, String>, GitError> {
        let text =
            git(&self.path(repository), &["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads"])?;
        let pairs = text.lines().filter_map(|line| line.split_once(' '));
        Ok(pairs.map(|(commit, name)| (name.to_owned(), commit.to_owned())).collect())
    }

    /// All refs whose name starts with `prefix`, such as `refs/heads/a`: name, object, and the object's type.
    pub(crate) fn refs(&self, repository: Id, prefix: &str) -> Result<Vec<(String, String, String)>, GitError> {
        let text = git(&self.path(repository), &["for-each-ref", "--format=%(refname) %(objectname) %(objecttype)"])?;
        let all = text.lines().filter_map(|line| {
            let mut words = line.split(' ').map(str::to_owned);
            Some((words.next()?, words.next()?, words.next()?))
        });
        Ok(all.filter(|(name, ..)| name.starts_with(prefix)).collect())
    }

    pub(crate) fn set_ref(&self, repository: Id, name: &str, commit: &str) -> Result<(), GitError> {
        git(&self.path(repository), &["update-ref", name, commit]).map(drop)
    }

    pub(crate) fn delete_ref(&self, repository: Id, name: &str) -> Result<(), GitError> {
        git(&self.path(repository), &["update-ref", "-d", name]).map(drop)
    }

    /// Brings a branch of one repository into another one under the name `name`.
    pub(crate) fn bring(&self, from: Id, branch: &str, to: Id, name: &str) -> Result<(), GitError> {
        let source = if from == to { ".".into() } else { self.path(from) };
        let spec = format!("+refs/heads/{branch}:{name}");
        git(
            &self.path(to),
            &["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", &source.to_string_lossy(), &spec],
        )
        .map(drop)
    }

    /// Merges `head` into the branch `base`; none if they conflict.
    pub(crate) fn merge(
        &self,
        repository: Id,
        base: &str,
        head: &str,
        method: Method,
        message: &str,
        by: &Signature,
    ) -> Result<Option<String>, GitError> {
        let path = self.path(repository);
        let branch = format!("refs/heads/{base}");
        let tip = git(&path, &["rev-parse", &branch])?;
        let merged = run(&path, &["merge-tree", "--write-tree", &tip, head], &[], b"", &[0, 1])?;
        if merged.code != 0 {
            return Ok(None);
        }
        let tree = merged.text();
        let date = format!("{} +0000", by.seconds);
        let who = [
            ("GIT_AUTHOR_NAME", by.name.as_str()),
            ("GIT_AUTHOR_EMAIL", &by.email),
            ("GIT_AUTHOR_DATE", &date),
            ("GIT_COMMITTER_NAME", &by.name),
            ("GIT_COMMITTER_EMAIL", &by.email),
            ("GIT_COMMITTER_DATE", &date),
        ];
        let mut arguments = vec!["commit-tree", &tree, "-p", &tip];
        if method == Method::Merge {
            arguments.extend(["-p", head]);
        }
        let commit = run(&path, &arguments, &who, message.as_bytes(), &[0])?.text();
        git(&path, &["update-ref", &branch, &commit, &tip])?;
        Ok(Some(commit))
    }
}
