//! `rebuild`: what Git and the forge tell of runs that have ended.
//!
//! A commit names its run in trailers; the bot's comments name the runs of an item with their ends. What is found comes back as
//! an ended run; then the forge is read again from its beginning. What asked for an ended run joins it, in silence; what asked
//! for one that had not ended starts it again.

mod comments;
mod commits;
mod spec;

use std::collections::BTreeMap;

use forgeline_model::RunId;
use forgeline_store::EndedRun;

use crate::pass::{Bot, FEED, PassError, RESCAN};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Runs with a commit.
    pub from_commits: usize,
    /// Runs without one, which only the bot's comments tell of.
    pub from_comments: usize,
    /// Entries of the forge's feed that are looked at again.
    pub deliveries: i64,
}

impl Bot {
    /// Finds every run that has ended.
    ///
    /// # Errors
    /// The forge or a repository cannot be read.
    pub async fn ended_runs(&self) -> Result<(Vec<EndedRun>, Rebuilt), PassError> {
        let mut found: BTreeMap<RunId, EndedRun> = BTreeMap::new();
        for repo in self.runner().forge.repositories().await? {
            for run in commits::ended(self, &repo).await? {
                found.insert(run.spec.id.clone(), run);
            }
        }
        let from_commits = found.len();
        for repo in self.runner().forge.repositories().await? {
            for run in comments::ended(self, &repo).await? {
                found.entry(run.spec.id.clone()).or_insert(run);
            }
        }
        let from_comments = found.len() - from_commits;
        let deliveries = self.last_in_feed().await?;
        Ok((found.into_values().collect(), Rebuilt { from_commits, from_comments, deliveries }))
    }

    /// Puts what was found in the place of the state in flight.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn rebuild(&self, ended: &[EndedRun], rebuilt: &Rebuilt) -> Result<(), PassError> {
        let _turn = self.turn().await?;
        Ok(self.runner().store.rebuild(ended, &[(FEED, 0), (RESCAN, rebuilt.deliveries)]).await?)
    }

    async fn last_in_feed(&self) -> Result<i64, PassError> {
        let (mut last, forge) = (0, &self.runner().forge);
        loop {
            let events = forge.events_since(last, 1024).await?;
            match events.last() {
                Some(event) => last = event.seq,
                None => return Ok(i64::try_from(last).unwrap_or(i64::MAX)),
            }
        }
    }
}
