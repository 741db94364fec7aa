//! `forgeline rebuild`: a new store out of Git and the forge.

use clap::Args;
use serde_json::json;

use super::{
    Session,
    bot::{Scope, Wired},
};
use crate::{
    exit::{Exit, Failure},
    rehearsal::DryRun,
};

/// Make the state anew out of Git and the forge, after it was lost or damaged.
///
/// Runs that commits and comments tell of come back as ended; then the forge is read again from its beginning: what asked
/// for an ended run joins it, what asked for one that had not ended starts it again. Results of stages that are still kept are
/// taken over. Issues, pull requests and comments of the local forge stay as they are.
#[derive(Debug, Args)]
pub struct Rebuild {
    #[command(flatten)]
    how: DryRun,
}

impl Rebuild {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let session = &session.to_change(self.how).await?;
        let wired = Wired::open(session).await?;
        if wired.runner.store.is_shared()? {
            let message = "another process works with this state; end it first, so that nothing is done twice";
            anyhow::bail!(Failure::new(Exit::Failed, message));
        }
        let (ended, found) = wired.bot.ended_runs().await?;
        wired.bot.rebuild(&ended, &found).await?;
        let document = json!({
            "from_commits": found.from_commits, "from_comments": found.from_comments, "deliveries": found.deliveries,
        });
        session.out.print("rebuild", &document, || {
            format!(
                "{} ended runs are known from commits, {} from comments; {} entries of the forge are looked at again\n",
                found.from_commits, found.from_comments, found.deliveries
            )
        });
        let exit = if session.is_rehearsal() { Exit::Success } else { wired.settle(Scope::All).await?.exit() };
        wired.runner.store.close().await;
        Ok(exit)
    }
}
