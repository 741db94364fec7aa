//! What does Forgeline cost per stage, when the stage itself does nothing?
//!
//! `cargo bench -p forgeline-cli -p forgeline-tests --bench orchestration [-- <rounds>]`, after the executable was
//! built in the same profile; `make bench` does both. The peer is measured in the same rounds on the same disk: a
//! commit of one row, with the settings that the store has, which is the least that anybody pays who loses nothing.

#![expect(clippy::print_stdout, reason = "printing its measurements is what a benchmark is for")]

mod measure;
mod noop;
mod place;
mod shapes;

use std::{
    collections::BTreeMap,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use forgeline_agents::AgentHost;
use forgeline_engine::{Outcome, TaskOutput, run::Phase};
use forgeline_forge::LocalForge;
use forgeline_model::{
    Digest, Event, RunId,
    task::{Proposal, Usage},
};
use forgeline_registry::Registry;
use forgeline_runner::{Clock, Driven, Effects, Parts, Runner, Watch, knowledge::KnowledgeHandle, signing::Signing};
use forgeline_store::{Decided, Lease, NewRun, Store};
use serde_json::Map;
use sqlx::{
    Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    measure::{Samples, Table, rounds, verdict},
    shapes::{STAGES, Shape},
};

const LEASE_MS: u64 = 30_000;
/// Most that a stage may cost, in commits: one after the other, and side by side.
const CHAIN: f64 = 1.6;
const GRID: f64 = 0.4;
/// Runs that one process drives, one after the other, and most that it may grow meanwhile, against the first tenth of them.
const RUNS: u32 = 10_000;
const GROWTH: f64 = 1.1;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    print!("{}", runtime.block_on(measure(rounds(7))).text());
}

async fn measure(rounds: usize) -> Table {
    let mut peer = Samples::default();
    let mut store_only = Shape::LARGE.map(|shape| (shape, Samples::default()));
    let mut whole = Shape::LARGE.map(|shape| (shape, Samples::default()));
    let mut dbos = Shape::LARGE.map(|shape| (shape, Some(Samples::default())));
    for _ in 0..rounds {
        let scratch = place::scratch();
        let repository = scratch.path().join("repository");
        let base = place::repository(&repository);
        peer.time(one_commit(&scratch.path().join("peer.db")).await);
        for (shape, samples) in &mut store_only {
            let store = open(&scratch.path().join(format!("store-{shape}"))).await;
            let new = shape.run(&repository, &base, "");
            samples.time(by_store(&store, new, shape.workers()).await / STAGES);
            store.close().await;
        }
        for (shape, samples) in &mut dbos {
            let taken = dbos_step(&scratch.path().join(format!("dbos-{shape}")), shape.workers());
            // One round without a figure, and the rounds could not be compared.
            match (taken, &mut *samples) {
                (Some(taken), Some(samples)) => samples.time(taken),
                _ => *samples = None,
            }
        }
        for (shape, samples) in &mut whole {
            let runner = runner(&scratch.path().join(format!("runner-{shape}")), shape.workers()).await;
            let new = shape.run(&repository, &base, "");
            samples.time(by_runner(&runner, new).await / STAGES);
            runner.store.close().await;
        }
    }
    let mut table = Table::new(["no-op stages", "ms per stage", "of one commit", "target"]);
    table.row(["one commit of one row, the peer", &format!("{:.3}", peer.median()), "1.00", ""]);
    for (shape, samples) in &store_only {
        let target = if shape.workers() == 1 { CHAIN } else { GRID };
        add(&mut table, &format!("{shape}, store and engine"), samples, &peer, Some(target));
    }
    for (shape, samples) in &whole {
        add(&mut table, &format!("{shape}, runner and agent process"), samples, &peer, None);
    }
    for (shape, samples) in &dbos {
        if let Some(samples) = samples {
            add(&mut table, &format!("{shape}, DBOS on SQLite"), samples, &peer, None);
        }
    }
    if let Some([early, middle, late]) = memory().await {
        let all = format!("{late:.1}");
        let mut row = |since: &str, growth: f64| {
            let what = format!("resident after {RUNS} runs, MB; of that after {since}");
            table.row([&what, &all, &format!("{growth:.2}"), &verdict(growth, GROWTH, "")]);
        };
        row("a tenth", late / early);
        row("a half", late / middle);
    }
    table
}

/// Megabytes that a process holds after a tenth of [`RUNS`], after a half and after all of them.
async fn memory() -> Option<[f64; 3]> {
    let scratch = place::scratch();
    let repository = scratch.path().join("repository");
    let base = place::repository(&repository);
    let runner = runner(&scratch.path().join("state"), 1).await;
    let mut held = Vec::new();
    for n in 1..=RUNS {
        by_runner(&runner, Shape::Single.run(&repository, &base, &n.to_string())).await;
        if [RUNS / 10, RUNS / 2, RUNS].contains(&n) {
            held.push(place::resident_mb(std::process::id())?);
        }
    }
    runner.store.close().await;
    held.try_into().ok()
}

