use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use forgeline_blueprints::{codes, config::ContractsAt};
use forgeline_model::{Event, FileSet, Timestamp};
use forgeline_registry::{Registry, shipped};
use forgeline_repo::{Change, CommitId, Durability, NewCommit, Person, Repo};
use serde_json::Value;

use super::Pins;
use crate::Registries;

const EVENT: &str = "events/vision/VisionDocumentCreated";

/// A registry's repository.
struct Contracts {
    dir: tempfile::TempDir,
    repo: Repo,
    tip: Option<CommitId>,
}

impl Contracts {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let main = "main".parse().expect("a branch name");
        let repo =
            Repo::init_bare(&dir.path().join("contracts.git"), &main, Durability::Relaxed).expect("a repository");
        Self { dir, repo, tip: None }
    }

    fn path(&self) -> &Path {
        self.repo.git_dir()
    }

    /// Commits exactly these files below a folder.
    fn commit(&mut self, below: &str, files: &FileSet) -> CommitId {
        let changes = files.iter().map(|(path, bytes)| {
            let path = format!("{below}{path}").parse().expect("a path");
            (path, Change::Write(bytes.to_vec()))
        });
        let tree = self.repo.compose(None, &changes.collect()).expect("a tree");
        let person = Person { name: "Ana".into(), email: "ana@example.com".into() };
        let parents: Vec<CommitId> = self.tip.into_iter().collect();
        let new = NewCommit {
            tree,
            parents: &parents,
            author: &person,
            at: Timestamp::from_millis(0),
            message: "change",
            trailers: &[],
        };
        let commit = self.repo.commit(&new).expect("a commit");
        self.repo.compare_and_swap("refs/heads/main", self.tip, Some(commit), "test").expect("moves");
        self.tip = Some(commit);
        commit
    }
}

fn at(repository: &str) -> ContractsAt {
    ContractsAt { repository: repository.into(), path: None, branch: None, commit: None }
}

fn without(files: &FileSet, folder: &str) -> FileSet {
    let mut left = FileSet::new("less");
    for (path, bytes) in files.iter().filter(|(path, _)| !path.starts_with(folder)) {
        left.insert(path, bytes);
    }
    left
}

fn broken(files: &FileSet) -> FileSet {
    let mut files = files.clone();
    files.insert(format!("{EVENT}/event.yaml"), "title: [".as_bytes());
    files
}

#[test]
fn the_newest_commit_in_order_is_in_force() {
    let (mut contracts, pins, wanted) = (Contracts::new(), Pins::default(), at("acme/contracts"));
    let faults = pins.find(contracts.path(), &wanted).expect_err("an empty repository has no contracts");
    assert_eq!(faults[0].code, codes::CONTRACTS_UNREAD);

    let nothing = contracts.commit("", &broken(&shipped()));
    let faults = pins.find(contracts.path(), &wanted).expect_err("no commit is in order");
    assert!(faults[0].message.contains(&nothing.short()) && faults.len() > 1, "{faults:?}");

    let first = contracts.commit("", &without(&shipped(), EVENT));
    let found = pins.find(contracts.path(), &wanted).expect("in order");
    assert_eq!((found.from.commit.as_str(), found.from.held_back), (first.to_string().as_str(), None));
    assert!(found.findings.is_empty() && found.registry.show("VisionDocumentCreated").is_none());

    let bad = contracts.commit("", &broken(&shipped()));
    let worse = contracts.commit("", &FileSet::new("nothing"));
    for pins in [&pins, &Pins::default()] {
        let found = pins.find(contracts.path(), &wanted).expect("the one before is in force");
        assert_eq!(found.from.commit, first.to_string());
        assert_eq!(found.from.held_back, Some(worse.to_string()));
        assert_eq!(found.findings[0].code, codes::CONTRACTS_HELD_BACK);
    }
    let fixed = ContractsAt { commit: Some(bad.to_string()), ..wanted.clone() };
    pins.find(contracts.path(), &fixed).expect_err("a commit that is named has no other in its place");
    let fixed = ContractsAt { commit: Some(first.to_string()), ..wanted.clone() };
    assert_eq!(pins.find(contracts.path(), &fixed).expect("in order").from.held_back, None);

    let good = contracts.commit("", &shipped());
    let found = pins.find(contracts.path(), &wanted).expect("in order again");
    assert_eq!((found.from.commit, found.from.held_back), (good.to_string(), None));
    assert!(found.registry.show("VisionDocumentCreated").is_some());
}

