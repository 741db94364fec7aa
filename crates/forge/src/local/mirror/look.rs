//! One look at what is elsewhere.

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use forgeline_model::Timestamp;
use forgeline_repo::{Repo, RepoError};
use futures::{StreamExt as _, stream};

use super::{Elsewhere, begin, people::somebody, reach::News, talk};
use crate::{
    ForgeError, LocalForge,
    local::feed::know_tags,
    remote::{CommentPlace, RemoteComment, RemoteItem, RemoteRepository, Scan},
    types::RepoId,
};

/// Repositories that are read at once.
const AT_ONCE: usize = 4;

/// Looks at most that a pass takes at one repository.
const LOOKS: u32 = 3;

/// Something elsewhere that could not be read; the next look tries again.
#[derive(Debug)]
pub struct SyncFault {
    /// Kind of the forge.
    pub kind: &'static str,
    /// The repository; none when they could not even be listed.
    pub repo: Option<RepoId>,
    /// Why.
    pub error: ForgeError,
}

impl std::fmt::Display for SyncFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, repo, error } = self;
        match repo {
            Some(repo) => write!(f, "what happens in {repo} on {kind} is not seen: {error}"),
            None => write!(f, "what happens on {kind} is not seen: {error}"),
        }
    }
}

impl LocalForge {
    /// Looks at every repository elsewhere, or at these `only`, and tells the feed what is new there. The first look at a
    /// repository only learns what there is: nobody wants to be answered for what is long over. [`Reach`](super::Reach) says
    /// what is not.
    ///
    /// What could not be read is returned; it holds up nothing else.
    pub async fn sync(&self, only: Option<&[RepoId]>, at: Timestamp) -> Vec<SyncFault> {
        let mut faults = Vec::new();
        for there in &self.elsewhere {
            let kind = there.remote.kind();
            let found = match self.to_look_at(there, only, at).await {
                Ok(found) => found,
                Err(error) => {
                    faults.push(SyncFault { kind, repo: None, error });
                    continue;
                }
            };
            let looks = found.into_iter().map(|it| async move {
                let looked = self.look(there, &it, at).await;
                looked.err().map(|error| SyncFault { kind, repo: Some(it.repo), error })
            });
            faults.extend(
                stream::iter(looks).buffer_unordered(AT_ONCE).filter_map(async |it| it).collect::<Vec<_>>().await,
            );
        }
        faults
    }

    /// Whether any forge elsewhere is set up.
    pub fn has_elsewhere(&self) -> bool {
        !self.elsewhere.is_empty()
    }

    /// Those that are wanted; a mirror that is there already is not listed again for a hint.
    pub(super) async fn to_look_at(
        &self,
        there: &Arc<Elsewhere>,
        only: Option<&[RepoId]>,
        at: Timestamp,
    ) -> Result<Vec<RemoteRepository>, ForgeError> {
        let is_wanted = |it: &RemoteRepository| !it.archived && (there.is_wanted)(&it.repo);
        if let Some(only) = only {
            let rows = self.store.forge_read().await?.repositories().await?;
            let mut found = Vec::new();
            for repo in only {
                let same = |row: &&forgeline_store::local_forge::RepositoryRow| {
                    row.owner.eq_ignore_ascii_case(repo.owner()) && row.name.eq_ignore_ascii_case(repo.name())
                };
                let is_here = |row: &&forgeline_store::local_forge::RepositoryRow| row.gone_at.is_none();
                match rows.iter().find(same).filter(is_here) {
                    Some(row) if row.remote.as_deref() == Some(there.remote.kind()) => found.push(RemoteRepository {
                        id: row.remote_id.clone().unwrap_or_default(),
                        repo: super::super::rows::repo_id(&row.owner, &row.name)?,
                        private: row.private,
                        archived: false,
                        default_branch: None,
                        pushed_at: None,
                    }),
                    // It is kept here, or by another forge.
                    Some(_) => {}
                    None => {
                        let all = there.remote.repositories().await?;
                        self.follow_names(there, &all, at).await?;
                        found.extend(all.into_iter().filter(|it| it.repo == *repo));
                    }
                }
            }
            found.retain(is_wanted);
            return Ok(found);
        }
        // Nothing is written to an archived one, so nothing is to be done there.
        let all = there.remote.repositories().await?;
        self.follow_names(there, &all, at).await?;
        Ok(all.into_iter().filter(is_wanted).collect())
    }

    /// Looks at a repository, and again when something had to be left: nobody may call again for long.
    pub(super) async fn look(
        &self,
        there: &Arc<Elsewhere>,
        it: &RemoteRepository,
        at: Timestamp,
    ) -> Result<(), ForgeError> {
        for _ in 0..LOOKS {
            if self.look_once(there, it, at).await? {
                break;
            }
        }
        Ok(())
    }

