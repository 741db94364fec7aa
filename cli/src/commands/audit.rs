//! `forgeline audit`: the chain of decisions, checked and handed out.

mod text;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use forgeline_model::canonical;
use forgeline_runner::checkpoint::{Witness, line};
use forgeline_store::{AuditRow, Store};
use serde_json::{Value, json};

use super::Session;
use crate::exit::{Exit, Failure};

/// Rows read at once.
const PAGE: u32 = 1000;

/// Check the record of decisions, and hand it out.
///
/// Every decision carries the hash of the one before it. Who changes or removes one breaks the chain.
///
/// Example: `forgeline audit verify`
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Walk the chain and name the first row that is wrong.
    ///
    /// With checkpoints it is seen as well that rows were cut off at the end, or the whole chain was written anew.
    Verify {
        /// File with checkpoints; the operator file's `audit.checkpoint` otherwise.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Print decisions, oldest first, one document a line.
    Export(Export),
    /// Print where the chain ends now, for a place that this machine cannot rewrite.
    Checkpoint,
}

/// What to print.
#[derive(Debug, Args)]
pub struct Export {
    /// Form.
    #[arg(long, value_enum, default_value = "ndjson")]
    format: Format,
    /// Only decisions from this time on, RFC 3339 or a date.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// One JSON document a line.
    Ndjson,
}

impl Audit {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let runner = session.look().await?;
        match self {
            Self::Verify { checkpoint } => verify(session, &runner.store, checkpoint).await,
            Self::Export(Export { format: Format::Ndjson, since }) => {
                export(session, &runner.store, since.as_deref()).await?;
                Ok(Exit::Success)
            }
            Self::Checkpoint => {
                let key = session.operator.witness()?.and_then(|witness| witness.key);
                let key = key.as_ref().map(forgeline_runner::secret::read).transpose()?;
                let now = runner.store.checkpoint(runner.clock.now()).await?;
                let nothing = || Failure::new(Exit::NotFound, "nothing was decided yet; there is no chain to look at");
                let line = line(&now.ok_or_else(nothing)?, key.as_ref());
                session.out.print("checkpoint", &line, || format!("{}\n", canonical::to_string(&line)));
                Ok(Exit::Success)
            }
        }
    }
}

async fn verify(session: &Session, store: &Store, file: Option<PathBuf>) -> anyhow::Result<Exit> {
    let configured = session.operator.witness()?;
    let key = configured.as_ref().and_then(|witness| witness.key.clone());
    let witness = match file {
        Some(checkpoint) => Some(Witness { checkpoint, key }),
        // Before the first checkpoint there is no file.
        None => configured.filter(|witness| witness.checkpoint.exists()),
    };
    let checkpoints = witness.map(|witness| witness.read()).transpose()?.unwrap_or_default();
    let found = store.verify_audit(&checkpoints).await?;
    session.out.print("audit", &json!(found), || text::verified(&found));
    Ok(if found.broken.is_none() { Exit::Success } else { Exit::Failed })
}

async fn export(session: &Session, store: &Store, since: Option<&str>) -> anyhow::Result<()> {
    let since = since.map(text::time).transpose()?;
    let mut seen = 0;
    loop {
        let rows = store.audit_rows(seen, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        seen = last.id;
        for row in rows.iter().filter(|row| since.is_none_or(|since| row.at >= since)) {
            session.out.exact(&format!("{}\n", document(row)));
        }
    }
}

/// A row as it is hashed: `detail` stays the text that the hash covers.
fn document(row: &AuditRow) -> String {
    let mut value: Value = json!(row);
    value["schemaVersion"] = json!(1);
    canonical::to_string(&value)
}
