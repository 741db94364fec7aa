//! `forgeline runs`: what ran, how far it came, and what to do next.

mod again;
mod approve;
mod control;
mod list;
mod logs;
pub mod next;
mod show;

use clap::Subcommand;

use self::control::Control;
use super::Session;
use crate::exit::Exit;

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
    /// Agree to a stage that waits for people.
    Approve(approve::Word),
    /// Refuse a stage that waits for people.
    Reject(approve::Word),
    /// Try a run again; what it finished is taken over.
    Retry(again::Retry),
    /// Make a run's result anew with what you want otherwise; the same pull request is brought up to date.
    Revise(again::Revise),
    /// Start nothing more in a run until it is resumed.
    Pause(control::Which),
    /// Let a paused run go on.
    Resume(control::Which),
    /// Stop a run at its next checkpoint; nothing is written then.
    Cancel {
        #[command(flatten)]
        which: control::Which,
        /// At once, without the stages that clean up.
        #[arg(long)]
        terminate: bool,
    },
}

impl Runs {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => list.perform(session).await,
            Self::Show(show) => show.perform(session).await,
            Self::Logs { run } => logs::perform(session, &run).await,
            Self::Approve(word) => approve::perform(session, word, true).await,
            Self::Reject(word) => approve::perform(session, word, false).await,
            Self::Retry(retry) => retry.perform(session).await,
            Self::Revise(revise) => revise.perform(session).await,
            Self::Pause(which) => control::perform(session, &which, Control::Pause).await,
            Self::Resume(which) => control::perform(session, &which, Control::Resume).await,
            Self::Cancel { which, terminate: false } => control::perform(session, &which, Control::Cancel).await,
            Self::Cancel { which, terminate: true } => control::perform(session, &which, Control::Terminate).await,
        }
    }
}
