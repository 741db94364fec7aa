//! `forgeline contracts new`: a contract to begin with.

use clap::Args;
use forgeline_registry::rules::scaffold;
use serde_json::json;

use super::place::Which;
use crate::{
    commands::{Session, init::files},
    exit::{Exit, Failure},
    rehearsal::DryRun,
};

/// Write a new contract: manifest, schema, changelog and two examples.
///
/// Example: `forgeline contracts new shop/OrderPlaced --owner @acme/shop`
#[derive(Debug, Args)]
pub struct New {
    /// Domain and event, `shop/OrderPlaced`.
    name: String,
    /// Who reviews changes of it.
    #[arg(long, default_value = "@owner", value_name = "TEAM")]
    owner: String,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    how: DryRun,
}

impl New {
    pub(super) fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let usage = |message: String| Failure::new(Exit::Usage, message);
        let (domain, event) = self
            .name
            .split_once('/')
            .ok_or_else(|| usage(format!("`{}` names no domain; write one like `shop/OrderPlaced`", self.name)))?;
        let place = self.which.read(session)?;
        let wanted = scaffold(&place.files, domain, event, &self.owner).map_err(|fault| usage(fault.to_string()))?;
        let plan = files::plan(&place.folder, &wanted, false)?;
        if !self.how.dry_run {
            files::write(&place.folder, &plan)?;
        }
        let value = json!({"folder": place.folder, "files": files::value(&plan)});
        session.out.rehearsing(self.how).print("new", &value, || {
            let next = "edit schema.json, then `forgeline contracts check` and `forgeline contracts release`";
            format!("{}\nnext: {next}\n", files::text(&plan, self.how))
        });
        Ok(Exit::Success)
    }
}
