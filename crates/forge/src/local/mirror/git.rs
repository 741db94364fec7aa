//! Git's side of a mirror.

use std::{collections::BTreeMap, time::Duration};

use forgeline_model::Timestamp;
use forgeline_repo::{BranchName, CommitId, Credential, Durability, Remote as GitRemote, Repo, RepoError, Swap};

use super::Elsewhere;
use crate::{
    ForgeError, LocalForge,
    local::{
        blocking,
        feed::{tag_of, tell_branch},
        repositories::put_in_place,
    },
    remote::{RemoteError, RemoteItem, RemoteRepository, RemoteState},
    types::{Login, RepoId},
};

/// Longest that one exchange of objects may take.
const TIMEOUT: Duration = Duration::from_secs(300);
/// How much later than it happened a push may be told, milliseconds; clocks differ, too.
const PUSH_LAG_MS: u64 = 120_000;

/// What stands in for the head branch of a fork's pull request: there is no such branch, so nobody can push to it.
pub(in crate::local) fn fork_branch(number: u64) -> BranchName {
    format!("forks/{number}").parse().expect("a branch name")
}

/// Where its commits are kept, outside of the branches, which are those elsewhere.
fn fork_ref(number: u64) -> String {
    format!("refs/forks/{number}")
}

impl Elsewhere {
    /// When this process last fetched a repository.
    fn fetched_at(&self, repo: &RepoId) -> Option<Timestamp> {
        self.fetched.lock().expect("no panic while held").get(repo).copied()
    }

    pub(super) fn note_fetch(&self, repo: &RepoId, at: Timestamp) {
        self.fetched.lock().expect("no panic while held").insert(repo.clone(), at);
    }

    async fn address(&self, repo: &RepoId, write: bool) -> Result<GitRemote, RemoteError> {
        let access = self.remote.git_access(repo, write).await?;
        if access.token.is_empty() {
            return Ok(GitRemote::Url(access.url));
        }
        Ok(GitRemote::Authorised(access.url, Credential { user: access.user, token: access.token }))
    }

    /// Who moved these branches and tags to these commits, as far as the forge knows. `known` is where they were before.
    pub(in crate::local) async fn pushers(
        &self,
        repo: &RepoId,
        moved: impl Iterator<Item = (&String, &String)>,
        known: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<(String, String), Login>, ForgeError> {
        let mut found = BTreeMap::new();
        for (branch, tip) in moved {
            let who = match tag_of(branch) {
                Some(tag) => self.tagged_by(repo, tag, known.contains_key(branch)).await?,
                None => self.pushed_by(repo, branch, tip).await?,
            };
            if let Some(login) = who {
                found.insert((branch.clone(), tip.clone()), login);
            }
        }
        Ok(found)
    }
}

impl LocalForge {
    /// Makes sure that the mirror's repository is there, empty at first.
    pub(super) async fn place_mirror(
        &self,
        kind: &str,
        there: &RemoteRepository,
        at: Timestamp,
    ) -> Result<(), ForgeError> {
        let repo = &there.repo;
        let known = self.store.forge_read().await?.repository(repo.owner(), repo.name()).await?;
        match known {
            Some(row) if row.remote.as_deref() == Some(kind) && row.private == there.private => return Ok(()),
            Some(row) if row.remote.as_deref() == Some(kind) => {
                let mut tx = self.store.forge_write().await?;
                tx.set_remote(row.id, kind, there.private).await?;
                return Ok(tx.commit().await?);
            }
            Some(_) => return Err(taken(repo)),
            None => {}
        }
        let target = self.folder.join(repo.owner()).join(format!("{}.git", repo.name()));
        let draft = target.with_extension(format!("git.{}-mirror", std::process::id()));
        let main = there.default_branch.clone().unwrap_or_else(|| "main".parse().expect("a branch name"));
        let path = draft.clone();
        blocking(move || Ok(Repo::init_bare(&path, &main, Durability::Full).map(drop)?)).await?;
        let mut tx = self.store.forge_write().await?;
        let Some(id) = tx.insert_repository(repo.owner(), repo.name(), there.private, at.millis()).await? else {
            return Err(taken(repo));
        };
        tx.set_remote(id, kind, there.private).await?;
        if !there.id.is_empty() {
            tx.set_remote_id(id, &there.id).await?;
        }
        blocking(move || put_in_place(&draft, &target, at)).await?;
        Ok(tx.commit().await?)
    }

