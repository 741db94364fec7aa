//! The feed: what a webhook is to other forges, in order and without loss.

use std::{collections::BTreeMap, path::PathBuf};

use forgeline_model::Timestamp;
use forgeline_repo::Repo;
use serde_json::json;

use super::{
    LocalForge, blocking, rows,
    scope::{Verb, View},
};
use crate::{
    ForgeError,
    types::{Feed, FeedEvent, Login, RepoId},
};

impl LocalForge {
    /// At most `limit` happenings after place `after`, in order, over all repositories. Begin with 0, and go on after
    /// the last one that was handled.
    ///
    /// # Errors
    /// The database failed.
    pub async fn events_since(&self, after: u64, limit: u32) -> Result<Vec<FeedEvent>, ForgeError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = self.store.forge_read().await?.feed(after, limit).await?;
        rows.into_iter().map(rows::feed_event).collect()
    }

    /// Tells the feed of branches and tags that moved since it was last told: what people pushed with Git itself. Returns how
    /// many moved; `actor` is who is said to have pushed, unless a forge elsewhere knows.
    ///
    /// # Errors
    /// There is no such repository, or the forge that keeps it failed.
    pub async fn observe_pushes(&self, repo: &RepoId, actor: &Login, at: Timestamp) -> Result<usize, ForgeError> {
        let path = self.git_dir(repo).await?;
        let mut view = self.view(repo).await?;
        if view.row.remote.is_some() && view.row.items_seen_to.is_none() {
            // The first look has not ended: what was fetched so far is no news.
            return Ok(0);
        }
        let (now, known) = (tips(path.clone()).await?, told(&mut view).await?);
        if now == known {
            return Ok(0);
        }
        let knows_tags = known.contains_key(TAGS);
        let pushers = match self.connected(&view)? {
            None => BTreeMap::new(),
            Some(there) => {
                drop(view);
                let is_told = |name: &String| knows_tags || !is_tag(name);
                let moved = now.iter().filter(|(name, tip)| known.get(*name) != Some(tip) && is_told(name));
                there.pushers(repo, moved, &known).await?
            }
        };
        // Read again under the write lock: another observer may have told newer tips in the meantime.
        let mut verb = self.verb_anywhere(repo, actor, at).await?;
        let is_mirror = verb.view.row.remote.is_some();
        let (now, told) = (tips(path).await?, told(&mut verb.view).await?);
        let mut moved = 0;
        if !told.contains_key(TAGS) {
            // Nobody looked at tags before: those that are there are no news.
            tell_no_tag(&mut verb, &now).await?;
        }
        for branch in now.keys().chain(told.keys().filter(|branch| !now.contains_key(*branch))) {
            if branch == TAGS || branch.starts_with(WAITING) {
                continue;
            }
            let tip = now.get(branch).map(String::as_str);
            if is_mirror {
                let pusher = tip.and_then(|tip| pushers.get(&(branch.clone(), tip.to_owned())));
                let is_new_tag = is_tag(branch) && tip.is_some() && !told.contains_key(branch);
                if is_new_tag && waits(&mut verb, branch, pusher.is_some(), &told, at).await? {
                    continue;
                }
                verb.actor = pusher.cloned().unwrap_or_else(super::mirror::somebody);
            }
            moved += usize::from(tell_branch(&mut verb, branch, tip).await?);
        }
        verb.commit().await?;
        Ok(moved)
    }
}

type Tips = BTreeMap<String, String>;

/// Name under which it is remembered that tags are told from now on. No branch and no tag is called so.
const TAGS: &str = "tag:";

/// A forge may need hours before it tells who made a tag. After so many milliseconds it is told without.
const MAKER_PATIENCE_MS: i64 = 6 * 3_600_000;
/// Before the name of a tag whose maker is not known yet, with the time since when, milliseconds since 1970.
const WAITING: &str = "tag?";

/// Whether a new tag is told later because its maker is not known yet.
async fn waits(verb: &mut Verb, tag: &str, is_known: bool, told: &Tips, at: Timestamp) -> Result<bool, ForgeError> {
    let repository = verb.view.row.id;
    let waiting = format!("{WAITING}{}", tag_of(tag).unwrap_or(tag));
    let since = told.get(&waiting).and_then(|since| since.parse::<i64>().ok());
    let is_patient = since.is_none_or(|since| at.millis() - since < MAKER_PATIENCE_MS);
    if is_known || !is_patient {
        verb.view.tx.set_told_ref(repository, &waiting, None).await?;
        return Ok(false);
    }
    if since.is_none() {
        verb.view.tx.set_told_ref(repository, &waiting, Some(&at.millis().to_string())).await?;
    }
    Ok(true)
}

/// The name of a tag among those of branches, which have no colon.
fn named(tag: &str) -> String {
    format!("{TAGS}{tag}")
}

