//! A forge elsewhere, seen through the few things that Forgeline asks of it.
//!
//! Reading is level-triggered: an adapter tells what is there now, the mirror finds out what is new. Writing is one request per
//! verb and never repeated by an adapter once the request may have arrived: the mirror reads before it writes again. Names
//! are the forge's own (`author` is a login as the forge spells it), so that adapters need no database and decide nothing.

pub mod adapter;
pub mod button;
mod error;
mod shapes;

use async_trait::async_trait;
use forgeline_repo::BranchName;

pub use error::{RemoteError, Trouble};
pub use shapes::{
    CommentPlace, GitAccess, ItemPlace, MissedHook, NewCheck, NewPullRequest, OwnCheck, Reaction, RemoteComment,
    RemoteFeedback, RemoteItem, RemotePull, RemoteRepository, RemoteState, RemoteThread, Scan,
};

use crate::types::{RepoId, Role};

/// A forge elsewhere. Calls wait for their turn in the adapter's own queue and obey the forge's limits; what the forge
/// forbids for longer than a pass should take is [`Trouble::Limited`].
#[async_trait]
pub trait Remote: Send + Sync + 'static {
    /// Short name of the kind of forge, as operators write it: `github`, `azure-devops`.
    fn kind(&self) -> &'static str;

    /// The login under which this adapter writes, as the forge spells it in the author of what it wrote.
    async fn me(&self) -> Result<String, RemoteError>;

    /// Every repository that was given to Forgeline. Those whose names [`RepoId`] does not take are left out and logged.
    async fn repositories(&self) -> Result<Vec<RemoteRepository>, RemoteError>;

    /// Issues and pull requests, in the order in which they last changed, all pages.
    ///
    /// Pull requests come with their details; [`Scan::After`] includes what changed in the very instant it names.
    async fn items(&self, repo: &RepoId, scan: Scan) -> Result<Vec<RemoteItem>, RemoteError>;

    /// One issue or pull request; none when it is not there.
    async fn item(&self, repo: &RepoId, number: u64) -> Result<Option<RemoteItem>, RemoteError>;

    /// Comments of the whole repository that were written or edited at `since` or later, in that order, all pages.
    async fn comments_since(
        &self,
        repo: &RepoId,
        since: forgeline_model::Timestamp,
    ) -> Result<Vec<RemoteComment>, RemoteError>;

    /// All comments of one issue or pull request, oldest first.
    async fn comments(&self, repo: &RepoId, number: u64) -> Result<Vec<RemoteComment>, RemoteError>;

    /// What reviewers wrote on a pull request beside its conversation, threads and texts of reviews, oldest first: all of it
    /// that [`Remote::comments_since`] does not list. A comment that was drafted first is dated when it could be read.
    async fn review_comments(&self, _repo: &RepoId, _number: u64) -> Result<Vec<RemoteComment>, RemoteError> {
        Ok(Vec::new())
    }

    /// All that stands in threads on lines of a pull request, oldest first.
    async fn thread_comments(&self, repo: &RepoId, number: u64) -> Result<Vec<RemoteComment>, RemoteError> {
        self.review_comments(repo, number).await
    }

    /// All that reviewers said on a pull request, with what is settled.
    async fn feedback(&self, _repo: &RepoId, _number: u64) -> Result<RemoteFeedback, RemoteError> {
        Ok(RemoteFeedback::default())
    }

    /// Open pull requests from a branch of the repository itself, whatever their base.
    async fn open_pull_requests(&self, repo: &RepoId, head: &BranchName) -> Result<Vec<RemoteItem>, RemoteError>;

    /// What somebody may do now; none when they may not even look, or the forge does not know them. Never from a cache.
    async fn role_of(&self, repo: &RepoId, login: &str) -> Result<Option<Role>, RemoteError>;

    /// Area and type of an issue, for forges that have such things.
    async fn place_of_item(&self, _repo: &RepoId, _number: u64) -> Result<Option<ItemPlace>, RemoteError> {
        Ok(None)
    }

    /// Who last put this label on this item, if the forge still knows.
    async fn labelled_by(&self, repo: &RepoId, number: u64, label: &str) -> Result<Option<String>, RemoteError>;

    /// Who last opened this item again, if the forge still knows.
    async fn reopened_by(&self, _repo: &RepoId, _number: u64) -> Result<Option<String>, RemoteError> {
        Ok(None)
    }

    /// Who moved this branch to this commit, if the forge still knows.
    async fn pushed_by(&self, repo: &RepoId, branch: &str, commit: &str) -> Result<Option<String>, RemoteError>;

    /// Who made this tag or, when it has `moved`, moved it last, if the forge knows. Some know much later only.
    async fn tagged_by(&self, _repo: &RepoId, _tag: &str, _moved: bool) -> Result<Option<String>, RemoteError> {
        Ok(None)
    }

    /// The reference under which the forge shows the head of a pull request, also of one from a fork.
    fn head_of_pull_request(&self, number: u64) -> String;

    /// Where Git fetches from and, with `write`, pushes to, with a credential that lives for minutes.
    async fn git_access(&self, repo: &RepoId, write: bool) -> Result<GitAccess, RemoteError>;

    /// Writes a comment.
    async fn create_comment(&self, repo: &RepoId, number: u64, body: &str) -> Result<RemoteComment, RemoteError>;

    /// Writes a comment into a thread on lines of a pull request.
    async fn reply_in_thread(
        &self,
        repo: &RepoId,
        number: u64,
        _thread: u64,
        _body: &str,
    ) -> Result<RemoteComment, RemoteError> {
        let doing = format!("{}, answer in a thread of {repo}#{number}", self.kind());
        Err(RemoteError { doing, trouble: Trouble::Refused("it has no threads on lines".to_owned()) })
    }

    /// Replaces a comment's text. `number` is its item's.
    async fn edit_comment(&self, repo: &RepoId, number: u64, id: u64, body: &str)
    -> Result<RemoteComment, RemoteError>;

    /// Shows that a comment was seen; repeated, it changes nothing.
    async fn react(&self, repo: &RepoId, number: u64, id: u64, reaction: Reaction) -> Result<(), RemoteError>;

    /// Opens an issue.
    async fn open_issue(
        &self,
        repo: &RepoId,
        title: &str,
        body: &str,
        labels: &[String],
    ) -> Result<RemoteItem, RemoteError>;

    /// Opens a pull request. [`Trouble::Exists`] when the branch has one into that base.
    async fn open_pull_request(&self, repo: &RepoId, new: &NewPullRequest) -> Result<RemoteItem, RemoteError>;

    /// Replaces title, text and base of an open pull request; none leaves what is there.
    async fn edit_pull_request(
        &self,
        repo: &RepoId,
        number: u64,
        title: Option<&str>,
        body: Option<&str>,
        base: Option<&BranchName>,
    ) -> Result<RemoteItem, RemoteError>;

    /// Closes or reopens an issue or pull request.
    async fn set_open(&self, repo: &RepoId, number: u64, open: bool) -> Result<RemoteItem, RemoteError>;

    /// Puts labels on an item; those that the repository lacks are made. Repeated, it changes nothing.
    async fn add_labels(&self, repo: &RepoId, number: u64, labels: &[String]) -> Result<(), RemoteError>;

    /// Takes a label off an item; one that is not there is no error.
    async fn remove_label(&self, repo: &RepoId, number: u64, label: &str) -> Result<(), RemoteError>;

    /// Makes sure that the commit has the check with this external id, replacing what it said. All annotations arrive, in as
    /// many requests as the forge asks for.
    async fn put_check(&self, repo: &RepoId, check: &NewCheck) -> Result<(), RemoteError>;

    /// Asks people, and teams written `organization/team`, to review a pull request; repeated, it changes nothing. Those that
    /// the forge does not take come back.
    async fn request_reviewers(
        &self,
        _repo: &RepoId,
        _number: u64,
        names: &[String],
    ) -> Result<Vec<String>, RemoteError> {
        Ok(names.to_vec())
    }

    /// The check with this number of the forge's, if Forgeline put it there. Never from a cache.
    async fn own_check(&self, _repo: &RepoId, _id: u64) -> Result<Option<OwnCheck>, RemoteError> {
        Ok(None)
    }

    /// Whether [`Remote::repositories`] lists all that Forgeline was given; a job sees its own repository only.
    fn lists_all(&self) -> bool {
        true
    }

    /// Hooks of these events that the forge sent at `since` or later and nobody took, the oldest first; none where the forge
    /// keeps no list of them.
    async fn missed_hooks(
        &self,
        _since: forgeline_model::Timestamp,
        _events: &[&str],
    ) -> Result<Vec<MissedHook>, RemoteError> {
        Ok(Vec::new())
    }

    /// What such a hook told; none when the forge does not keep it any more.
    async fn missed_hook_body(&self, _id: u64) -> Result<Option<Vec<u8>>, RemoteError> {
        Ok(None)
    }

    /// The number of the account that has this login now; none where there is no such account, or accounts have no numbers.
    async fn account_id(&self, _repo: &RepoId, _login: &str) -> Result<Option<u64>, RemoteError> {
        Ok(None)
    }
}
