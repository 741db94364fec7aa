//! The feed: everything that changed, in order.

use super::ForgeTx;
use crate::StoreError;

/// An entry to append.
#[derive(Debug, Clone)]
pub struct NewFeedRow<'a> {
    /// Repository.
    pub repository: i64,
    /// What happened.
    pub kind: &'a str,
    /// To what: a number or a branch.
    pub subject: &'a str,
    /// Who did it.
    pub actor: &'a str,
    /// JSON.
    pub payload: &'a str,
    /// When, milliseconds.
    pub at: i64,
}

/// An entry as it was appended.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct FeedRow {
    /// Its place in the order.
    pub seq: i64,
    /// Repository's owner.
    pub owner: String,
    /// Repository's name.
    pub name: String,
    /// What happened.
    pub kind: String,
    /// To what: a number or a branch.
    pub subject: String,
    /// Who did it.
    pub actor: String,
    /// JSON.
    pub payload: String,
    /// When, milliseconds.
    pub at: i64,
}

impl ForgeTx {
    /// Appends an entry and returns its place.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn append_feed(&mut self, entry: &NewFeedRow<'_>) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(
            "INSERT INTO forge_event (repository, kind, subject, actor, payload, at) VALUES (?, ?, ?, ?, ?, ?) \
             RETURNING seq",
        )
        .bind(entry.repository)
        .bind(entry.kind)
        .bind(entry.subject)
        .bind(entry.actor)
        .bind(entry.payload)
        .bind(entry.at)
        .fetch_one(&mut *self.tx)
        .await?)
    }

    /// At most `limit` entries after a place, in order. Writers commit one after another, so an entry never appears
    /// before one that was read already.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn feed(&mut self, after: i64, limit: u32) -> Result<Vec<FeedRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT seq, owner, name, kind, subject, actor, payload, at FROM forge_event \
             JOIN forge_repository AS repository ON repository.id = forge_event.repository \
             WHERE seq > ? ORDER BY seq LIMIT ?",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&mut *self.tx)
        .await?)
    }
}
