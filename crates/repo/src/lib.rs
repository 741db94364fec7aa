//! Git, and nothing else: objects through libgit2 without a work tree, transport through the `git` executable.
//!
//! The only crate that names `git2`. Every verb blocks; callers on an async runtime put it on a blocking thread. A
//! [`Repo`] is cheap to open, so it is opened per job and never shared. No hook, filter, alias or helper of a
//! repository is ever run, and system and user configuration are not read, so that the same bytes give the same ids
//! everywhere. Tokens, forges and databases are none of this crate's business.

mod commit;
mod compose;
mod diff;
mod error;
mod follow;
mod git_command;
mod history;
mod ids;
mod merge;
mod message;
mod open;
mod read;
mod refs;
mod shallow;
mod snapshot;
mod status;
mod swap;
mod transport;
mod walk;

#[cfg(test)]
mod scratch;
mod turn;

pub use commit::{CommitInfo, NewCommit, Person};
pub use compose::{Change, ComposeError, folded};
pub use diff::{Diff, DiffStat, FileDiff, FileStatus};
pub use error::RepoError;
pub use ids::{BlobId, BranchName, CommitId, NotABranchName, NotAnObjectId, TreeId};
pub use merge::{MergeError, merge_text};
pub use message::{Trailer, parse_trailers};
pub use open::{Durability, Repo};
pub use refs::Head;
pub use snapshot::Snapshot;
pub use status::Status;
pub use swap::Swap;
pub use transport::{Credential, Remote, clone_mirror};
pub use walk::{FileMode, Level, LevelEntry, LevelKind, Listing, Skipped, TreeEntry};
