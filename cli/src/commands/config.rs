//! `forgeline config`: the settings in force, and where each comes from.

mod settings;

use clap::Subcommand;
use serde_json::{Value, json};

use super::Session;
use crate::{definitions, exit::Exit};

/// Show settings and where each comes from.
///
/// Example: `forgeline config show --origin`
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Show every setting that this build honours, with its value.
    Show {
        /// Name the flag, the variable, or file and line of each value.
        #[arg(long)]
        origin: bool,
    },
}

impl Config {
    pub fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let Self::Show { origin } = self;
        let in_force = definitions::usable(definitions::load(session)?)?;
        let settings = settings::all(session, &in_force, |name| std::env::var(name).ok());
        let values: Vec<Value> = settings
            .iter()
            .map(|setting| json!({"name": setting.name, "value": setting.value, "origin": setting.origin}))
            .collect();
        session.out.print("settings", &values, || {
            let row = |setting: &settings::Setting| {
                let mut row = vec![setting.name.clone(), setting.value.clone()];
                if origin {
                    row.push(setting.origin.clone());
                }
                row
            };
            let head: &[&str] = if origin { &["SETTING", "VALUE", "FROM"] } else { &["SETTING", "VALUE"] };
            session.out.table(head, &settings.iter().map(row).collect::<Vec<_>>())
        });
        Ok(Exit::Success)
    }
}
