//! `--dry-run`: the command is performed on a copy of the state, and the copy is thrown away.
//!
//! So a dry run finds what the real one would find, refuses what it would refuse, and says what it would say. What lies
//! outside of the state, such as a repository or a folder to write to, is left to the command itself.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use clap::Args;
use tempfile::TempDir;

use crate::commands::Session;

/// The flag of every verb that changes something.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct DryRun {
    /// Show what would change, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

impl Session {
    /// The session to change things in: this one, or, for a dry run, one on a copy of its state.
    pub async fn to_change(&self, how: DryRun) -> anyhow::Result<Self> {
        if !how.dry_run {
            return Ok(self.clone());
        }
        let copy = tempfile::Builder::new().prefix("forgeline-dry-run-").tempdir();
        let copy = copy.context("a folder for the dry run cannot be made")?;
        forgeline_store::copy_state(&self.state, copy.path()).await?;
        let mut session = self.clone();
        session.state = copy.path().to_owned();
        session.out.dry_run = true;
        session.copy_of = Some(Arc::new(Copy { folder: copy, of: self.state.clone() }));
        Ok(session)
    }

    /// Whether this is a dry run.
    pub fn is_rehearsal(&self) -> bool {
        self.copy_of.is_some()
    }

    /// A path below the state as it is, or would be, without the dry run.
    pub fn real_path(&self, path: &Path) -> std::path::PathBuf {
        let below = self.copy_of.as_ref().and_then(|copy| Some((copy, path.strip_prefix(copy.folder.path()).ok()?)));
        below.map_or_else(|| path.to_owned(), |(copy, below)| copy.of.join(below))
    }
}

/// A copy of a state directory; gone with the last session that uses it.
#[derive(Debug)]
pub struct Copy {
    folder: TempDir,
    of: std::path::PathBuf,
}
