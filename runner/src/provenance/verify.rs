//! Reading statements back: does a commit still hold what was made, and if not, who changed it?

mod history;
mod origin;

use std::collections::BTreeMap;

use forgeline_model::Digest;
use forgeline_repo::{CommitId, CommitInfo, Repo, RepoError};
use serde::Serialize;

use super::{BadEnvelope, ENDING, Envelope, FOLDER, Statement};
use crate::signing::TrustedKey;

pub use origin::Origin;

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every statement of the commit, whole.
    All,
    /// What lies at or below this path: files, or a statement itself.
    Path(String),
}

/// What was found at a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// The commit.
    pub commit: String,
    /// One report for each statement, in the order of their paths; empty when nothing speaks of the scope.
    pub statements: Vec<StatementReport>,
}

/// What was found about one statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementReport {
    /// Its path in the repository.
    pub path: String,
    /// Why it cannot be read; all below is empty then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
    /// The run's key.
    pub run_key: String,
    /// `name@version` of the blueprint.
    pub blueprint: String,
    /// What is known of its signature.
    pub signed: Signed,
    /// What its commit says about it.
    pub origin: Origin,
    /// The files that it speaks of, as far as they are in the scope.
    pub files: Vec<FileReport>,
}

/// What is known of a statement's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Signed {
    /// It has none: whoever can commit could have written it.
    Unsigned,
    /// It has one, and no key to check it with was given.
    Unchecked {
        /// Names of the keys, as the envelope says.
        keys: Vec<String>,
    },
    /// Made with the key that was given.
    Good {
        /// Its name.
        key: String,
    },
    /// A key was given, and no signature was made with it over these bytes.
    Bad {
        /// Name of the key that was given.
        key: String,
    },
}

/// A file and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// Path in the repository.
    pub path: String,
    /// What became of it.
    #[serde(flatten)]
    pub status: FileStatus,
}

/// What became of a generated file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum FileStatus {
    /// The commit holds it as it was made.
    Verified,
    /// Another statement of the same commit speaks for the content that is there now.
    Superseded {
        /// That statement.
        by: String,
    },
    /// A person changed it.
    Edited(Change),
    /// It is gone.
    Missing {
        /// Who removed it, if history tells.
        removed: Option<Change>,
    },
    /// It differs, and the commit that brought it claims to be Forgeline's own.
    Tampered(Change),
}

/// A commit, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its id.
    pub commit: String,
    /// Who made the change: `name <address>`. Not a proof of identity.
    pub by: String,
}

/// What it comes to, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Everything is as it was made.
    Verified,
    /// People changed or removed files; all else is as it was made.
    Edited,
    /// Something was tampered with, or a signature is missing or bad.
    Refused,
    /// A statement cannot be read.
    Unreadable,
    /// Nothing speaks of what was asked.
    Nothing,
}

impl Verification {
    /// What it comes to.
    pub fn standing(&self) -> Standing {
        self.statements.iter().map(StatementReport::standing).max().unwrap_or(Standing::Nothing)
    }
}

impl StatementReport {
    /// What this statement comes to.
    pub fn standing(&self) -> Standing {
        if self.unreadable.is_some() {
            return Standing::Unreadable;
        }
        let signature = match &self.signed {
            Signed::Unsigned | Signed::Unchecked { .. } | Signed::Good { .. } => Standing::Verified,
            Signed::Bad { .. } => Standing::Refused,
        };
        let origin = match &self.origin {
            Origin::Attested { .. } | Origin::Bare { .. } => Standing::Verified,
            Origin::Tampered { .. } => Standing::Refused,
        };
        let files = self.files.iter().map(|file| match &file.status {
            FileStatus::Verified | FileStatus::Superseded { .. } => Standing::Verified,
            FileStatus::Edited(_) | FileStatus::Missing { removed: Some(_) } => Standing::Edited,
            FileStatus::Missing { removed: None } | FileStatus::Tampered(_) => Standing::Refused,
        });
        files.fold(signature.max(origin), Standing::max)
    }
}

impl From<&CommitInfo> for Change {
    /// The committer, where the author is Forgeline: somebody else put the commit there.
    fn from(commit: &CommitInfo) -> Self {
        let who = if commit.author.email == super::ADDRESS { &commit.committer } else { &commit.author };
        let by = match who.email.as_str() {
            super::ADDRESS => "Forgeline, which merged it with what people changed".to_owned(),
            address => format!("{} <{address}>", who.name),
        };
        Self { commit: commit.id.to_string(), by }
    }
}

/// A statement's file that could be read.
struct Read {
    path: String,
    bytes: Vec<u8>,
    envelope: Envelope,
    statement: Statement,
}