fn add(table: &mut Table, what: &str, samples: &Samples, peer: &Samples, target: Option<f64>) {
    let ratio = samples.over(peer).median();
    let target = target.map_or_else(String::new, |target| verdict(ratio, target, ""));
    table.row([what, &format!("{:.3}", samples.median()), &format!("{ratio:.2}"), &target]);
}

/// The time of a commit, with the store's settings and a prepared statement.
async fn one_commit(path: &Path) -> Duration {
    const COMMITS: u32 = 300;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a database");
    sqlx::query("CREATE TABLE row (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")
        .execute(&mut connection)
        .await
        .expect("a table");
    let begun = Instant::now();
    for _ in 0..COMMITS {
        // One statement outside a transaction is a transaction of its own.
        sqlx::query("INSERT INTO row (body) VALUES (?)").bind("done").execute(&mut connection).await.expect("a row");
    }
    let taken = begun.elapsed();
    connection.close().await.expect("closes");
    taken / COMMITS
}

/// The time of a step of a DBOS workflow, where `python3`, or what `FORGELINE_PYTHON` names, has DBOS.
fn dbos_step(folder: &Path, parallel: usize) -> Option<Duration> {
    std::fs::create_dir_all(folder).expect("a folder");
    let python = std::env::var("FORGELINE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let said = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/peers/dbos_steps.py"))
        .arg(folder)
        .args([STAGES.to_string(), parallel.to_string()])
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let millis: f64 = String::from_utf8_lossy(&said.stdout).trim().parse().ok()?;
    Some(Duration::from_secs_f64(millis / 1000.0))
}

/// Decides a run and does its tasks, with nothing between claiming a task and storing its result.
async fn by_store(store: &Store, new: NewRun, workers: usize) -> Duration {
    let begun = Instant::now();
    let run = decide(store, new).await;
    let mut work = JoinSet::new();
    for _ in 0..workers {
        let (store, run) = (store.clone(), run.clone());
        work.spawn(async move {
            while let Some(lease) = claim(&store, &run).await {
                let mut next = Some(lease);
                while let Some(lease) = next {
                    next = finish(&store, lease).await;
                }
            }
        });
    }
    work.join_all().await;
    let taken = begun.elapsed();
    let ended = store.run(&run).await.expect("reads");
    assert_eq!(ended.state.phase, Phase::Publishing, "all stages are done");
    taken
}

async fn decide(store: &Store, new: NewRun) -> RunId {
    match store.start(new, Vec::new(), Clock::system().now()).await.expect("decides") {
        Decided::Started(run, _) => run,
        Decided::Joined(run) => panic!("{run} is there already"),
    }
}

async fn claim(store: &Store, run: &RunId) -> Option<Lease> {
    store.claim(Some(run), None, LEASE_MS, Clock::system().now()).await.expect("claims")
}

async fn finish(store: &Store, lease: Lease) -> Option<Lease> {
    let proposal = Proposal { skill: lease.task.to_string(), ..Proposal::default() };
    let stored = store.keep(&proposal).expect("keeps");
    let output = TaskOutput {
        key: Digest::of_bytes(proposal.skill.as_bytes()),
        parts: BTreeMap::new(),
        proposal: stored.digest(),
        artifacts: Vec::new(),
        outputs: Map::new(),
        findings: Vec::new(),
        checks_passed: 0,
        skill: "template".into(),
        reused: false,
        usage: Usage::default(),
        millis: 0,
    };
    store
        .finish(lease, output, &stored, Vec::new(), Some(LEASE_MS), Clock::system().now())
        .await
        .expect("finishes")
        .next
}

/// Decides a run and drives it to its end: agents' processes started, each task sent to one, nothing to publish.
async fn by_runner(runner: &Runner, new: NewRun) -> Duration {
    let begun = Instant::now();
    let run = decide(&runner.store, new).await;
    let (_stop, never) = watch::channel(false);
    let driven = runner.drive(&run, never, forgeline_runner::Patience::Endless).await.expect("drives");
    let taken = begun.elapsed();
    let Driven::Ended(view) = driven else { panic!("nobody asked it to stop") };
    assert!(matches!(view.state.outcome(), Some(Outcome::NoChange { .. })), "{:?}", view.state.outcome());
    taken
}

async fn open(folder: &Path) -> Store {
    let registry = Registry::built_in();
    let check = |event: &Event, _: Option<&Digest>| {
        registry.validate_produced(&event.to_value()).map_err(|violation| violation.to_string())
    };
    Store::open(folder, Arc::new(check)).await.expect("opens")
}

async fn runner(folder: &Path, parallel: usize) -> Runner {
    let store = open(folder).await;
    Runner::new(Parts {
        forge: LocalForge::new(store.clone()),
        store,
        registries: forgeline_runner::Registries::new(Arc::new(Registry::built_in().clone())),
        host: AgentHost::new(place::forgeline()),
        knowledge: KnowledgeHandle::unavailable("it is not what is measured"),
        clock: Clock::system(),
        watch: Watch::nobody(),
        parallel,
        ceilings: Default::default(),
        signing: Signing::default(),
        effects: Effects::Performed,
    })
}
