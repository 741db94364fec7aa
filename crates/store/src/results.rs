//! Results of tasks, by the digest of all they depend on: nothing is done, or paid, twice.

use forgeline_model::{Digest, Timestamp, canonical, task::Proposal};

use crate::{Store, StoreError, batch::Batch};

/// Longest proposal, in bytes, that lies in its row: one write less to wait for than a file of its own.
const INLINE_BYTES: usize = 256 << 10;

/// A proposal that may be named by a result: its digest is known, and its bytes are durable if they are long.
#[derive(Debug)]
pub struct StoredProposal {
    digest: Digest,
    inline: Option<String>,
}

impl StoredProposal {
    /// Digest of the proposal's canonical JSON.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl Store {
    /// Makes a proposal ready to be named by [`finish`](Store::finish).
    ///
    /// # Errors
    /// [`StoreError::File`], for example on a full disk.
    pub fn keep(&self, proposal: &Proposal) -> Result<StoredProposal, StoreError> {
        let text = canonical::to_string(proposal);
        if text.len() > INLINE_BYTES {
            return Ok(StoredProposal { digest: self.blobs().put(text.as_bytes())?, inline: None });
        }
        Ok(StoredProposal { digest: Digest::of_bytes(text.as_bytes()), inline: Some(text) })
    }

    /// What a task with this key gave before.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn result(&self, key: &Digest) -> Result<Option<Proposal>, StoreError> {
        let row: Option<(String, Option<String>)> = sqlx::query_as("SELECT proposal, body FROM result WHERE key = ?")
            .bind(key.to_string())
            .fetch_optional(&self.reader)
            .await?;
        match row {
            None => Ok(None),
            // A result whose bytes are gone is as good as none: the task runs again.
            Some((digest, body)) => Ok(self.read_proposal(&digest, body).ok()),
        }
    }

    /// A proposal by its digest.
    ///
    /// # Errors
    /// [`StoreError::NoBlob`] when its bytes are gone.
    pub async fn proposal(&self, digest: &Digest) -> Result<Proposal, StoreError> {
        let row: Option<(String, Option<String>)> =
            sqlx::query_as("SELECT proposal, body FROM result WHERE proposal = ? LIMIT 1")
                .bind(digest.to_string())
                .fetch_optional(&self.reader)
                .await?;
        let (digest, body) = row.ok_or(StoreError::NoBlob(*digest))?;
        self.read_proposal(&digest, body)
    }

    fn read_proposal(&self, digest: &str, body: Option<String>) -> Result<Proposal, StoreError> {
        let text = match body {
            Some(body) => body.into_bytes(),
            None => self.blobs().get(&digest.parse().map_err(|_| StoreError::NoBlob(Digest::of_bytes(b"")))?)?,
        };
        serde_json::from_slice(&text).map_err(StoreError::unreadable("proposal"))
    }
}

pub(crate) fn insert(writes: &mut Batch, key: &Digest, proposal: &StoredProposal, now: Timestamp) {
    writes
        .add("INSERT INTO result (key, proposal, body, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(key.to_string())
        .bind(proposal.digest.to_string())
        .bind(&proposal.inline)
        .bind(now.millis());
    // Another result may hold the key already; the bytes that this run names must be found all the same.
    let digest = proposal.digest.to_string();
    writes
        .add(
            "INSERT INTO result (key, proposal, body, created_at) SELECT ?, ?, ?, ? \
             WHERE NOT EXISTS (SELECT 1 FROM result WHERE proposal = ?) ON CONFLICT DO NOTHING",
        )
        .bind(&digest)
        .bind(&digest)
        .bind(&proposal.inline)
        .bind(now.millis())
        .bind(&digest);
}
