//! What a mirror of a repository elsewhere keeps besides.

use super::{CommentRow, ForgeTx};
use crate::StoreError;

impl ForgeTx {
    /// Says that a repository is kept elsewhere, and whether it is private there.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_remote(&mut self, repository: i64, remote: &str, private: bool) -> Result<(), StoreError> {
        sqlx::query("UPDATE forge_repository SET remote = ?, private = ? WHERE id = ?")
            .bind(remote)
            .bind(private)
            .bind(repository)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Remembers up to which change a repository was read, milliseconds. It never goes back.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_seen_to(&mut self, repository: i64, items: i64, comments: i64) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE forge_repository SET items_seen_to = MAX(COALESCE(items_seen_to, ?1), ?1), \
             comments_seen_to = MAX(COALESCE(comments_seen_to, ?2), ?2) WHERE id = ?3",
        )
        .bind(items)
        .bind(comments)
        .bind(repository)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Notes that a number is in use, so that no number that is given here is used twice.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn note_number(&mut self, repository: i64, number: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE forge_repository SET last_number = MAX(last_number, ?) WHERE id = ?")
            .bind(number)
            .bind(repository)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// The comment with this number on the forge that keeps it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn remote_comment(&mut self, repository: i64, remote_id: i64) -> Result<Option<CommentRow>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM forge_comment WHERE repository = ? AND remote_id = ?")
            .bind(repository)
            .bind(remote_id)
            .fetch_optional(&mut *self.tx)
            .await?)
    }

    /// A comment by its number here.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn comment(&mut self, repository: i64, id: i64) -> Result<Option<CommentRow>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM forge_comment WHERE repository = ? AND id = ?")
            .bind(repository)
            .bind(id)
            .fetch_optional(&mut *self.tx)
            .await?)
    }

    /// Takes the marker off a comment that is gone, so that another one can have it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn unmark_comment(&mut self, id: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE forge_comment SET marker = NULL WHERE id = ?").bind(id).execute(&mut *self.tx).await?;
        Ok(())
    }
}
