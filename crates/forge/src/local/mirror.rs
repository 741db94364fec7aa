//! Mirrors of repositories that are kept on a forge elsewhere.
//!
//! The forge elsewhere has the last word. [`LocalForge::sync`] reads what is there now and tells the feed what is new, as if it
//! had happened here, so that the bot decides by one rule for all. What Forgeline writes goes there first and is noted here
//! when it has arrived; whether a write arrived that nobody answered is found out by reading, never by writing again.
//!
//! One file per job: [`look`] reads, `learn` only what one job needs, `items` and `talk` note,
//! `names` follows repositories to new names, `writes` and `proposals` write, `reviews` does both for threads on lines, `git` moves objects.

mod git;
mod items;
mod learn;
mod look;
mod missed;
mod names;
mod people;
mod proposals;
mod reach;
mod reviews;
mod talk;
#[cfg(test)]
mod tests;
mod writes;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use forgeline_model::Timestamp;
use forgeline_store::local_forge::RepositoryRow;
use tokio::sync::OnceCell;

use super::{LocalForge, scope::View};
use crate::{
    ForgeError,
    remote::{ItemPlace, Remote, RemoteError},
    types::RepoId,
};

pub(super) use git::fork_branch;
pub use look::SyncFault;
pub(super) use people::somebody;
pub use reach::{OwnComment, Reach};

/// How far back each look begins before the last change that was seen: forges show a change in their lists a little later
/// than they date it, and clocks differ.
const OVERLAP_MS: u64 = 60_000;

/// A forge elsewhere, and who Forgeline is there.
pub(super) struct Elsewhere {
    remote: Arc<dyn Remote>,
    me: OnceCell<String>,
    is_wanted: Box<dyn Fn(&RepoId) -> bool + Send + Sync>,
    /// When this process last fetched a repository.
    fetched: std::sync::Mutex<HashMap<RepoId, Timestamp>>,
}

/// What this process writes elsewhere. Others read before they write, too.
#[derive(Default)]
pub(super) struct Writing {
    /// A comment is looked for and then written: one at a time.
    comments: tokio::sync::Mutex<()>,
    /// When Forgeline last changed an item: a list that was asked for before is older than what is known.
    items: std::sync::Mutex<HashMap<(RepoId, u64), Instant>>,
}

impl Writing {
    /// Notes that an item was changed just now.
    fn note(&self, repo: &RepoId, number: u64) {
        let mut items = self.items.lock().expect("no panic while held");
        // An hour is longer than any list takes.
        items.retain(|_, at| at.elapsed() < Duration::from_secs(3_600));
        items.insert((repo.clone(), number), Instant::now());
    }

    /// Whether an item was changed after this.
    fn is_after(&self, began: Instant, repo: &RepoId, number: u64) -> bool {
        let items = self.items.lock().expect("no panic while held");
        items.get(&(repo.clone(), number)).is_some_and(|at| *at >= began)
    }
}

impl Elsewhere {
    pub(super) fn new(remote: Arc<dyn Remote>, is_wanted: Box<dyn Fn(&RepoId) -> bool + Send + Sync>) -> Self {
        Self { remote, me: OnceCell::new(), is_wanted, fetched: std::sync::Mutex::default() }
    }

    /// The login under which Forgeline writes there.
    async fn me(&self) -> Result<&str, RemoteError> {
        Ok(self.me.get_or_try_init(|| self.remote.me()).await?)
    }
}

impl LocalForge {
    /// The forge that keeps this repository; none when it is kept here.
    pub(super) fn connected(&self, view: &View) -> Result<Option<Arc<Elsewhere>>, ForgeError> {
        let Some(kind) = &view.row.remote else { return Ok(None) };
        if view.row.gone_at.is_some() {
            return Err(ForgeError::Gone { repo: view.repo.clone(), kind: kind.clone() });
        }
        match self.elsewhere.iter().find(|it| it.remote.kind() == kind) {
            Some(there) => Ok(Some(there.clone())),
            None => Err(ForgeError::NotConnected { repo: view.repo.clone(), kind: kind.clone() }),
        }
    }

    /// The same for who is about to write; a rehearsal writes here only.
    pub(super) async fn authority(&self, repo: &RepoId) -> Result<Option<Arc<Elsewhere>>, ForgeError> {
        if self.rehearses {
            return Ok(None);
        }
        self.connected(&self.view(repo).await?)
    }

    /// Area and type of an issue, asked of the forge that keeps it; none where forges have no such things.
    ///
    /// # Errors
    /// There is no such repository, or its forge does not answer.
    pub async fn item_place(&self, repo: &RepoId, number: u64) -> Result<Option<ItemPlace>, ForgeError> {
        match self.connected(&self.view(repo).await?)? {
            Some(there) => Ok(there.remote.place_of_item(repo, number).await?),
            None => Ok(None),
        }
    }

    /// Kind of the forge that keeps this repository; none when it is kept here.
    ///
    /// # Errors
    /// There is no such repository.
    pub async fn kept_by(&self, repo: &RepoId) -> Result<Option<String>, ForgeError> {
        Ok(self.view(repo).await?.row.remote)
    }
}

/// Where a look at the changes of a repository begins.
fn begin(seen_to: Option<i64>, at: Timestamp) -> Timestamp {
    let overlap = i64::try_from(OVERLAP_MS).expect("a minute");
    Timestamp::from_millis(seen_to.unwrap_or(at.millis()).saturating_sub(overlap))
}

/// Whether something that is dated so happened before Forgeline looked at the repository for the first time.
fn is_older_than_the_mirror(row: &RepositoryRow, created_at: Timestamp) -> bool {
    created_at.plus_millis(OVERLAP_MS).millis() < row.created_at
}
