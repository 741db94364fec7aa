//! Azure DevOps Services and Server, seen as a forge elsewhere.
//!
//! [`AzureDevOps`] implements [`Remote`] in the words of the mirror: a repository is `project/repository` with names that the
//! mirror takes, somebody is a login made of their account's name and id, a work item is an issue of one repository of its
//! project, and a pull request has a number of its own range. What it remembers can be lost.
//!
//! Requests are built by `azure_devops_rust_api` and sent by a transport of our own, below that crate's clients: it holds the
//! credential, obeys the limits, and never repeats a write that may have arrived. Answers are read with small shapes of
//! our own, since that crate's types take fields for certain that servers leave out. Four requests are ours altogether: who
//! is asking (no client has it), tokens of service principals, edits of a pull request's base, and threads
//! with properties, for which its types have no room.

mod api;
mod auth;
mod config;
mod hooks;
mod html;
mod http;
mod ids;
mod limits;
mod names;
mod people;
mod places;
mod shapes;
mod verbs;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use forgeline_forge::{
    remote::{
        GitAccess, ItemPlace, NewCheck, NewPullRequest, Reaction, Remote, RemoteComment, RemoteError, RemoteFeedback,
        RemoteItem, RemoteRepository, Scan,
    },
    types::{RepoId, Role},
};
use forgeline_model::Timestamp;
use forgeline_repo::BranchName;

pub use config::{Auth, Config, ConfigError, Limits};
pub use forgeline_forge::remote::adapter::{Clock, SecretSource, SystemClock};
pub use hooks::{Change, Hooks, Subscription};
pub use ids::pull_request_id;
pub use names::repo_id;

/// Azure DevOps, as a token or a service principal sees it.
pub struct AzureDevOps {
    api: api::Api,
}

impl AzureDevOps {
    /// Opens no connection yet. Call it within a Tokio runtime.
    ///
    /// # Errors
    /// [`ConfigError`] when the address or the machine's certificates cannot be used.
    pub fn new(config: Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        Ok(Self { api: api::Api::new(config, clock)? })
    }
}

impl AzureDevOps {
    /// Makes sure that service hooks are subscribed to; with `dry_run` it only reads. What is there already stays, and what
    /// of it differs is changed; repeated, it changes nothing.
    ///
    /// # Errors
    /// A project is not there, or the account may not manage its subscriptions. What was made before that stays.
    pub async fn subscribe(&self, hooks: &Hooks, dry_run: bool) -> Result<Vec<Subscription>, RemoteError> {
        hooks::subscribe(&self.api, hooks, dry_run).await
    }
}

