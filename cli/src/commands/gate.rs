//! `forgeline gate`: the write gate's verdicts.

mod replay;

use clap::Subcommand;

use super::Session;
use crate::exit::Exit;

/// Look at verdicts of the write gate.
///
/// `forgeline explain protected-path` explains a rule.
///
/// Example: `forgeline gate replay @latest`
#[derive(Debug, Subcommand)]
pub enum Gate {
    /// Make a run's recorded verdict again, offline, and compare both byte for byte.
    Replay {
        /// The run.
        run: String,
    },
}

impl Gate {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::Replay { run } => replay::perform(session, &run).await,
        }
    }
}
