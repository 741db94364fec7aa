//! GitHub and GitHub Enterprise Server, seen as a forge elsewhere.
//!
//! [`GitHub`] implements [`Remote`]: one request per verb, in GitHub's own words, within GitHub's limits. It decides nothing and
//! remembers only what can be lost: tokens, installations, and bodies that GitHub says have not changed.

mod api;
mod auth;
mod config;
mod http;
mod ids;
mod limits;
mod shapes;
mod verbs;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use forgeline_forge::{
    remote::{
        GitAccess, MissedHook, NewCheck, NewPullRequest, OwnCheck, Reaction, Remote, RemoteComment, RemoteError,
        RemoteFeedback, RemoteItem, RemoteRepository, Scan,
    },
    types::{RepoId, Role},
};
use forgeline_model::Timestamp;
use forgeline_repo::BranchName;

pub use config::{Auth, Config, ConfigError, Limits};
pub use forgeline_forge::remote::adapter::{Clock, SecretSource, SystemClock};

/// GitHub, as a token or an App sees it.
pub struct GitHub {
    api: api::Api,
}

impl GitHub {
    /// Opens no connection yet. Call it within a Tokio runtime.
    ///
    /// # Errors
    /// [`ConfigError`] when the address or the machine's certificates cannot be used.
    pub fn new(config: Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        Ok(Self { api: api::Api::new(config, clock)? })
    }
}

impl fmt::Debug for GitHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHub").field("base", self.api.base()).field("app", &self.api.app()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Remote for GitHub {
    fn kind(&self) -> &'static str {
        "github"
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

    async fn review_comments(&self, repo: &RepoId, number: u64) -> Result<Vec<RemoteComment>, RemoteError> {
        verbs::reviews::comments(&self.api, repo, number).await
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

    async fn labelled_by(&self, repo: &RepoId, number: u64, label: &str) -> Result<Option<String>, RemoteError> {
        verbs::people::labelled_by(&self.api, repo, number, label).await
    }

    async fn reopened_by(&self, repo: &RepoId, number: u64) -> Result<Option<String>, RemoteError> {
        verbs::people::reopened_by(&self.api, repo, number).await
    }

    async fn pushed_by(&self, repo: &RepoId, branch: &str, commit: &str) -> Result<Option<String>, RemoteError> {
        verbs::people::pushed_by(&self.api, repo, branch, commit).await
    }

    async fn tagged_by(&self, repo: &RepoId, tag: &str, moved: bool) -> Result<Option<String>, RemoteError> {
        // Nothing there tells who moved one, and its maker did not.
        if moved { Ok(None) } else { verbs::people::tagged_by(&self.api, repo, tag).await }
    }

    fn lists_all(&self) -> bool {
        self.api.job().is_none()
    }

    async fn missed_hooks(&self, since: Timestamp, events: &[&str]) -> Result<Vec<MissedHook>, RemoteError> {
        verbs::deliveries::missed(&self.api, since, events).await
    }

    async fn missed_hook_body(&self, id: u64) -> Result<Option<Vec<u8>>, RemoteError> {
        verbs::deliveries::body(&self.api, id).await
    }

    fn head_of_pull_request(&self, number: u64) -> String {
        format!("refs/pull/{number}/head")
    }

    async fn git_access(&self, repo: &RepoId, write: bool) -> Result<GitAccess, RemoteError> {
        verbs::repositories::git_access(&self.api, repo, write).await
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

    async fn own_check(&self, repo: &RepoId, id: u64) -> Result<Option<OwnCheck>, RemoteError> {
        verbs::checks::own(&self.api, repo, id).await
    }

    async fn account_id(&self, repo: &RepoId, login: &str) -> Result<Option<u64>, RemoteError> {
        verbs::people::account_id(&self.api, repo, login).await
    }
}