/// Compares a commit with the statements that it holds. With a key, every statement must be signed with it.
///
/// # Errors
/// The repository cannot be read.
pub fn verify(
    repo: &Repo,
    commit: CommitId,
    scope: &Scope,
    key: Option<&TrustedKey>,
) -> Result<Verification, RepoError> {
    let content = contents(repo, commit)?;
    let (mut read, mut reports) = (Vec::new(), Vec::new());
    for (path, bytes) in repo.read_files(commit, &[FOLDER])?.iter().filter(|(path, _)| path.ends_with(ENDING)) {
        match parse(bytes) {
            Ok((envelope, statement)) => {
                read.push(Read { path: path.to_owned(), bytes: bytes.to_vec(), envelope, statement });
            }
            // What it would speak of is not known, so it is in every scope.
            Err(error) => reports.push(StatementReport::unreadable(path, &error)),
        }
    }
    // With a key, only a statement that was signed with it can speak for another's file.
    let is_trusted = |one: &&Read| key.is_none_or(|key| one.envelope.is_signed_by(key));
    let speakers: Vec<&Read> = read.iter().filter(is_trusted).collect();
    for one in &read {
        let files = one
            .statement
            .subject
            .iter()
            .filter(|subject| scope.covers(&subject.name) || scope.covers(&one.path))
            .map(|subject| {
                let wanted = subject.content();
                let status = if wanted == content.digest(repo, &subject.name)? && wanted.is_some() {
                    FileStatus::Verified
                } else {
                    differs(repo, commit, &content, &speakers, &one.path, &subject.name)?
                };
                Ok(FileReport { path: subject.name.clone(), status })
            })
            .collect::<Result<Vec<_>, RepoError>>()?;
        if !files.is_empty() || scope.covers(&one.path) {
            reports.push(StatementReport {
                path: one.path.clone(),
                unreadable: None,
                run_key: one.statement.run_key().to_owned(),
                blueprint: one.statement.blueprint().to_owned(),
                signed: signed(&one.envelope, key),
                origin: origin::of(repo, commit, &one.path, &one.bytes, &one.statement)?,
                files,
            });
        }
    }
    reports.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(Verification { commit: commit.to_string(), statements: reports })
}

fn parse(bytes: &[u8]) -> Result<(Envelope, Statement), BadEnvelope> {
    let envelope = Envelope::parse(bytes)?;
    let statement = envelope.statement()?;
    Ok((envelope, statement))
}

/// What became of a file that is not as the statement at `own` says.
fn differs(
    repo: &Repo,
    commit: CommitId,
    content: &Contents,
    speakers: &[&Read],
    own: &str,
    path: &str,
) -> Result<FileStatus, RepoError> {
    let Some(found) = content.digest(repo, path)? else {
        let removed = history::removal(repo, commit, path)?;
        return Ok(FileStatus::Missing { removed: removed.as_ref().map(Change::from) });
    };
    let speaks = |other: &&&Read| {
        other.path != own
            && other.statement.subject.iter().any(|subject| subject.name == path && subject.content() == Some(found))
    };
    if let Some(other) = speakers.iter().find(speaks) {
        return Ok(FileStatus::Superseded { by: other.path.clone() });
    }
    let changed = repo.commit_info(repo.last_change(commit, path)?.unwrap_or(commit))?;
    let change = Change::from(&changed);
    Ok(if origin::is_our_own(&changed) { FileStatus::Tampered(change) } else { FileStatus::Edited(change) })
}

fn signed(envelope: &Envelope, key: Option<&TrustedKey>) -> Signed {
    match key {
        Some(key) if envelope.is_signed_by(key) => Signed::Good { key: key.id() },
        Some(key) => Signed::Bad { key: key.id() },
        None if envelope.signers().is_empty() => Signed::Unsigned,
        None => Signed::Unchecked { keys: envelope.signers().into_iter().map(str::to_owned).collect() },
    }
}

impl StatementReport {
    fn unreadable(path: &str, error: &BadEnvelope) -> Self {
        Self {
            path: path.to_owned(),
            unreadable: Some(error.to_string()),
            run_key: String::new(),
            blueprint: String::new(),
            signed: Signed::Unsigned,
            origin: Origin::Bare { commit: None },
            files: Vec::new(),
        }
    }
}

impl Scope {
    fn covers(&self, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::Path(own) => {
                path.strip_prefix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        }
    }
}

/// The regular files of a commit.
struct Contents(BTreeMap<String, forgeline_repo::BlobId>);

impl Contents {
    fn digest(&self, repo: &Repo, path: &str) -> Result<Option<Digest>, RepoError> {
        self.0.get(path).map(|blob| Ok(Digest::of_bytes(&repo.read_blob(*blob)?))).transpose()
    }
}

fn contents(repo: &Repo, commit: CommitId) -> Result<Contents, RepoError> {
    let regular = |entry: &forgeline_repo::TreeEntry| entry.mode != forgeline_repo::FileMode::Symlink;
    let entries = repo.walk(commit)?.entries.into_iter().filter(regular);
    Ok(Contents(entries.map(|entry| (entry.path, entry.blob)).collect()))
}
