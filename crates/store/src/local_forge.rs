//! The tables of the local forge: rows in, rows out. What they mean is the forge crate's business.
//!
//! A verb of the forge is one [`ForgeTx`]: everything it reads and writes, the feed's entries included, happens in one
//! transaction, or not at all.

mod comments;
mod feed;
mod items;
mod people;
mod repositories;

use sqlx::{Sqlite, Transaction};

pub use comments::{CheckRow, CommentRow};
pub use feed::{FeedRow, NewFeedRow};
pub use items::{ItemFilter, ItemRow};
pub use people::UserRow;
pub use repositories::RepositoryRow;

use crate::{Store, StoreError, commit::commit};

/// An open transaction on the local forge's tables. Dropped without [`ForgeTx::commit`], it changes nothing.
pub struct ForgeTx {
    tx: Transaction<'static, Sqlite>,
}

impl Store {
    /// Begins a transaction that may write; one at a time.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn forge_write(&self) -> Result<ForgeTx, StoreError> {
        Ok(ForgeTx { tx: self.begin().await? })
    }

    /// Begins a transaction that only reads: one consistent view, also while others write.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn forge_read(&self) -> Result<ForgeTx, StoreError> {
        Ok(ForgeTx { tx: self.reader.begin().await? })
    }
}

impl ForgeTx {
    /// Makes everything durable.
    ///
    /// # Errors
    /// [`StoreError::Database`]: nothing was changed.
    pub async fn commit(self) -> Result<(), StoreError> {
        commit("local-forge", self.tx).await
    }
}
