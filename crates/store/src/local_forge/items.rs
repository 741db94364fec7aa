//! Issues and pull requests, which share numbers, comments and labels.

use super::ForgeTx;
use crate::StoreError;

/// An issue or pull request; the last fields are empty for an issue.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct ItemRow {
    /// Number in its repository.
    pub number: i64,
    /// `issue` or `pull_request`.
    pub kind: String,
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// `open`, `closed` or `merged`.
    pub state: String,
    /// Who opened it.
    pub author: String,
    /// When, milliseconds.
    pub created_at: i64,
    /// When it last changed, milliseconds.
    pub updated_at: i64,
    /// Branch to merge.
    pub head: String,
    /// Branch to merge into.
    pub base: String,
    /// Whether it may not be merged yet.
    pub draft: bool,
    /// Tip of the head branch as last seen.
    pub head_commit: String,
    /// Common commit of both branches as last seen.
    pub base_commit: String,
    /// What the merge made.
    pub merged_commit: Option<String>,
    /// Who closed or merged it.
    pub closed_by: Option<String>,
}

/// Which items to list.
#[derive(Debug, Clone, Default)]
pub struct ItemFilter {
    /// `issue` or `pull_request`.
    pub kind: Option<&'static str>,
    /// `open`, `closed` or `merged`.
    pub state: Option<&'static str>,
    /// One of its labels.
    pub label: Option<String>,
    /// Head branch.
    pub head: Option<String>,
}

impl ForgeTx {
    /// The repository's next number, used up when the transaction commits.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn take_number(&mut self, repository: i64) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(
            "UPDATE forge_repository SET last_number = last_number + 1 WHERE id = ? RETURNING last_number",
        )
        .bind(repository)
        .fetch_one(&mut *self.tx)
        .await?)
    }

    /// Adds an item, or replaces the one with its number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn put_item(&mut self, repository: i64, item: &ItemRow) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO forge_item (repository, number, kind, title, body, state, author, created_at, updated_at, \
             head, base, draft, head_commit, base_commit, merged_commit, closed_by) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (repository, number) DO UPDATE SET title = excluded.title, body = excluded.body, \
             state = excluded.state, updated_at = excluded.updated_at, base = excluded.base, draft = excluded.draft, \
             head_commit = excluded.head_commit, base_commit = excluded.base_commit, \
             merged_commit = excluded.merged_commit, closed_by = excluded.closed_by",
        )
        .bind(repository)
        .bind(item.number)
        .bind(&item.kind)
        .bind(&item.title)
        .bind(&item.body)
        .bind(&item.state)
        .bind(&item.author)
        .bind(item.created_at)
        .bind(item.updated_at)
        .bind(&item.head)
        .bind(&item.base)
        .bind(item.draft)
        .bind(&item.head_commit)
        .bind(&item.base_commit)
        .bind(&item.merged_commit)
        .bind(&item.closed_by)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// An item by number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn item(&mut self, repository: i64, number: i64) -> Result<Option<ItemRow>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM forge_item WHERE repository = ? AND number = ?")
            .bind(repository)
            .bind(number)
            .fetch_optional(&mut *self.tx)
            .await?)
    }

    /// Items that pass the filter, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn items(&mut self, repository: i64, filter: &ItemFilter) -> Result<Vec<ItemRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT * FROM forge_item AS item WHERE repository = ?1 AND (?2 IS NULL OR kind = ?2) \
             AND (?3 IS NULL OR state = ?3) AND (?4 IS NULL OR head = ?4) \
             AND (?5 IS NULL OR EXISTS (SELECT 1 FROM forge_item_label AS own WHERE own.repository = item.repository \
             AND own.number = item.number AND own.label = ?5)) ORDER BY number DESC",
        )
        .bind(repository)
        .bind(filter.kind)
        .bind(filter.state)
        .bind(&filter.head)
        .bind(&filter.label)
        .fetch_all(&mut *self.tx)
        .await?)
    }

    /// An item's labels in name order.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn item_labels(&mut self, repository: i64, number: i64) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT label FROM forge_item_label WHERE repository = ? AND number = ? ORDER BY label")
            .bind(repository)
            .bind(number)
            .fetch_all(&mut *self.tx)
            .await?)
    }

    /// Puts a label on an item; false when it is there already. The repository must have the label.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn add_item_label(&mut self, repository: i64, number: i64, label: &str) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO forge_item_label (repository, number, label) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(repository)
        .bind(number)
        .bind(label)
        .execute(&mut *self.tx)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes a label off an item; false when it is not there.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn remove_item_label(&mut self, repository: i64, number: i64, label: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM forge_item_label WHERE repository = ? AND number = ? AND label = ?")
            .bind(repository)
            .bind(number)
            .bind(label)
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}
