//! What crosses the border between the mirror and an adapter.

use std::fmt;

use forgeline_model::{Annotation, Timestamp};
use forgeline_repo::{BranchName, CommitId};

use crate::types::{CheckStatus, Conclusion, RepoId, ReviewVerdict, Side};

/// A repository elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteRepository {
    /// The forge's own id of it, which stays when the name changes; empty where it is not known.
    pub id: String,
    /// Its name, spelt as the forge does.
    pub repo: RepoId,
    /// Whether only people with a role may read it.
    pub private: bool,
    /// Whether it is archived: then nobody can write, and nothing is started.
    pub archived: bool,
    /// The branch that pull requests go into unless they say otherwise.
    pub default_branch: Option<BranchName>,
    /// When a reference last moved there, if the forge says so with the list.
    pub pushed_at: Option<Timestamp>,
}

/// Which items a scan reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// Those that are open, for a repository that was not looked at before.
    Open,
    /// Those that changed at this time or later, closed ones included.
    After(Timestamp),
}

/// Whether work on an item goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteState {
    /// It is open.
    Open,
    /// It is closed; a pull request without a merge.
    Closed,
    /// It is merged.
    Merged,
}

/// An issue or pull request elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteItem {
    /// Number in its repository.
    pub number: u64,
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// Open or not.
    pub state: RemoteState,
    /// Login of who opened it; empty when the forge does not know any more.
    pub author: String,
    /// In any order.
    pub labels: Vec<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Login of who closed or merged it, if the forge says.
    pub closed_by: Option<String>,
    /// Present for a pull request.
    pub pull: Option<RemotePull>,
}

/// Where a work item belongs, beyond its repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemPlace {
    /// Its type, `User Story`.
    pub kind: Option<String>,
    /// Its area path, `Shop\\Orders`.
    pub area: Option<String>,
}

/// What a pull request has besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemotePull {
    /// Whether it may not be merged yet.
    pub draft: bool,
    /// Branch to merge, in `head_repo`.
    pub head: BranchName,
    /// Tip of the head branch; of a closed one, as it was then.
    pub head_commit: CommitId,
    /// The repository of the head branch when it is another one, as the forge spells it; empty when it is gone.
    pub fork: Option<String>,
    /// Branch to merge into.
    pub base: BranchName,
    /// What the merge put on the base branch.
    pub merged_commit: Option<CommitId>,
}

/// A comment elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteComment {
    /// Number that the forge never gives again, within its repository at least.
    pub id: u64,
    /// Issue or pull request.
    pub number: u64,
    /// Login of who wrote it; empty when the forge does not know any more.
    pub author: String,
    /// Markdown.
    pub body: String,
    /// When it could first be read.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
    /// Where it stands under its item.
    pub place: CommentPlace,
}

/// Where a comment stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CommentPlace {
    /// In the conversation.
    #[default]
    Conversation,
    /// In the thread with this number, on lines of a pull request.
    Thread(u64),
    /// It is the text of a review that says this.
    Review(ReviewVerdict),
}

/// A thread on lines of a pull request elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteThread {
    /// Number that the forge gives to no other thread of the pull request.
    pub id: u64,
    /// The file.
    pub path: String,
    /// The last line, at `commit` and from 1; none for the whole file.
    pub line: Option<u32>,
    /// The first line, if there are several.
    pub start_line: Option<u32>,
    /// Which side the lines are on.
    pub side: Side,
    /// The head that was looked at; none when the forge does not say.
    pub commit: Option<CommitId>,
    /// Whether somebody said that it is settled. Where a forge does not tell, nobody did.
    pub resolved: bool,
    /// Whether the lines have changed since.
    pub outdated: bool,
    /// What was said, oldest first.
    pub comments: Vec<RemoteComment>,
}

/// What all reviewers of a pull request elsewhere said so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemoteFeedback {
    /// Threads on lines, oldest first.
    pub threads: Vec<RemoteThread>,
    /// Submitted reviews, oldest first: each is a comment at the place [`CommentPlace::Review`].
    pub reviews: Vec<RemoteComment>,
}

/// How a comment is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// It was seen and is being dealt with.
    Seen,
    /// It was refused, or could not be understood.
    Confused,
}

/// A pull request to open, from a branch of the repository itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPullRequest {
    /// Branch to merge.
    pub head: BranchName,
    /// Branch to merge into.
    pub base: BranchName,
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// Whether it may not be merged yet.
    pub draft: bool,
}

/// A check to put on a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCheck {
    /// What was checked.
    pub commit: CommitId,
    /// Key that stays the same when the check is put again.
    pub external_id: String,
    /// For people; the name that a protection rule requires.
    pub name: String,
    /// How far it is.
    pub status: CheckStatus,
    /// How it ended; present when completed.
    pub conclusion: Option<Conclusion>,
    /// Markdown.
    pub summary: String,
    /// Marks on lines.
    pub annotations: Vec<Annotation>,
}

/// A check that Forgeline put on a commit, as the forge has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCheck {
    /// What was checked.
    pub commit: CommitId,
    /// The key that it was put with.
    pub external_id: String,
}

/// A hook that the forge sent and nobody took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedHook {
    /// The forge's number of one attempt to deliver it.
    pub id: u64,
    /// What names the delivery, as the header of a hook does; a redelivery has the same.
    pub delivery: String,
    /// The event, `check_run`.
    pub event: String,
    /// What happened, `rerequested`, where the forge says so apart.
    pub action: Option<String>,
}

/// How Git reaches a repository. The secret is in no debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct GitAccess {
    /// URL without credentials.
    pub url: String,
    /// User name for HTTP basic authentication.
    pub user: String,
    /// Token in place of a password; empty for a repository that needs none.
    pub token: String,
}

impl fmt::Debug for GitAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitAccess").field("url", &self.url).field("user", &self.user).finish_non_exhaustive()
    }
}
