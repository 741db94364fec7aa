//! `forgeline contracts docs`: pages for people, out of the registry.

use std::path::PathBuf;

use clap::Args;
use forgeline_registry::rules::pages;
use serde_json::json;

use super::place::Which;
use crate::{
    commands::{
        Session,
        init::files::{self, Action},
    },
    exit::{Exit, Failure},
    rehearsal::DryRun,
};

/// Write a page for each event and an index.
///
/// Example: `forgeline contracts docs --to docs/contracts`
#[derive(Debug, Args)]
pub struct Docs {
    #[command(flatten)]
    which: Which,
    /// Folder of the pages; `docs/contracts` of the repository by default.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Only say whether the pages are up to date; ends with 1 when they are not.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    how: DryRun,
}

impl Docs {
    pub(super) fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let place = self.which.read(session)?;
        let found = |found| Failure::invalid("the registry cannot be read", found);
        let pages = pages(&place.files).map_err(found)?;
        let folder = self.to.unwrap_or_else(|| place.root.join("docs/contracts"));
        let plan = files::plan(&folder, &pages, true)?;
        let stale = plan.iter().any(|page| page.action != Action::Same);
        if !self.how.dry_run && !self.check {
            files::write(&folder, &plan)?;
        }
        // What is only looked at is told as what would be done.
        let how = DryRun { dry_run: self.how.dry_run || self.check };
        let value = json!({"folder": folder, "files": files::value(&plan)});
        session.out.rehearsing(how).print("docs", &value, || files::text(&plan, how));
        Ok(if self.check && stale { Exit::Failed } else { Exit::Success })
    }
}
