//! Threads on lines of pull requests, and what reviews said.

use super::{CommentRow, ForgeTx};
use crate::StoreError;

/// A thread on lines of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ThreadRow {
    /// Number over all repositories.
    pub id: i64,
    /// The pull request.
    pub number: i64,
    /// The file.
    pub path: String,
    /// The last line, from 1; none for the whole file.
    pub line: Option<i64>,
    /// The first line, if there are several.
    pub start_line: Option<i64>,
    /// `old` or `new`.
    pub side: String,
    /// The head that was looked at.
    pub commit_oid: String,
    /// Who said that it is settled.
    pub resolved_by: Option<String>,
}

impl ForgeTx {
    /// Adds a thread and returns its id; the row's own id is not looked at.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn insert_thread(&mut self, repository: i64, thread: &ThreadRow) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(
            "INSERT INTO forge_thread (repository, number, path, line, start_line, side, commit_oid) \
             VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(repository)
        .bind(thread.number)
        .bind(&thread.path)
        .bind(thread.line)
        .bind(thread.start_line)
        .bind(&thread.side)
        .bind(&thread.commit_oid)
        .fetch_one(&mut *self.tx)
        .await?)
    }

    /// Says who settled a thread; none opens it again.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_resolved(&mut self, thread: i64, by: Option<&str>) -> Result<(), StoreError> {
        sqlx::query("UPDATE forge_thread SET resolved_by = ? WHERE id = ?")
            .bind(by)
            .bind(thread)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// A pull request's threads, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn threads(&mut self, repository: i64, number: i64) -> Result<Vec<ThreadRow>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM forge_thread WHERE repository = ? AND number = ? ORDER BY id")
            .bind(repository)
            .bind(number)
            .fetch_all(&mut *self.tx)
            .await?)
    }

    /// What was said in threads and reviews of a pull request, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn review_comments(&mut self, repository: i64, number: i64) -> Result<Vec<CommentRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT * FROM forge_comment WHERE repository = ? AND number = ? \
             AND (thread IS NOT NULL OR verdict IS NOT NULL) ORDER BY id",
        )
        .bind(repository)
        .bind(number)
        .fetch_all(&mut *self.tx)
        .await?)
    }
}