    /// False: it left something that Forgeline itself changed meanwhile.
    async fn look_once(
        &self,
        there: &Arc<Elsewhere>,
        it: &RemoteRepository,
        at: Timestamp,
    ) -> Result<bool, ForgeError> {
        let kind = there.remote.kind();
        self.place_mirror(kind, it, at).await?;
        let row = self.view(&it.repo).await?.row;
        let is_first_look = row.items_seen_to.is_none();
        let scan = match row.items_seen_to {
            Some(_) => Scan::After(begin(row.items_seen_to, at)),
            None => Scan::Open,
        };
        let reach = self.reach.filter(|_| is_first_look);
        let since = match reach {
            Some(reach) => Timestamp::from_millis(at.millis().saturating_sub_unsigned(reach.millis)),
            None => begin(row.comments_seen_to, at),
        };
        // Comments before items: what was said under a closed item is never taken for said under an open one.
        let mut comments = there.remote.comments_since(&it.repo, since).await?;
        let began = Instant::now();
        let mut items = there.remote.items(&it.repo, scan).await?;
        // What reviewers write is news under the same rule, but no list of a whole repository has it.
        let comments_to = comments.iter().map(|comment| comment.updated_at).max();
        if !is_first_look || reach.is_some() {
            comments.extend(self.review_comments_there(there, &it.repo, &items, since, at).await?);
        }
        if !is_first_look || reach.is_some() {
            self.find_missing(there, &it.repo, &mut items, &comments).await?;
        }
        // Objects after items: whatever an item names is there.
        let forks: Vec<u64> = items.iter().filter(|item| is_of_fork(item)).map(|item| item.number).collect();
        if is_first_look || !self.stands_still(there, it, &items).await? {
            self.fetch_mirror(there, &it.repo, it.default_branch.clone(), &forks).await?;
            there.note_fetch(&it.repo, at);
        }
        let mut authors = Vec::with_capacity(comments.len());
        for comment in &comments {
            authors.push(there.author(&comment.author, &comment.body).await?);
        }
        let news = reach.map(|reach| News::new(since, reach, &comments, &authors));
        let mut arrived = Vec::with_capacity(items.len());
        for item in &items {
            let is_news = news.as_ref().is_some_and(|news| news.has_item(item));
            arrived.push(self.arrive(there, &it.repo, item, is_news).await?);
        }
        let read = |git: &Repo| -> Result<_, RepoError> { Ok((git.branches()?, git.tags()?)) };
        let tips = if is_first_look { Some(self.with_git(&it.repo, read).await?) } else { None };

        let mut verb = self.verb_anywhere(&it.repo, &somebody(), at).await?;
        let mut left: Option<Timestamp> = None;
        for (item, read) in arrived.into_iter().zip(&items) {
            // What Forgeline wrote meanwhile is newer; the next look reads it again.
            if self.writing.is_after(began, &it.repo, read.number) {
                left = Some(left.map_or(read.updated_at, |at| at.min(read.updated_at)));
            } else {
                item.note(&mut verb, is_first_look).await?;
            }
        }
        for (comment, author) in comments.iter().zip(&authors) {
            let is_news = match &news {
                Some(news) => news.has_comment(comment, author),
                None => !is_first_look && (comment.place == CommentPlace::Conversation || comment.created_at >= since),
            };
            let is_silent = !is_news;
            if !talk::note(&mut verb, comment, author.clone(), is_silent).await? {
                tracing::debug!(repo = %it.repo, number = comment.number, "a comment stands under nothing that is known");
            }
        }
        let (branches, tags) = tips.unwrap_or_default();
        if is_first_look {
            know_tags(&mut verb.view.tx, row.id, &tags).await?;
        }
        for (branch, tip) in branches {
            verb.view.tx.set_told_ref(row.id, branch.as_str(), Some(&tip.to_string())).await?;
        }
        let last = |times: &mut dyn Iterator<Item = Timestamp>| {
            times.max().map_or_else(|| begin(None, at).millis(), Timestamp::millis)
        };
        let items_to = last(&mut items.iter().map(|item| item.updated_at));
        let items_to = left.map_or(items_to, |left| items_to.min(left.millis()));
        let heard = comments_to.is_some();
        let comments_to = last(&mut comments_to.into_iter());
        // Nothing new: the place stays. The first look begins at its own time.
        let (items_to, comments_to) = if is_first_look {
            let now = begin(None, at).millis();
            (items_to.max(now), comments_to.max(now))
        } else {
            let stay = |found: bool, to: i64, was: Option<i64>| if found { to } else { was.unwrap_or(to) };
            (stay(!items.is_empty(), items_to, row.items_seen_to), stay(heard, comments_to, row.comments_seen_to))
        };
        verb.view.tx.set_seen_to(row.id, items_to, comments_to).await?;
        verb.commit().await?;
        Ok(left.is_none())
    }

    /// Reads what comments stand under that no list has shown yet.
    async fn find_missing(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        items: &mut Vec<RemoteItem>,
        comments: &[RemoteComment],
    ) -> Result<(), ForgeError> {
        let listed: BTreeSet<u64> = items.iter().map(|item| item.number).collect();
        let wanted: BTreeSet<u64> = comments.iter().map(|it| it.number).filter(|it| !listed.contains(it)).collect();
        for number in wanted {
            let mut view = self.view(repo).await?;
            let known = view.tx.item(view.row.id, i64::try_from(number).unwrap_or(i64::MAX)).await?;
            drop(view);
            if known.is_none()
                && let Some(item) = there.remote.item(repo, number).await?
            {
                items.push(item);
            }
        }
        Ok(())
    }
}

fn is_of_fork(item: &RemoteItem) -> bool {
    item.pull.as_ref().is_some_and(|pull| pull.fork.is_some()) && item.state == crate::remote::RemoteState::Open
}
