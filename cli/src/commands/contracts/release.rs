//! `forgeline contracts release`: from heads to published versions.

use clap::Args;
use forgeline_model::FileSet;
use forgeline_registry::rules::{CODEOWNERS, Refused, Report, format::human, publish};
use serde_json::json;

use super::place::Against;
use crate::{
    commands::{
        Session,
        init::files::{self, Action},
    },
    exit::{Exit, Failure},
    output,
    rehearsal::DryRun,
};

/// Publish each head whose version has none yet: its version, its lock, and the owners' block of CODEOWNERS.
///
/// Refuses when a rule of level error has found something new that no exception covers.
///
/// Example: `forgeline contracts release --base main`
#[derive(Debug, Args)]
pub struct Release {
    #[command(flatten)]
    against: Against,
    #[command(flatten)]
    how: DryRun,
}

impl Release {
    pub(super) fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let place = self.against.which.read(session)?;
        let ground = place.ground(self.against.base.as_deref())?;
        let new = publish(&place.files, ground.base.as_ref(), &place.below, ground.today, &ground.published);
        let new = new.map_err(|refused| refuse(refused, &place.below))?;
        // Paths as seen from the repository's root, where CODEOWNERS lies.
        let mut wanted = FileSet::new("release");
        for (path, bytes) in new.iter() {
            let full = if place.below.is_empty() || path == CODEOWNERS {
                path.to_owned()
            } else {
                format!("{}/{path}", place.below)
            };
            wanted.insert(full, bytes);
        }
        // Only CODEOWNERS can be there: a version that is there is not published again.
        let plan = files::plan(&place.root, &wanted, true)?;
        if let Some(there) = plan.iter().find(|it| it.action == Action::Replace && it.path != CODEOWNERS) {
            return Err(
                Failure::new(Exit::Failed, format!("`{}` is there already; nothing was written", there.path)).into()
            );
        }
        if !self.how.dry_run {
            files::write(&place.root, &plan)?;
        }
        let value = json!({"folder": place.root, "files": files::value(&plan)});
        session.out.rehearsing(self.how).print("release", &value, || {
            if plan.is_empty() { "nothing to publish\n".to_owned() } else { files::text(&plan, self.how) }
        });
        Ok(Exit::Success)
    }
}

fn refuse(refused: Refused, below: &str) -> Failure {
    match refused {
        Refused::Invalid(diagnostics) => Failure::invalid("the registry cannot be read", diagnostics),
        Refused::Findings(introduced) => {
            let count = introduced.len();
            output::note(&human(&Report { introduced, accepted: Vec::new() }.below(below)));
            let found = crate::commands::wording::count(count, "finding");
            let message = format!("not released: {found} of level error; settle them first");
            Failure::new(Exit::Failed, message)
        }
    }
}
