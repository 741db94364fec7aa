//! Comments on items and checks on commits.

use super::ForgeTx;
use crate::StoreError;

/// A comment on an issue or pull request.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CommentRow {
    /// Number over all repositories.
    pub id: i64,
    /// Issue or pull request.
    pub number: i64,
    /// Who wrote it.
    pub author: String,
    /// Key of its hidden marker, if a bot wrote it with one.
    pub marker: Option<String>,
    /// Markdown.
    pub body: String,
    /// When, milliseconds.
    pub created_at: i64,
    /// When it was last edited, milliseconds.
    pub updated_at: i64,
    /// Its number on the forge that keeps it, when this one only mirrors it.
    pub remote_id: Option<i64>,
    /// The thread that it stands in, by the number of the forge that keeps it; none in the conversation.
    pub thread: Option<i64>,
    /// What it says of the pull request, if it is the text of a review.
    pub verdict: Option<String>,
}

/// A check on a commit.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CheckRow {
    /// What was checked.
    pub commit_oid: String,
    /// Key given by who made it.
    pub external_id: String,
    /// For people.
    pub name: String,
    /// `queued`, `in_progress` or `completed`.
    pub status: String,
    /// How it ended.
    pub conclusion: Option<String>,
    /// Markdown.
    pub summary: String,
    /// Marks on lines, a JSON list.
    pub annotations: String,
    /// When it last changed, milliseconds.
    pub updated_at: i64,
}

impl ForgeTx {
    /// Adds a comment and returns its id; the row's own id is not looked at.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn insert_comment(&mut self, repository: i64, comment: &CommentRow) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(
            "INSERT INTO forge_comment (repository, number, author, marker, body, created_at, updated_at, remote_id, thread, \
             verdict) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(repository)
        .bind(comment.number)
        .bind(&comment.author)
        .bind(&comment.marker)
        .bind(&comment.body)
        .bind(comment.created_at)
        .bind(comment.updated_at)
        .bind(comment.remote_id)
        .bind(comment.thread)
        .bind(&comment.verdict)
        .fetch_one(&mut *self.tx)
        .await?)
    }

    /// Replaces a comment's text.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn update_comment(&mut self, id: i64, body: &str, at: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE forge_comment SET body = ?, updated_at = ? WHERE id = ?")
            .bind(body)
            .bind(at)
            .bind(id)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// An author's comment with this marker.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn marked_comment(
        &mut self,
        repository: i64,
        number: i64,
        author: &str,
        marker: &str,
    ) -> Result<Option<CommentRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT * FROM forge_comment WHERE repository = ? AND number = ? AND author = ? AND marker = ?",
        )
        .bind(repository)
        .bind(number)
        .bind(author)
        .bind(marker)
        .fetch_optional(&mut *self.tx)
        .await?)
    }

    /// The conversation on an item, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn comments(&mut self, repository: i64, number: i64) -> Result<Vec<CommentRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT * FROM forge_comment WHERE repository = ? AND number = ? AND thread IS NULL AND verdict IS NULL \
             ORDER BY id",
        )
        .bind(repository)
        .bind(number)
        .fetch_all(&mut *self.tx)
        .await?)
    }

    /// Adds a check, or replaces the one with its external id on its commit.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn put_check(&mut self, repository: i64, check: &CheckRow) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO forge_check (repository, commit_oid, external_id, name, status, conclusion, summary, annotations, \
             updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name, status = excluded.status, \
             conclusion = excluded.conclusion, summary = excluded.summary, annotations = excluded.annotations, updated_at = excluded.updated_at",
        )
        .bind(repository)
        .bind(&check.commit_oid)
        .bind(&check.external_id)
        .bind(&check.name)
        .bind(&check.status)
        .bind(&check.conclusion)
        .bind(&check.summary)
        .bind(&check.annotations)
        .bind(check.updated_at)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// A commit's checks in name order.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn checks(&mut self, repository: i64, commit: &str) -> Result<Vec<CheckRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT * FROM forge_check WHERE repository = ? AND commit_oid = ? ORDER BY name, external_id",
        )
        .bind(repository)
        .bind(commit)
        .fetch_all(&mut *self.tx)
        .await?)
    }
}
