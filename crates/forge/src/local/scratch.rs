//! A local forge in a temporary directory, for tests.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use forgeline_model::Timestamp;
use forgeline_repo::{BranchName, Change, CommitId, NewCommit, Person, Repo, Trailer};
use forgeline_store::Store;
use tempfile::TempDir;

use super::{LocalForge, NewRepository, PullRequestProposal, Seed};
use crate::types::{FeedEvent, Login, RepoId};

pub(super) struct World {
    pub(super) dir: TempDir,
    pub(super) forge: LocalForge,
    pub(super) repo: RepoId,
    clock: AtomicI64,
}

impl World {
    /// A forge with the public repository `acme/shop`, which has a readme, and the users `acme` and `eve`.
    pub(super) async fn new() -> Self {
        let world = Self::empty().await;
        world.create("acme/shop", Seed::Readme).await;
        world.forge.add_user(&login("eve"), world.now()).await.expect("adds");
        world
    }

    pub(super) async fn empty() -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        let store = Store::open(&dir.path().join("state"), Arc::new(|_, _| Ok(()))).await.expect("opens");
        let repo = "acme/shop".parse().expect("valid");
        Self { dir, forge: LocalForge::new(store), repo, clock: AtomicI64::new(1_700_000_000_000) }
    }

    pub(super) async fn create(&self, name: &str, seed: Seed) -> RepoId {
        let new = NewRepository { repo: name.parse().expect("valid"), private: false, seed };
        self.forge.create_repository(&new, &login("acme"), self.now()).await.expect("creates")
    }

    /// A later time at each call.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.fetch_add(1000, Ordering::Relaxed))
    }

    /// Commits files on a branch, which begins at `main` when it is new.
    pub(super) async fn push(&self, branch: &str, files: &[(&str, &str)], trailers: &[Trailer]) -> CommitId {
        let changes: BTreeMap<_, _> = files
            .iter()
            .map(|(path, text)| (path.parse().expect("safe path"), Change::Write((*text).into())))
            .collect();
        let (branch, at, trailers) = (self::branch(branch), self.now(), trailers.to_vec());
        self.forge
            .with_git(&self.repo, move |git: &Repo| {
                let tip = git.resolve(&branch.refname())?;
                let parent = tip.map_or_else(|| git.branch_tip(&"main".parse().expect("valid")), Ok)?;
                let tree = git.compose(Some(parent), &changes).expect("composes");
                let author = Person { name: "Ana".into(), email: "ana@example.com".into() };
                let message = format!("Change {branch}");
                let new =
                    NewCommit { tree, parents: &[parent], author: &author, at, message: &message, trailers: &trailers };
                let commit = git.commit(&new)?;
                git.compare_and_swap(&branch.refname(), tip, Some(commit), "test")?;
                Ok::<_, forgeline_repo::RepoError>(commit)
            })
            .await
            .expect("pushes")
    }

    /// What the feed told since the repository was made, as `kind subject`.
    pub(super) async fn told(&self) -> Vec<String> {
        let events = self.events().await;
        events.iter().skip(1).map(|event| format!("{} {}", event.kind, event.subject)).collect()
    }

    pub(super) async fn events(&self) -> Vec<FeedEvent> {
        self.forge.events_since(0, 1000).await.expect("reads")
    }
}

pub(super) fn login(text: &str) -> Login {
    text.parse().expect("valid")
}

pub(super) fn branch(text: &str) -> BranchName {
    text.parse().expect("valid")
}

pub(super) fn proposal(head: &str) -> PullRequestProposal {
    PullRequestProposal {
        head: branch(head),
        base: None,
        title: format!("Add {head}"),
        body: "Body".into(),
        draft: false,
        labels: vec!["generated".into()],
    }
}
