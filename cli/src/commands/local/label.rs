//! Labels on the local forge.

use clap::Subcommand;
use serde_json::json;

use super::{Change, Desk, On, Session};
use crate::exit::Exit;

/// Labels.
#[derive(Debug, Subcommand)]
pub enum LabelVerb {
    /// Put a label on an issue or pull request.
    Add {
        /// Its number.
        number: u64,
        /// The label.
        label: String,
        #[command(flatten)]
        change: Change,
    },
    /// Take a label off.
    Remove {
        /// Its number.
        number: u64,
        /// The label.
        label: String,
        #[command(flatten)]
        change: Change,
    },
    /// List the repository's labels.
    List(On),
}

impl LabelVerb {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::Add { number, label, change } => {
                let desk = Desk::change(session, change).await?;
                let repo = desk.repo().await?;
                let changed = desk.forge().add_label(&repo, number, &label, &desk.actor, desk.now).await?;
                let told = json!({"number": number, "label": label, "changed": changed});
                desk.session.out.print("label", &told, || format!("{repo}#{number} has label `{label}`\n"));
                desk.then_bot().await
            }
            Self::Remove { number, label, change } => {
                let desk = Desk::change(session, change).await?;
                let repo = desk.repo().await?;
                let changed = desk.forge().remove_label(&repo, number, &label, &desk.actor, desk.now).await?;
                let told = json!({"number": number, "label": label, "changed": changed});
                desk.session.out.print("label", &told, || format!("{repo}#{number} has no label `{label}`\n"));
                desk.then_bot().await
            }
            Self::List(on) => {
                let desk = Desk::look(session, on).await?;
                let repo = desk.repo().await?;
                let labels = desk.forge().labels(&repo).await?;
                session.out.print("labels", &labels, || labels.iter().map(|(name, _)| format!("{name}\n")).collect());
                Ok(Exit::Success)
            }
        }
    }
}
