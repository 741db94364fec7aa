//! What the commit that brought a statement says about it.

use forgeline_model::Digest;
use forgeline_repo::{CommitId, CommitInfo, Repo, RepoError};
use serde::Serialize;

use super::{Change, history};
use crate::{
    provenance::{ADDRESS, Envelope, Statement, TRAILER},
    publish::{BLUEPRINT, RUN_KEY},
};

/// How far a statement's own commit stands behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Origin {
    /// The commit that brought it names it by digest, and run and blueprint as it does.
    Attested {
        /// That commit: Forgeline's own, or one that took its trailers over.
        commit: String,
    },
    /// No trailer speaks of it: squashed or rewritten without them, or made by somebody else. Only a signature tells.
    Bare {
        /// The commit that brought it.
        commit: Option<String>,
    },
    /// It is not what was written at first.
    Tampered {
        /// What contradicts what.
        reason: String,
        /// The commit that brought it as it is.
        #[serde(flatten)]
        change: Change,
    },
}

/// Looks at the commit that last changed a statement, and where that says nothing, at what the file was before.
pub(super) fn of(
    repo: &Repo,
    tip: CommitId,
    path: &str,
    bytes: &[u8],
    statement: &Statement,
) -> Result<Origin, RepoError> {
    let commit = repo.commit_info(repo.last_change(tip, path)?.unwrap_or(tip))?;
    let tampered = |reason: String| Ok(Origin::Tampered { reason, change: Change::from(&commit) });
    let digest = Digest::of_bytes(bytes).to_string();
    let named = values(&commit, TRAILER);
    if named.is_empty() {
        let key = |bytes: &[u8]| Some(Envelope::parse(bytes).ok()?.statement().ok()?.run_key().to_owned());
        let same_run = |earlier: &[u8]| key(earlier).as_deref() == Some(statement.run_key());
        return match history::earlier(repo, tip, path, bytes, same_run)? {
            // A run makes its statement once.
            Some(first) => tampered(format!("commit {} brought another statement of the same run", first.short())),
            None => Ok(Origin::Bare { commit: Some(commit.id.to_string()) }),
        };
    }
    if !named.contains(&digest) {
        return tampered(format!("its commit names {}, the file is {digest}", named.join(" and ")));
    }
    let keys = values(&commit, RUN_KEY);
    if !keys.iter().any(|key| key == statement.run_key()) {
        return tampered(format!(
            "its commit is of run {}, the statement of {}",
            keys.join(" and "),
            statement.run_key()
        ));
    }
    let blueprint = statement.blueprint_digest().map(|digest| format!("{} ({digest})", statement.blueprint()));
    if blueprint.is_none_or(|own| !values(&commit, BLUEPRINT).contains(&own)) {
        return tampered("its commit names another blueprint than the statement".to_owned());
    }
    Ok(Origin::Attested { commit: commit.id.to_string() })
}

/// Whether a commit claims to be one that Forgeline made and nobody has touched since: a squash, a rebase and an amend
/// have another committer.
pub(super) fn is_our_own(commit: &CommitInfo) -> bool {
    commit.committer.email == ADDRESS && !values(commit, RUN_KEY).is_empty()
}

fn values(commit: &CommitInfo, key: &str) -> Vec<String> {
    let trailers = commit.trailers().into_iter();
    trailers.filter(|trailer| trailer.key.eq_ignore_ascii_case(key)).map(|trailer| trailer.value).collect()
}