    /// Whether a fetch would bring nothing: no reference has moved there since the last one, and what these items name is here.
    pub(super) async fn stands_still(
        &self,
        there: &Elsewhere,
        it: &RemoteRepository,
        items: &[RemoteItem],
    ) -> Result<bool, ForgeError> {
        let (Some(pushed_at), Some(fetched_at)) = (it.pushed_at, there.fetched_at(&it.repo)) else { return Ok(false) };
        if pushed_at.plus_millis(PUSH_LAG_MS) >= fetched_at {
            return Ok(false);
        }
        let head = |item: &RemoteItem| {
            let pull = item.pull.as_ref().filter(|_| item.state == RemoteState::Open)?;
            Some((pull.fork.is_some().then_some(item.number), pull.head_commit))
        };
        let heads: Vec<_> = items.iter().filter_map(head).collect();
        let default = it.default_branch.clone();
        self.with_git(&it.repo, move |git| -> Result<bool, RepoError> {
            if default.is_some_and(|default| git.default_branch().ok() != Some(default)) {
                return Ok(false);
            }
            for (fork, head) in heads {
                let is_here = match fork {
                    Some(number) => git.resolve(&fork_ref(number))? == Some(head),
                    None => git.commit_info(head).is_ok(),
                };
                if !is_here {
                    return Ok(false);
                }
            }
            Ok(true)
        })
        .await
    }

    /// Fetches everything, and the heads of these pull requests from forks.
    pub(super) async fn fetch_mirror(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        default: Option<BranchName>,
        forks: &[u64],
    ) -> Result<(), ForgeError> {
        let address = there.address(repo, false).await?;
        let refspec = |number: &u64| format!("+{}:{}", there.remote.head_of_pull_request(*number), fork_ref(*number));
        let more: Vec<String> = forks.iter().map(refspec).collect();
        self.with_git(repo, move |git| git.follow(&address, default.as_ref(), &more, TIMEOUT)).await
    }

    /// Brings a mirror's branches up to date; nothing for a repository that is kept here.
    ///
    /// # Errors
    /// There is no such repository, or the forge that keeps it cannot be reached.
    pub async fn follow(&self, repo: &RepoId) -> Result<(), ForgeError> {
        let there = self.connected(&self.view(repo).await?)?;
        match there {
            Some(there) => self.fetch_mirror(&there, repo, None, &[]).await,
            None => Ok(()),
        }
    }

    /// Moves a branch by compare-and-swap on the forge that keeps the repository; none when that is this one, or in a
    /// rehearsal.
    ///
    /// # Errors
    /// The forge cannot be reached, or refuses for another reason than that the branch moved.
    pub async fn swap_there(
        &self,
        repo: &RepoId,
        refname: &str,
        expected: Option<CommitId>,
        new: CommitId,
        at: Timestamp,
    ) -> Result<Option<Swap>, ForgeError> {
        let Some(there) = self.authority(repo).await? else { return Ok(None) };
        let address = there.address(repo, true).await?;
        let reference = refname.to_owned();
        let swap = self.with_git(repo, move |git| git.swap_there(&address, &reference, expected, new, TIMEOUT)).await?;
        if let (Swap::Done, Some(branch)) = (swap, refname.strip_prefix("refs/heads/")) {
            // Who moved it need not be asked.
            let mut verb = self.verb_anywhere(repo, &Self::bot(), at).await?;
            tell_branch(&mut verb, branch, Some(&new.to_string())).await?;
            verb.commit().await?;
        }
        Ok(Some(swap))
    }
}

fn taken(repo: &RepoId) -> ForgeError {
    let reason =
        format!("another repository here is called `{repo}` already; one state directory can hold one of them");
    ForgeError::Invalid { what: "the mirror", reason }
}
