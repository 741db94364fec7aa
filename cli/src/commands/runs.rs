//! `forgeline runs`: what ran, how far it came, and what to do next.

mod cancel;
mod list;
mod logs;
pub mod next;
mod show;

use clap::Subcommand;

use super::Session;
use crate::{exit::Exit, rehearsal::DryRun};

/// Look at runs.
///
/// A run is named by its id, by the beginning of it, or by `@latest` and `@failed`.
///
/// Example: `forgeline runs show @latest`
#[derive(Debug, Subcommand)]
pub enum Runs {
    /// List runs, newest first.
    List(list::List),
    /// Show a run: stages, failures, verdict, result, what to do next.
    Show(show::Show),
    /// Show all that happened in a run, in order of time.
    Logs {
        /// The run.
        run: String,
    },
    /// Stop a run at its next checkpoint; nothing is written then.
    Cancel {
        /// The run.
        run: String,
        #[command(flatten)]
        how: DryRun,
    },
}

impl Runs {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => list.perform(session).await,
            Self::Show(show) => show.perform(session).await,
            Self::Logs { run } => logs::perform(session, &run).await,
            Self::Cancel { run, how } => cancel::perform(&session.to_change(how).await?, &run).await,
        }
    }
}
