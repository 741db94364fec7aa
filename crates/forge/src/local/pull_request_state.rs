//! Closing, reopening and ending the draft state of pull requests.

use forgeline_model::Timestamp;
use forgeline_store::local_forge::ItemFilter;
use serde_json::json;

use super::{
    LocalForge,
    pull_requests::{PULL_REQUEST, Tips, load, set_tips, tips},
};
use crate::{
    ForgeError,
    types::{Feed, Login, PullRequest, RepoId},
};

impl LocalForge {
    /// Closes or reopens a pull request; one that is so already stays as it is.
    ///
    /// # Errors
    /// There is no such pull request, it is merged, its head branch is gone, another one took its place, or `actor`
    /// neither opened it nor is an editor.
    pub async fn set_pull_request_open(
        &self,
        repo: &RepoId,
        number: u64,
        open: bool,
        actor: &Login,
        at: Timestamp,
    ) -> Result<PullRequest, ForgeError> {
        let now = self.pull_request(repo, number).await?;
        let tips = self.tips_of(repo, &now).await;
        let mut verb = self.verb(repo, actor, at).await?;
        let mut item = verb.view.item(number, Some(PULL_REQUEST)).await?;
        verb.require_author_or_editor(&item, "close or reopen this pull request").await?;
        let refuse = |action, state, hint| ForgeError::WrongState { action, number, repo: repo.clone(), state, hint };
        match (item.state.as_str(), open) {
            ("merged", _) => {
                let action = if open { "reopen" } else { "close" };
                return Err(refuse(action, "merged", "revert it with a new pull request"));
            }
            ("open", true) | ("closed", false) => {}
            (_, true) => {
                let filter = ItemFilter {
                    kind: Some(PULL_REQUEST),
                    state: Some("open"),
                    head: Some(item.head.clone()),
                    label: None,
                };
                let others = verb.view.tx.items(verb.view.row.id, &filter).await?;
                if others.iter().any(|other| other.base == item.base) {
                    return Err(refuse("reopen", "replaced by a newer one", "use that one"));
                }
                set_tips(&mut item, &tips?);
                item.state = "open".to_owned();
                item.closed_by = None;
                verb.put(&mut item).await?;
                verb.tell(Feed::PullRequestReopened, number, json!({"head": item.head})).await?;
            }
            (_, false) => {
                // A head branch that is gone leaves the commits as last seen.
                if let Ok(tips) = tips {
                    set_tips(&mut item, &tips);
                }
                item.state = "closed".to_owned();
                item.closed_by = Some(actor.to_string());
                verb.put(&mut item).await?;
                verb.tell(Feed::PullRequestClosed, number, json!({"head": item.head})).await?;
            }
        }
        let pull_request = load(&mut verb.view, item).await?;
        verb.commit().await?;
        Ok(pull_request)
    }

    /// Ends a pull request's draft state; one that is no draft stays as it is.
    ///
    /// # Errors
    /// There is no such pull request, or `actor` neither opened it nor is an editor.
    pub async fn mark_ready(
        &self,
        repo: &RepoId,
        number: u64,
        actor: &Login,
        at: Timestamp,
    ) -> Result<PullRequest, ForgeError> {
        let mut verb = self.verb(repo, actor, at).await?;
        let mut item = verb.view.item(number, Some(PULL_REQUEST)).await?;
        verb.require_author_or_editor(&item, "mark this pull request ready").await?;
        if item.draft {
            item.draft = false;
            verb.put(&mut item).await?;
            verb.tell(Feed::PullRequestReady, number, json!({})).await?;
        }
        verb.commit().await?;
        self.pull_request(repo, number).await
    }

    async fn tips_of(&self, repo: &RepoId, of: &PullRequest) -> Result<Tips, ForgeError> {
        let (head, base) = (of.head.clone(), of.base.clone());
        self.with_git(repo, move |git| tips(git, &head, &base)).await
    }
}
