//! The chain of decisions: each row's hash covers the row and the hash of the row before it.
//!
//! Whoever changes, inserts or removes a row breaks the chain behind it. Who can rewrite the whole table can also rewrite
//! the chain; against that, and against rows cut off at the end, stand checkpoints kept where this process cannot reach.

use forgeline_model::{Digest, Timestamp, canonical};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::SqliteConnection;

use crate::{Store, StoreError};

/// Rows read at once.
const PAGE: u32 = 1000;

/// A row of the chain, as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct AuditRow {
    /// Its number.
    pub id: i64,
    /// What was decided on.
    pub subject: String,
    /// The rule that decided.
    pub rule: String,
    /// What it said.
    pub verdict: String,
    /// What it looked at: the stored JSON text.
    pub detail: String,
    /// Digest of what it looked at.
    pub inputs_digest: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// Its hash; none for rows from before the chain.
    pub hash: Option<String>,
}

/// A place in the chain that was seen to be so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The last row.
    pub row: i64,
    /// Its hash.
    pub hash: Digest,
    /// When it was taken, RFC 3339.
    pub at: String,
}

/// What a look at the whole chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Rows that are chained.
    pub rows: u64,
    /// Rows from before the chain.
    pub unchained: u64,
    /// The last row and its hash.
    pub head: Option<(i64, Digest)>,
    /// Checkpoints that agree.
    pub checkpoints: usize,
    /// The first thing that is wrong.
    pub broken: Option<Broken>,
}

/// What is wrong with the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "finding")]
pub enum Broken {
    /// The row's hash does not fit: it was edited, or the row before it was.
    Edited {
        /// Which row.
        row: i64,
    },
    /// Rows are missing before this one.
    Missing {
        /// The first missing row.
        from: i64,
        /// The row that follows the gap.
        row: i64,
    },
    /// A checkpoint names a row that is not there any more.
    Truncated {
        /// The row that the checkpoint saw.
        row: i64,
        /// The last row there is.
        last: i64,
    },
    /// A checkpoint saw another hash at this row: what is there was written anew.
    Rewritten {
        /// Which row.
        row: i64,
    },
}

/// What the first row of a chain follows.
fn genesis() -> Digest {
    Digest::of_bytes(b"forgeline audit chain v1")
}

/// The hash of a row that follows `previous`.
fn link(previous: &Digest, row: &AuditRow) -> Digest {
    let text = canonical::to_string(&json!({
        "id": row.id, "subject": row.subject, "rule": row.rule, "verdict": row.verdict, "detail": row.detail,
        "inputs_digest": row.inputs_digest, "at": row.at,
    }));
    Digest::of_bytes(format!("{}\n{text}", previous.hex()).as_bytes())
}

/// The end of the chain inside a transaction; rows are added to it one after the other.
pub(crate) struct Chain {
    last: i64,
    head: Digest,
}

impl Chain {
    pub(crate) async fn end(tx: &mut SqliteConnection) -> Result<Self, StoreError> {
        let last: Option<(i64, Option<String>)> =
            sqlx::query_as("SELECT id, hash FROM decision ORDER BY id DESC LIMIT 1").fetch_optional(&mut *tx).await?;
        let (last, hash) = last.unwrap_or((0, None));
        let head = hash.and_then(|hash| hash.parse().ok()).unwrap_or_else(genesis);
        Ok(Self { last, head })
    }

    /// Gives a row its number and its hash.
    pub(crate) fn add(&mut self, mut row: AuditRow) -> AuditRow {
        self.last += 1;
        row.id = self.last;
        self.head = link(&self.head, &row);
        row.hash = Some(self.head.to_string());
        row
    }
}

impl Store {
    /// Walks the chain and compares it with what was seen before. Finds the first thing that is wrong.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn verify_audit(&self, checkpoints: &[Checkpoint]) -> Result<Verified, StoreError> {
        let first: i64 = sqlx::query_scalar("SELECT first FROM audit_chain").fetch_one(&self.reader).await?;
        let mut walk = Walk { next: first, head: genesis(), agreed: 0, rows: 0 };
        let mut seen = first - 1;
        let mut broken = None;
        while broken.is_none() {
            let rows = self.audit_rows(seen, PAGE).await?;
            let Some(last) = rows.last() else { break };
            seen = last.id;
            broken = rows.iter().find_map(|row| walk.row(row, checkpoints));
        }
        let last = walk.next - 1;
        let beyond = checkpoints.iter().find(|checkpoint| checkpoint.row > last);
        let before = checkpoints.iter().find(|checkpoint| checkpoint.row < first);
        let broken = broken.or(before.map(|checkpoint| Broken::Rewritten { row: checkpoint.row }));
        let broken = broken.or(beyond.map(|checkpoint| Broken::Truncated { row: checkpoint.row, last }));
        let unchained: i64 = sqlx::query_scalar("SELECT count(*) FROM decision WHERE id < ?")
            .bind(first)
            .fetch_one(&self.reader)
            .await?;
        Ok(Verified {
            rows: walk.rows,
            unchained: u64::try_from(unchained).unwrap_or(0),
            head: (walk.rows > 0).then_some((last, walk.head)),
            checkpoints: walk.agreed,
            broken,
        })
    }

    /// Where the chain ends now; none when nothing was decided yet.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn checkpoint(&self, now: Timestamp) -> Result<Option<Checkpoint>, StoreError> {
        let last: Option<(i64, Option<String>)> =
            sqlx::query_as("SELECT id, hash FROM decision ORDER BY id DESC LIMIT 1")
                .fetch_optional(&self.reader)
                .await?;
        let Some((row, Some(hash))) = last else { return Ok(None) };
        Ok(hash.parse().ok().map(|hash| Checkpoint { row, hash, at: now.to_string() }))
    }

    /// Rows after a number, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn audit_rows(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT id, subject, rule, verdict, detail, inputs_digest, at, hash FROM decision WHERE id > ? \
             ORDER BY id LIMIT ?",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&self.reader)
        .await?)
    }
}

/// A walk along the chain.
struct Walk {
    next: i64,
    head: Digest,
    rows: u64,
    agreed: usize,
}

impl Walk {
    /// What is wrong with the next row.
    fn row(&mut self, row: &AuditRow, checkpoints: &[Checkpoint]) -> Option<Broken> {
        if row.id != self.next {
            return Some(Broken::Missing { from: self.next, row: row.id });
        }
        let hash = link(&self.head, row);
        if row.hash.as_deref() != Some(hash.to_string().as_str()) {
            return Some(Broken::Edited { row: row.id });
        }
        let mut seen = checkpoints.iter().filter(|checkpoint| checkpoint.row == row.id);
        if seen.any(|checkpoint| checkpoint.hash != hash) {
            return Some(Broken::Rewritten { row: row.id });
        }
        self.agreed += checkpoints.iter().filter(|checkpoint| checkpoint.row == row.id).count();
        self.next += 1;
        self.rows += 1;
        self.head = hash;
        None
    }
}
