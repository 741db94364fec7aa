//! A local forge with one repository, runs that are ready to publish, and as many executors as wanted, for tests.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use forgeline_agents::AgentHost;
use forgeline_blueprints::config::operator::Ceilings;
use forgeline_engine::{TaskOutput, fact::ArtifactRef, spec::Forge};
use forgeline_forge::{
    LocalForge, NewRepository,
    types::{Login, RepoId},
};
use forgeline_model::{
    Digest, RunId, Timestamp,
    task::{Proposal, ProposedFile, Usage},
};
use forgeline_store::{Decided, Store};
use serde_json::Map;
use tempfile::TempDir;

use crate::{
    Clock, Effects, InForce, Parts, Registries, Runner, Watch, knowledge::KnowledgeHandle, signing::Signing, testing,
};

/// Lines of each page.
pub(super) const LINES: u32 = 40;
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A sequence of numbers that follows from its seed (splitmix64).
pub(super) struct Seed(u64);

impl Seed {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

pub(super) struct World {
    folder: TempDir,
    pub(super) forge: LocalForge,
    pub(super) repo: RepoId,
    pub(super) owner: Login,
    pub(super) items: u32,
    seed: u64,
    store: Store,
    /// The first commit.
    pub(super) base: String,
}

impl World {
    pub(super) async fn new(seed: u64, items: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let source = folder.path().join("source");
        std::fs::create_dir_all(source.join("docs")).expect("a folder");
        git(&source, &["init", "--quiet", "--initial-branch=main"]);
        for item in 0..items {
            std::fs::write(source.join(page(item)), text(None)).expect("a file");
        }
        git(&source, &["add", "."]);
        git(&source, &["commit", "--quiet", "-m", "first"]);
        let base = git(&source, &["rev-parse", "HEAD"]);
        let store = open(folder.path()).await;
        let forge = LocalForge::new(store.clone());
        let (repo, owner): (RepoId, Login) = ("acme/shop".parse().expect("valid"), "acme".parse().expect("valid"));
        let new = NewRepository { repo: repo.clone(), private: false, seed: forgeline_forge::Seed::Import(source) };
        forge.create_repository(&new, &owner, NOW).await.expect("a repository");
        Self { folder, forge, repo, owner, items, seed, store, base }
    }

    /// A run that changes one line of its item's page and is decided at the first commit.
    pub(super) async fn run(&self, key: u32) -> RunId {
        self.ready(key, key % self.items, &self.base, text(Some(key))).await
    }

    /// A run whose one stage is done and proposes `content` for its item's page: it is to be published.
    pub(super) async fn ready(&self, key: u32, item: u32, base: &str, content: String) -> RunId {
        let asked = NOW.plus_millis(u64::from(key) * 1000);
        let (target, trigger_key) = (self.repo.to_string(), format!("{} {key}", self.seed));
        let new = testing::docs_page((Forge::Local, &target), item + 1, base, trigger_key, asked);
        let Decided::Started(run, _) = self.store.start(new, Vec::new(), NOW).await.expect("decides") else {
            panic!("each run is asked for once")
        };
        let lease = self.store.claim(Some(&run), None, 30_000, NOW).await.expect("claims").expect("a task");
        let file = ProposedFile { path: page(item), artifact_type: "DocsPage".into(), content };
        let digest = Digest::of_bytes(file.content.as_bytes());
        let artifact = ArtifactRef { path: file.path.clone(), artifact_type: "DocsPage".into(), digest };
        let proposal = Proposal { files: vec![file], ..Proposal::default() };
        let stored = self.store.keep(&proposal).expect("keeps");
        let output = TaskOutput {
            key: Digest::of_bytes(run.as_str().as_bytes()),
            parts: BTreeMap::new(),
            proposal: stored.digest(),
            artifacts: vec![artifact],
            outputs: Map::new(),
            findings: Vec::new(),
            checks_passed: 0,
            skill: "write".into(),
            usage: Usage::default(),
            reused: false,
            millis: 0,
        };
        self.store.finish(lease, output, &stored, Vec::new(), None, NOW).await.expect("finishes");
        run
    }

    /// A publisher with a store handle of its own, as another process would have.
    pub(super) async fn executor(&self) -> Runner {
        let store = open(self.folder.path()).await;
        Runner::new(Parts {
            forge: LocalForge::new(store.clone()),
            store,
            registries: Registries::new(InForce::built_in().registry),
            host: AgentHost::new(PathBuf::from("/nonexistent")),
            knowledge: KnowledgeHandle::unavailable("nobody asks it"),
            clock: Clock::of(|| NOW),
            watch: Watch::nobody(),
            parallel: 1,
            ceilings: Ceilings::default(),
            signing: Signing::default(),
            effects: Effects::Performed,
        })
    }

    /// The bare repository.
    pub(super) fn bare(&self) -> PathBuf {
        self.folder.path().join("state/local/acme/shop.git")
    }

    /// What `git` says in the bare repository.
    #[track_caller]
    pub(super) fn git(&self, args: &[&str]) -> String {
        git(&self.bare(), args)
    }

    /// A clone in which a person works.
    pub(super) fn checkout(&self) -> PathBuf {
        let clone = self.folder.path().join("clone");
        if !clone.exists() {
            // A copy of the files would fail when an executor moves one meanwhile.
            self.git(&["clone", "--quiet", "--no-local", ".", &clone.display().to_string()]);
        }
        clone
    }

    /// A person replaces a file on a branch, or takes it away.
    pub(super) fn push(&self, branch: &str, path: &str, content: Option<&[u8]>) {
        let clone = self.checkout();
        git(&clone, &["fetch", "--quiet", "origin"]);
        git(&clone, &["checkout", "--quiet", "--force", "-B", "mine", &format!("origin/{branch}")]);
        match content {
            Some(content) => std::fs::write(clone.join(path), content).expect("a file"),
            None => std::fs::remove_file(clone.join(path)).expect("the file is there"),
        }
        git(&clone, &["add", "--all"]);
        git(&clone, &["commit", "--quiet", "-m", "by hand"]);
        git(&clone, &["push", "--quiet", "origin", &format!("mine:{branch}")]);
    }
}

async fn open(folder: &Path) -> Store {
    Store::open(&folder.join("state"), Arc::new(|_, _| Ok(()))).await.expect("opens")
}

/// The page of an item.
pub(super) fn page(item: u32) -> String {
    format!("docs/page-{}.md", item + 1)
}

/// A page as it was at first, or as a run wants it.
pub(super) fn text(key: Option<u32>) -> String {
    let line = |n: u32| match key {
        Some(key) if n == line_of(key) => format!("{}\n", line_by(key)),
        Some(_) | None => format!("line {n}\n"),
    };
    (0..LINES).map(line).collect()
}

/// The line that a run changes.
pub(super) fn line_of(key: u32) -> u32 {
    (key * 7) % LINES
}

/// What a run makes of its line.
pub(super) fn line_by(key: u32) -> String {
    format!("written by run {key}")
}

/// What `git` says in a folder, without anybody's configuration.
#[track_caller]
pub(super) fn git(folder: &Path, args: &[&str]) -> String {
    try_git(folder, args).unwrap_or_else(|error| panic!("git {args:?}: {error}"))
}

pub(super) fn try_git(folder: &Path, args: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .args(["-c", "user.name=Ana", "-c", "user.email=ana@example.org"])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git starts");
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