impl fmt::Debug for AzureDevOps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureDevOps").field("base", self.api.base()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Remote for AzureDevOps {
    fn kind(&self) -> &'static str {
        "azure-devops"
    }

    async fn me(&self) -> Result<String, RemoteError> {
        verbs::repositories::me(&self.api).await
    }

    async fn repositories(&self) -> Result<Vec<RemoteRepository>, RemoteError> {
        verbs::repositories::all(&self.api).await
    }

    async fn items(&self, repo: &RepoId, scan: Scan) -> Result<Vec<RemoteItem>, RemoteError> {
        verbs::items::scan(&self.api, repo, scan).await
    }

    async fn item(&self, repo: &RepoId, number: u64) -> Result<Option<RemoteItem>, RemoteError> {
        verbs::items::one(&self.api, repo, number).await
    }

    async fn comments_since(&self, repo: &RepoId, since: Timestamp) -> Result<Vec<RemoteComment>, RemoteError> {
        verbs::comments::since(&self.api, repo, since).await
    }

    async fn comments(&self, repo: &RepoId, number: u64) -> Result<Vec<RemoteComment>, RemoteError> {
        verbs::comments::of(&self.api, repo, number).await
    }

    async fn thread_comments(&self, repo: &RepoId, number: u64) -> Result<Vec<RemoteComment>, RemoteError> {
        verbs::comments::of(&self.api, repo, number).await
    }

    async fn feedback(&self, repo: &RepoId, number: u64) -> Result<RemoteFeedback, RemoteError> {
        verbs::reviews::feedback(&self.api, repo, number).await
    }

    async fn reply_in_thread(
        &self,
        repo: &RepoId,
        number: u64,
        thread: u64,
        body: &str,
    ) -> Result<RemoteComment, RemoteError> {
        verbs::reviews::reply(&self.api, repo, number, thread, body).await
    }

    async fn open_pull_requests(&self, repo: &RepoId, head: &BranchName) -> Result<Vec<RemoteItem>, RemoteError> {
        verbs::pulls::open_from(&self.api, repo, head).await
    }

    async fn role_of(&self, repo: &RepoId, login: &str) -> Result<Option<Role>, RemoteError> {
        verbs::people::role_of(&self.api, repo, login).await
    }

    async fn place_of_item(&self, repo: &RepoId, number: u64) -> Result<Option<ItemPlace>, RemoteError> {
        verbs::areas::of(&self.api, repo, number).await
    }

    async fn labelled_by(&self, repo: &RepoId, number: u64, label: &str) -> Result<Option<String>, RemoteError> {
        verbs::people::labelled_by(&self.api, repo, number, label).await
    }

    async fn pushed_by(&self, repo: &RepoId, branch: &str, commit: &str) -> Result<Option<String>, RemoteError> {
        verbs::people::pushed_by(&self.api, repo, branch, commit).await
    }

    async fn tagged_by(&self, repo: &RepoId, tag: &str, _moved: bool) -> Result<Option<String>, RemoteError> {
        verbs::people::tagged_by(&self.api, repo, tag).await
    }

    fn lists_all(&self) -> bool {
        // With one project only, the others are not looked at.
        self.api.project.is_none()
    }

    fn head_of_pull_request(&self, number: u64) -> String {
        match ids::Item::of(number) {
            // There is no reference of the head alone; this one has it as a parent.
            Some(ids::Item::Pull(id)) => format!("refs/pull/{id}/merge"),
            _ => format!("refs/pull/{number}/merge"),
        }
    }

    async fn git_access(&self, repo: &RepoId, _write: bool) -> Result<GitAccess, RemoteError> {
        verbs::repositories::git_access(&self.api, repo).await
    }

    async fn create_comment(&self, repo: &RepoId, number: u64, body: &str) -> Result<RemoteComment, RemoteError> {
        verbs::comments::create(&self.api, repo, number, body).await
    }

    async fn edit_comment(
        &self,
        repo: &RepoId,
        number: u64,
        id: u64,
        body: &str,
    ) -> Result<RemoteComment, RemoteError> {
        verbs::comments::edit(&self.api, repo, number, id, body).await
    }

    async fn react(&self, repo: &RepoId, number: u64, id: u64, reaction: Reaction) -> Result<(), RemoteError> {
        verbs::comments::react(&self.api, repo, number, id, reaction).await
    }

    async fn open_issue(
        &self,
        repo: &RepoId,
        title: &str,
        body: &str,
        labels: &[String],
    ) -> Result<RemoteItem, RemoteError> {
        verbs::items::open(&self.api, repo, title, body, labels).await
    }

    async fn open_pull_request(&self, repo: &RepoId, new: &NewPullRequest) -> Result<RemoteItem, RemoteError> {
        verbs::pulls::open(&self.api, repo, new).await
    }

    async fn edit_pull_request(
        &self,
        repo: &RepoId,
        number: u64,
        title: Option<&str>,
        body: Option<&str>,
        base: Option<&BranchName>,
    ) -> Result<RemoteItem, RemoteError> {
        verbs::pulls::edit(&self.api, repo, number, title, body, base).await
    }

    async fn set_open(&self, repo: &RepoId, number: u64, open: bool) -> Result<RemoteItem, RemoteError> {
        verbs::items::set_open(&self.api, repo, number, open).await
    }

    async fn add_labels(&self, repo: &RepoId, number: u64, labels: &[String]) -> Result<(), RemoteError> {
        verbs::labels::add(&self.api, repo, number, labels).await
    }

    async fn remove_label(&self, repo: &RepoId, number: u64, label: &str) -> Result<(), RemoteError> {
        verbs::labels::remove(&self.api, repo, number, label).await
    }

    async fn request_reviewers(
        &self,
        repo: &RepoId,
        number: u64,
        names: &[String],
    ) -> Result<Vec<String>, RemoteError> {
        verbs::reviewers::request(&self.api, repo, number, names).await
    }

    async fn put_check(&self, repo: &RepoId, check: &NewCheck) -> Result<(), RemoteError> {
        verbs::checks::put(&self.api, repo, check).await
    }
}
