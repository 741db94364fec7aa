//! `forgeline verify`: whether a commit still holds what was made.

use std::path::{Path, PathBuf};

use clap::Args;
use forgeline_repo::{CommitId, Repo};
use forgeline_runner::{
    provenance::{self, Scope, Standing},
    signing::TrustedKey,
};
use serde_json::json;

use super::Session;
use crate::{
    exit::{Exit, Failure},
    input, output,
};

/// Longest public key that is read, bytes.
const MAX_KEY_BYTES: u64 = 64 << 10;

/// Compare a commit with its provenance, offline, on any clone.
///
/// Each statement below `.forgeline/provenance/` names files by digest, and the run that made them. What differs was
/// edited by a person, whose commit is named, or tampered with.
///
/// Example: `forgeline verify main --key forgeline.pub`
#[derive(Debug, Args)]
pub struct Verify {
    /// A commit, branch or tag; or the path of a file, folder or statement at the checked-out commit.
    #[arg(default_value = "HEAD", value_name = "COMMIT|PATH")]
    pub what: String,
    /// The repository, or a work tree of it.
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub repo: PathBuf,
    /// File with the public key, `ssh-ed25519 …`, that every statement must be signed with.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Take files that people edited or removed since, and named by commit, for verified.
    #[arg(long)]
    pub allow_edits: bool,
}

impl Verify {
    pub fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let repo = Repo::open(&self.repo)?;
        let key = self.key.as_deref().map(read_key).transpose()?;
        let (commit, scope) = self.subject(&repo)?;
        let found = provenance::verify(&repo, commit, &scope, key.as_ref())?;
        let standing = found.standing();
        if standing == Standing::Nothing {
            let what = match &scope {
                Scope::All => format!("commit {} holds no statement below `{}`", commit.short(), provenance::FOLDER),
                Scope::Path(path) => format!("no statement of commit {} speaks of `{path}`", commit.short()),
            };
            anyhow::bail!(Failure::new(Exit::NotFound, format!("{what}; nothing there was published by Forgeline")));
        }
        session.out.print("verification", &json!({"standing": standing, "found": found}), || found.to_string());
        Ok(match standing {
            Standing::Verified => Exit::Success,
            Standing::Edited if self.allow_edits => Exit::Success,
            Standing::Edited => {
                output::note("people changed what was made; `--allow-edits` takes that for verified");
                Exit::Failed
            }
            Standing::Refused => Exit::Failed,
            Standing::Unreadable => Exit::Invalid,
            Standing::Nothing => Exit::NotFound,
        })
    }

    /// What is meant: a commit, else a path at the checked-out one.
    fn subject(&self, repo: &Repo) -> anyhow::Result<(CommitId, Scope)> {
        if let Some(commit) = repo.revision(&self.what) {
            return Ok((commit, Scope::All));
        }
        let head = repo.revision("HEAD").ok_or_else(|| {
            Failure::new(Exit::NotFound, format!("`{}` has no commit to look at yet", self.repo.display()))
        })?;
        let path = self.what.trim_start_matches("./").trim_end_matches('/').to_owned();
        Ok((head, Scope::Path(path)))
    }
}

fn read_key(file: &Path) -> anyhow::Result<TrustedKey> {
    let bytes = input::read(file, "public key", MAX_KEY_BYTES)?;
    let refuse = |reason: String| Failure::new(Exit::Invalid, format!("`{}`: {reason}", file.display()));
    let line = String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8".into()))?;
    Ok(TrustedKey::parse(&line).map_err(|error| refuse(error.to_string()))?)
}
