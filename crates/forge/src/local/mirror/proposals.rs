//! Forgeline's pull requests elsewhere: one for each branch, whatever happens between asking for it and hearing of it.

use std::{sync::Arc, time::Duration};

use forgeline_model::Timestamp;
use forgeline_repo::BranchName;

use super::Elsewhere;
use crate::{
    ForgeError, LocalForge, PullRequestProposal,
    local::pull_requests::{Planned, load},
    remote::{NewPullRequest, RemoteError, RemoteItem, Trouble},
    types::{Login, PullRequest, RepoId, Upsert},
};

/// Waits between tries while the forge does not know yet what was just pushed, milliseconds.
const LAG_MS: [u64; 4] = [250, 500, 1_000, 2_000];

impl LocalForge {
    /// The same as on the local forge, with what is there now in place of what is known here.
    pub(in crate::local) async fn upsert_pull_request_there(
        &self,
        there: &Arc<Elsewhere>,
        repo: &RepoId,
        wanted: &PullRequestProposal,
        actor: &Login,
        at: Timestamp,
    ) -> Result<Upsert<PullRequest>, ForgeError> {
        self.only_forgeline(repo, actor).await?;
        self.see_open(there, repo, &wanted.head, at).await?;
        let place = self.place_for(repo, wanted, actor).await?;
        let planned = place.plan(&mut self.view(repo).await?, wanted).await?;
        match planned {
            Planned::Leave(item) => {
                let mut view = self.view(repo).await?;
                Ok(Upsert::Unchanged(load(&mut view, item).await?))
            }
            Planned::Open => {
                let item = self.open_there(there, repo, wanted, &place.base, at).await?;
                self.add_labels_there(there, repo, item.number, &wanted.labels, actor, at).await?;
                Ok(Upsert::Created(self.pull_request(repo, item.number).await?))
            }
            Planned::Change(item) => {
                let number = u64::try_from(item.number).unwrap_or_default();
                let differs = |new: &str, old: &str| (new != old).then(|| new.to_owned());
                let title = differs(&wanted.title, &item.title);
                let body = differs(&wanted.body, &item.body);
                let base = (place.base.as_str() != item.base).then_some(&place.base);
                let is_edited = title.is_some() || body.is_some() || base.is_some();
                if is_edited {
                    let edit = there.remote.edit_pull_request(repo, number, title.as_deref(), body.as_deref(), base);
                    let edited = edit.await?;
                    self.writing.note(repo, number);
                    self.take_in(there, repo, &edited, at).await?;
                }
                let is_labelled = self.add_labels_there(there, repo, number, &wanted.labels, actor, at).await?;
                let is_moved = item.head_commit != place.tips.head.to_string();
                let now = self.pull_request(repo, number).await?;
                Ok(if is_edited || is_labelled || is_moved { Upsert::Updated(now) } else { Upsert::Unchanged(now) })
            }
        }
    }

    /// Takes in the open pull requests of a branch.
    async fn see_open(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        head: &BranchName,
        at: Timestamp,
    ) -> Result<Vec<RemoteItem>, ForgeError> {
        let open = there.remote.open_pull_requests(repo, head).await?;
        for item in &open {
            self.take_in(there, repo, item, at).await?;
        }
        Ok(open)
    }

    async fn open_there(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        wanted: &PullRequestProposal,
        base: &BranchName,
        at: Timestamp,
    ) -> Result<RemoteItem, ForgeError> {
        let mut new = NewPullRequest {
            head: wanted.head.clone(),
            base: base.clone(),
            title: wanted.title.clone(),
            body: wanted.body.clone(),
            draft: wanted.draft,
        };
        let mut waits = LAG_MS.into_iter();
        loop {
            let error = match there.remote.open_pull_request(repo, &new).await {
                Ok(item) => {
                    forgeline_failpoint::pass("pull-request", "opened");
                    self.take_in(there, repo, &item, at).await?;
                    return Ok(item);
                }
                Err(error) => error,
            };
            if matches!(error.trouble, Trouble::Exists(_)) {
                let open = self.see_open(there, repo, &wanted.head, at).await?;
                let same = |item: &RemoteItem| item.pull.as_ref().is_some_and(|pull| pull.base == *base);
                return open.into_iter().find(same).ok_or_else(|| error.into());
            }
            if new.draft && refuses(&error, "draft") {
                // Some plans have no drafts; the gate's labels still say that a person has to look.
                new.draft = false;
                continue;
            }
            match waits.next() {
                Some(wait) if refuses(&error, "head") || refuses(&error, "no commits") => {
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                }
                _ => return Err(error.into()),
            }
        }
    }
}

fn refuses(error: &RemoteError, word: &str) -> bool {
    matches!(&error.trouble, Trouble::Refused(reason) if reason.to_lowercase().contains(word))
}