#[test]
fn what_is_named_must_be_there() {
    let (mut contracts, pins) = (Contracts::new(), Pins::default());
    contracts.commit("registry/", &shipped());
    let inside = ContractsAt { path: Some("registry".into()), ..at("acme/contracts") };
    pins.find(contracts.path(), &inside).expect("a folder of a repository");
    for (wanted, says) in [
        (at("acme/contracts"), "no registry at the root"),
        (ContractsAt { path: Some("elsewhere".into()), ..inside.clone() }, "no registry at elsewhere"),
        (ContractsAt { branch: Some("release".into()), ..inside.clone() }, "branch `release` does not exist"),
        (ContractsAt { branch: Some("..".into()), ..inside.clone() }, ".."),
        (ContractsAt { commit: Some("0".repeat(40)), ..inside.clone() }, "0000"),
    ] {
        let faults = pins.find(contracts.path(), &wanted).expect_err(says);
        assert!(faults.iter().any(|fault| fault.message.contains(says)), "{says}: {faults:?}");
    }
    pins.find(&contracts.dir.path().join("nowhere"), &inside).expect_err("there is no repository");
}

#[test]
fn what_was_found_stays_in_force_when_it_can_no_longer_be_read() {
    let (mut contracts, pins, wanted) = (Contracts::new(), Pins::default(), at("acme/contracts"));
    let first = contracts.commit("", &shipped());
    pins.find(contracts.path(), &wanted).expect("in order");
    let (here, away) = (contracts.path().to_owned(), contracts.dir.path().join("away"));
    std::fs::rename(&here, &away).expect("moves");
    let found = pins.find(&here, &wanted).expect("the last one stays");
    assert_eq!((found.from.commit.as_str(), found.findings.len()), (first.to_string().as_str(), 1));
    assert!(found.findings[0].message.contains("stays in force"), "{:?}", found.findings);
    Pins::default().find(&here, &wanted).expect_err("a process that never found any has none");
}

#[test]
fn commits_that_leave_the_registry_alone_do_not_count() {
    let (mut contracts, wanted) = (Contracts::new(), at("acme/contracts"));
    let first = contracts.commit("", &shipped());
    let mut files = broken(&shipped());
    for turn in 0..150 {
        files.insert("README.md", format!("{turn}").into_bytes());
        contracts.commit("", &files);
    }
    let found = Pins::default().find(contracts.path(), &wanted).expect("found behind them");
    assert_eq!(found.from.commit, first.to_string());
}

#[test]
fn more_faulty_registries_than_are_looked_at_are_a_finding_until_one_was_found() {
    let (mut contracts, pins, wanted) = (Contracts::new(), Pins::default(), at("acme/contracts"));
    let first = contracts.commit("", &shipped());
    pins.find(contracts.path(), &wanted).expect("in order");
    let mut files = broken(&shipped());
    for turn in 0..=super::MOST_LOADED {
        files.insert("registry.yaml", format!("title: [{turn}").into_bytes());
        contracts.commit("", &files);
    }
    Pins::default().find(contracts.path(), &wanted).expect_err("too far back");
    assert_eq!(pins.find(contracts.path(), &wanted).expect("known").from.commit, first.to_string());
}

/// Two readers that never stop, while the registry is replaced a thousand times: each event is judged by one registry
/// as a whole, and a run's own registry judges the same way throughout.
#[test]
fn a_reload_is_felt_by_no_event_that_is_under_way() {
    let mut contracts = Contracts::new();
    let wanted = at("acme/contracts");
    let registries = Registries::new(Arc::new(Registry::built_in().clone()));
    contracts.commit("", &without(&shipped(), EVENT));
    let less = registries.pins.find(contracts.path(), &wanted).expect("in order").registry;
    contracts.commit("", &shipped());
    let all = registries.pins.find(contracts.path(), &wanted).expect("in order").registry;
    registries.add(less.clone());
    registries.add(all.clone());
    let event = event();

    let (over, judged) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    assert!(registries.check(&event, Some(&all.digest())).is_ok());
                    assert!(registries.check(&event, Some(&less.digest())).is_err());
                    let own = registries.own();
                    let verdict = own.validate_produced(&event.to_value()).is_ok();
                    assert_eq!(verdict, own.digest() == all.digest());
                    judged.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for turn in 0..1000 {
            let newest = registries.pins.find(contracts.path(), &wanted).expect("in order");
            registries.replace_own(if turn % 2 == 0 { less.clone() } else { newest.registry });
            thread::yield_now();
        }
        while judged.load(Ordering::Relaxed) < 100 {
            thread::yield_now();
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(registries.own().digest(), all.digest());
}

fn event() -> Event {
    let files = shipped();
    let valid = files.below(&format!("{EVENT}/examples/1.0.0/valid"));
    let (_, bytes) = valid.iter().next().expect("an example");
    let value: Value = serde_json::from_slice(bytes).expect("JSON");
    serde_json::from_value(value).expect("an event")
}
