//! From rows to values.

use std::str::FromStr;

use forgeline_model::Timestamp;
use forgeline_store::local_forge::{CheckRow, CommentRow, FeedRow, ItemRow, UserRow};

use crate::{
    ForgeError,
    types::{Check, Comment, FeedEvent, Issue, PullRequest, RepoId, User},
};

/// A stored word.
pub(super) fn word<T: FromStr>(what: &'static str, text: &str) -> Result<T, ForgeError> {
    text.parse().map_err(|_| ForgeError::Unreadable { what, text: text.to_owned() })
}

pub(super) fn repo_id(owner: &str, name: &str) -> Result<RepoId, ForgeError> {
    word("repository name", &format!("{owner}/{name}"))
}

pub(super) fn number(value: i64) -> u64 {
    u64::try_from(value).expect("numbers and ids count up from 1")
}

pub(super) fn user(row: &UserRow) -> Result<User, ForgeError> {
    Ok(User { id: number(row.id), login: word("user name", &row.login)? })
}

pub(super) fn issue(row: ItemRow, labels: Vec<String>) -> Result<Issue, ForgeError> {
    Ok(Issue {
        number: number(row.number),
        title: row.title,
        body: row.body,
        state: word("issue state", &row.state)?,
        author: word("user name", &row.author)?,
        labels,
        created_at: Timestamp::from_millis(row.created_at),
        updated_at: Timestamp::from_millis(row.updated_at),
    })
}

pub(super) fn pull_request(row: ItemRow, labels: Vec<String>) -> Result<PullRequest, ForgeError> {
    let base_commit = Some(row.base_commit.as_str()).filter(|id| !id.is_empty());
    Ok(PullRequest {
        number: number(row.number),
        state: word("pull request state", &row.state)?,
        draft: row.draft,
        author: word("user name", &row.author)?,
        labels,
        head: word("branch name", &row.head)?,
        base: word("branch name", &row.base)?,
        head_commit: word("commit id", &row.head_commit)?,
        base_commit: base_commit.map(|id| word("commit id", id)).transpose()?,
        merged_commit: row.merged_commit.as_deref().map(|id| word("commit id", id)).transpose()?,
        closed_by: row.closed_by.as_deref().map(|login| word("user name", login)).transpose()?,
        title: row.title,
        body: row.body,
        created_at: Timestamp::from_millis(row.created_at),
        updated_at: Timestamp::from_millis(row.updated_at),
    })
}

pub(super) fn comment(row: CommentRow) -> Result<Comment, ForgeError> {
    Ok(Comment {
        id: number(row.id),
        number: number(row.number),
        author: word("user name", &row.author)?,
        body: row.body,
        marker: row.marker,
        created_at: Timestamp::from_millis(row.created_at),
        updated_at: Timestamp::from_millis(row.updated_at),
    })
}

pub(super) fn check(row: CheckRow) -> Result<Check, ForgeError> {
    Ok(Check {
        commit: word("commit id", &row.commit_oid)?,
        external_id: row.external_id,
        name: row.name,
        status: word("check status", &row.status)?,
        conclusion: row.conclusion.as_deref().map(|text| word("check conclusion", text)).transpose()?,
        summary: row.summary,
        annotations: serde_json::from_str(&row.annotations)
            .map_err(|_| ForgeError::Unreadable { what: "annotations", text: row.annotations.clone() })?,
        updated_at: Timestamp::from_millis(row.updated_at),
    })
}

pub(super) fn feed_event(row: FeedRow) -> Result<FeedEvent, ForgeError> {
    let payload = serde_json::from_str(&row.payload)
        .map_err(|_| ForgeError::Unreadable { what: "feed payload", text: row.payload.clone() })?;
    Ok(FeedEvent {
        seq: number(row.seq),
        repo: repo_id(&row.owner, &row.name)?,
        kind: word("feed kind", &row.kind)?,
        subject: row.subject,
        actor: word("user name", &row.actor)?,
        payload,
        at: Timestamp::from_millis(row.at),
    })
}
