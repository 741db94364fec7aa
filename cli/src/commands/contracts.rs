//! `forgeline contracts`: the event contracts in force, and changes of them.

mod check;
mod diff;
mod docs;
mod explain;
mod impact;
mod look;
mod new;
mod place;
mod release;

use clap::Subcommand;

use super::Session;
use crate::exit::Exit;

/// Look at event contracts, and change them safely.
///
/// Example: `forgeline contracts show VisionDocumentCreated@1.0`
#[derive(Debug, Subcommand)]
pub enum Contracts {
    /// List contracts with their versions.
    List,
    /// Show a contract's schema and an example.
    Show {
        /// `Name`, or `Name@1.0`; the newest version otherwise.
        contract: String,
    },
    New(new::New),
    Check(check::Check),
    Diff(diff::Diff),
    Impact(impact::Impact),
    Release(release::Release),
    Docs(docs::Docs),
    Explain(explain::Explain),
}

impl Contracts {
    pub fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::List => look::list(session),
            Self::Show { contract } => look::show(session, &contract),
            Self::New(command) => command.perform(session),
            Self::Check(command) => command.perform(session),
            Self::Diff(command) => command.perform(session),
            Self::Impact(command) => command.perform(session),
            Self::Release(command) => command.perform(session),
            Self::Docs(command) => command.perform(session),
            Self::Explain(command) => command.perform(session),
        }
    }
}
