//! T0: what came in, durable before anybody looks at it.

use forgeline_model::Timestamp;
use sqlx::SqliteConnection;

use crate::{DeadLetter, Store, StoreError};

/// Something that came in, as raw bytes.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Unique for this delivery; a redelivery has the same.
    pub key: String,
    /// Where it came from: `local`, `publish`, `replay`.
    pub source: String,
    /// What kind of thing the source says it is.
    pub kind: String,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Whether a delivery is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// Stored now.
    New,
    /// Stored before.
    Duplicate,
}

/// A delivery that waits to be decided.
#[derive(Debug, Clone)]
pub struct InboxRow {
    /// Its place in the order of arrival.
    pub seq: i64,
    /// The delivery.
    pub delivery: Delivery,
    /// When it came in.
    pub received_at: Timestamp,
    /// Times that deciding it failed.
    pub attempts: u32,
}

type Columns = (i64, String, String, String, Vec<u8>, i64, u32);

pub(crate) async fn close(tx: &mut SqliteConnection, seq: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE inbox SET state = 'done' WHERE seq = ?").bind(seq).execute(&mut *tx).await?;
    Ok(())
}

/// Stores a delivery, unless it is there.
pub(crate) async fn insert(
    tx: &mut SqliteConnection,
    delivery: &Delivery,
    now: Timestamp,
) -> Result<Received, StoreError> {
    let rows = sqlx::query(
        "INSERT INTO inbox (delivery_key, source, kind, body, received_at) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT DO NOTHING",
    )
    .bind(&delivery.key)
    .bind(&delivery.source)
    .bind(&delivery.kind)
    .bind(&delivery.body)
    .bind(now.millis())
    .execute(&mut *tx)
    .await?
    .rows_affected();
    Ok(if rows == 1 { Received::New } else { Received::Duplicate })
}

impl Store {
    /// T0: stores deliveries in order; what is there already stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Database`]: none of them is stored, so none may be acknowledged.
    pub async fn receive(&self, deliveries: &[Delivery], now: Timestamp) -> Result<Vec<Received>, StoreError> {
        let mut tx = self.begin().await?;
        let mut received = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            received.push(insert(&mut tx, delivery, now).await?);
        }
        tx.commit("receive").await?;
        Ok(received)
    }

    /// The oldest deliveries that wait to be decided.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn pending(&self, now: Timestamp) -> Result<Vec<InboxRow>, StoreError> {
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT seq, delivery_key, source, kind, body, received_at, attempts FROM inbox \
             WHERE state = 'new' AND next_at <= ? ORDER BY seq LIMIT 256",
        )
        .bind(now.millis())
        .fetch_all(&self.reader)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(seq, key, source, kind, body, received_at, attempts)| InboxRow {
                seq,
                delivery: Delivery { key, source, kind, body },
                received_at: Timestamp::from_millis(received_at),
                attempts,
            })
            .collect())
    }

    /// Deciding a delivery failed for now: it waits until `at`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn postpone(&self, seq: i64, at: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE inbox SET attempts = attempts + 1, next_at = ? WHERE seq = ?")
            .bind(at.millis())
            .bind(seq)
            .execute(&mut *tx)
            .await?;
        tx.commit("postpone").await?;
        Ok(())
    }

    /// A delivery that can never be decided goes to the dead letter queue.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn bury(&self, seq: i64, letter: &DeadLetter, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE inbox SET state = 'dead' WHERE seq = ?").bind(seq).execute(&mut *tx).await?;
        crate::dlq::open(self, &mut tx, letter, now).await?;
        tx.commit("bury").await?;
        Ok(())
    }
}