/// The tag of such a name; none for a branch.
pub(super) fn tag_of(name: &str) -> Option<&str> {
    name.strip_prefix(TAGS)
}

fn is_tag(name: &str) -> bool {
    name.starts_with(TAGS)
}

/// Branches and tags that are there, by the names under which they are remembered.
async fn tips(path: PathBuf) -> Result<Tips, ForgeError> {
    let (branches, tags) = blocking(move || {
        let git = Repo::open(&path)?;
        Ok((git.branches()?, git.tags()?))
    })
    .await?;
    let branches = branches.into_iter().map(|(branch, commit)| (branch.to_string(), commit.to_string()));
    let tags = tags.into_iter().map(|(tag, commit)| (named(&tag), commit.to_string()));
    // What tells that tags are known is there on both sides.
    Ok(branches.chain(tags).chain([(TAGS.to_owned(), String::new())]).collect())
}

/// Remembers the tags that are there without telling of them.
async fn tell_no_tag(verb: &mut Verb, now: &Tips) -> Result<(), ForgeError> {
    let repository = verb.view.row.id;
    for (name, tip) in now.iter().filter(|(name, _)| is_tag(name)) {
        verb.view.tx.set_told_ref(repository, name, Some(tip)).await?;
    }
    Ok(())
}

/// Remembers tags that are no news: those of a repository that is looked at for the first time.
pub(super) async fn know_tags(
    tx: &mut forgeline_store::local_forge::ForgeTx,
    repository: i64,
    tags: &[(String, forgeline_repo::CommitId)],
) -> Result<(), ForgeError> {
    tx.set_told_ref(repository, TAGS, Some("")).await?;
    for (tag, commit) in tags {
        tx.set_told_ref(repository, &named(tag), Some(&commit.to_string())).await?;
    }
    Ok(())
}

async fn told(view: &mut View) -> Result<Tips, ForgeError> {
    Ok(view.tx.told_refs(view.row.id).await?.into_iter().collect())
}

/// Tells that the tip of a branch, or of a tag as [`named`], is now `after`, unless the feed knows, within a verb.
pub(super) async fn tell_branch(verb: &mut Verb, branch: &str, after: Option<&str>) -> Result<bool, ForgeError> {
    let repository = verb.view.row.id;
    let told = verb.view.tx.told_refs(repository).await?;
    let before = told.into_iter().find(|(name, _)| name == branch).map(|(_, commit)| commit);
    if before.as_deref() == after {
        return Ok(false);
    }
    verb.view.tx.set_told_ref(repository, branch, after).await?;
    let (kind, name) = tag_of(branch).map_or((Feed::Push, branch), |tag| (Feed::Tag, tag));
    verb.tell(kind, name, json!({"before": before, "after": after})).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use crate::local::scratch::{World, login};

    #[tokio::test]
    async fn pushes_are_told_once_whoever_looks() {
        let world = World::new().await;
        let first = world.push("x", &[("a", "1")], &[]).await;
        let acme = login("acme");
        let look = async || world.forge.observe_pushes(&world.repo, &acme, world.now()).await.expect("looks");
        assert_eq!((look().await, look().await), (1, 0));
        let second = world.push("x", &[("a", "2")], &[]).await;
        let (one, two, three) = tokio::join!(look(), look(), look());
        assert_eq!(one + two + three, 1);
        world
            .forge
            .with_git(&world.repo, move |git| git.compare_and_swap("refs/heads/x", Some(second), None, "test"))
            .await
            .expect("deletes");
        assert_eq!(look().await, 1);
        let events = world.events().await;
        let pushes: Vec<_> =
            events.iter().skip(1).map(|e| (e.payload["before"].clone(), e.payload["after"].clone())).collect();
        let (first, second) = (first.to_string(), second.to_string());
        assert_eq!(
            pushes,
            [(None, Some(&first)), (Some(&first), Some(&second)), (Some(&second), None)]
                .map(|(before, after)| (serde_json::json!(before), serde_json::json!(after)))
        );
    }

    #[tokio::test]
    async fn many_writers_and_a_reader_see_one_order_without_gaps() {
        let world = World::new().await;
        let acme = login("acme");
        let write = async |n: usize| {
            world
                .forge
                .open_issue(&world.repo, &format!("issue {n}"), "", &[], &acme, world.now())
                .await
                .expect("opens");
        };
        let read = async || {
            let (mut after, mut seen) = (1, Vec::new());
            while seen.len() < 8 {
                for event in world.forge.events_since(after, 3).await.expect("reads") {
                    after = event.seq;
                    seen.push(event.number().expect("an issue"));
                }
                tokio::task::yield_now().await;
            }
            seen
        };
        let ((), (), seen) = tokio::join!(
            async {
                for n in 0..4 {
                    write(n).await
                }
            },
            async {
                for n in 4..8 {
                    write(n).await
                }
            },
            read()
        );
        assert_eq!(seen, (1..=8).collect::<Vec<_>>());
    }
}
