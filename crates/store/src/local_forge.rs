//! The tables of the local forge: rows in, rows out. What they mean is the forge crate's business.
//!
//! A verb of the forge is one [`ForgeTx`]: everything it reads and writes, the feed's entries included, happens in one
//! transaction, or not at all.

mod comments;
mod feed;
mod items;
mod mirrors;
mod people;
mod renamed;
mod repositories;
mod reviews;

use std::ops::{Deref, DerefMut};

use sqlx::{Sqlite, SqliteConnection, Transaction};

pub use comments::{CheckRow, CommentRow};
pub use feed::{FeedRow, NewFeedRow};
pub use items::{ItemFilter, ItemRow};
pub use people::UserRow;
pub use repositories::RepositoryRow;
pub use reviews::ThreadRow;

use crate::{Store, StoreError, writer::WriteTx};

/// An open transaction on the local forge's tables. Dropped without [`ForgeTx::commit`], it changes nothing.
pub struct ForgeTx {
    tx: Open,
}

/// What a verb runs in.
enum Open {
    Read(Transaction<'static, Sqlite>),
    Write(WriteTx),
}

impl Store {
    /// Begins a transaction that may write; one at a time.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn forge_write(&self) -> Result<ForgeTx, StoreError> {
        Ok(ForgeTx { tx: Open::Write(self.begin().await?) })
    }

    /// Begins a transaction that only reads: one consistent view, also while others write.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn forge_read(&self) -> Result<ForgeTx, StoreError> {
        Ok(ForgeTx { tx: Open::Read(self.reader.begin().await?) })
    }
}

impl ForgeTx {
    /// Makes everything durable.
    ///
    /// # Errors
    /// [`StoreError::Database`]: nothing was changed.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.tx {
            Open::Read(_) => Ok(()),
            Open::Write(tx) => tx.commit("local-forge").await,
        }
    }
}

impl Deref for Open {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Read(tx) => tx,
            Self::Write(tx) => tx,
        }
    }
}

impl DerefMut for Open {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Read(tx) => tx,
            Self::Write(tx) => tx,
        }
    }
}
