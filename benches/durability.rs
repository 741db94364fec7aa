//! What does it cost that nothing is lost, and how does it scale with what lies in the store?
//!
//! `cargo bench -p forgeline-cli -p forgeline-tests --bench durability [-- <rounds>]`, after the executable was built in the
//! same profile; `make bench` does both. `strace` counts what reaches the disk.

#![expect(clippy::print_stdout, reason = "printing its measurements is what a benchmark is for")]

#[expect(dead_code, reason = "another benchmark needs the rest")]
mod machine;
#[expect(dead_code, reason = "another benchmark needs the rest")]
mod measure;
mod noop;
#[expect(dead_code, reason = "another benchmark needs the rest")]
mod place;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    machine::Machine,
    measure::{Samples, Table, rounds, verdict},
};

/// Most milliseconds from the second start to its first stage, with an empty store and a full one.
const RESUME_MS: f64 = 500.0;
const RESUME_FULL_MS: f64 = 2_000.0;
/// Most milliseconds of `runs list`.
const LIST_MS: f64 = 50.0;
/// Stages of the chain, and of the grid.
const STAGES: u32 = 100;
/// Stages of each chain of the grid.
const SIDE: u32 = 10;
/// Runs in the store when it is full.
const FULL: u32 = 10_000;
/// Runs that are listed from.
const MANY: u32 = 100_000;

fn main() {
    let rounds = rounds(5);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut table = Table::new(["", "median", "", "target"]);
    syncs(&mut table, "chain", "100 chained stages", 1.3);
    syncs(&mut table, "grid", "10 x 10 stages", 0.4);
    resume(&mut table, rounds, &runtime);
    list(&mut table, &runtime);
    print!("{}", table.text());
}

/// A machine whose factory has the chain, and no work item is needed.
fn machine() -> Machine {
    let mut machine = Machine::new();
    let factory = path(&machine, "factory");
    for (file, text) in [
        ("forgeline.yaml", "apiVersion: forgeline.dev/v1\nkind: Factory\n".to_owned()),
        ("agents/noop/agent.yaml", noop::AGENT.to_owned()),
        ("blueprints/chain/blueprint.yaml", noop::blueprint("chain", STAGES, |stage| stage.checked_sub(1))),
        (
            "blueprints/grid/blueprint.yaml",
            noop::blueprint("grid", STAGES, |stage| stage.checked_sub(1).filter(|_| !stage.is_multiple_of(SIDE))),
        ),
    ] {
        let path = factory.join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    machine.factory = Some(factory);
    machine
}

/// A place on the machine.
fn path(machine: &Machine, name: &str) -> PathBuf {
    machine.repository.with_file_name(name)
}

fn database(machine: &Machine) -> PathBuf {
    path(machine, "state").join("forgeline.db")
}

fn chain(machine: &Machine) -> Vec<String> {
    run(machine, "chain")
}

fn run(machine: &Machine, blueprint: &str) -> Vec<String> {
    ["run", blueprint, "--repo", &machine.repository.display().to_string()].map(str::to_owned).into()
}

/// What a stage makes last: all of a run's syncs over its stages.
fn syncs(table: &mut Table, blueprint: &str, what: &str, limit: f64) {
    let machine = machine();
    let log = path(&machine, "strace");
    let operator = path(&machine, "operator.yaml");
    let tasks = format!("apiVersion: forgeline.dev/v1\nkind: Operator\nlimits: {{tasks: {SIDE}}}\n");
    fs::write(&operator, tasks).expect("a file");
    let run = machine.command(&run(&machine, blueprint));
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-e", "trace=fsync,fdatasync", "-o"])
        .arg(&log)
        .arg(run.get_program())
        .args(run.get_args());
    strace.env("FORGELINE_CONFIG", &operator);
    strace.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = strace.output().expect("strace starts; `make setup-test` gets it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(&log).expect("the trace");
    let count = text.lines().filter(|line| line.contains("sync(")).count();
    let each = count as f64 / f64::from(STAGES);
    let what = format!("syncs of a run of {what}, for each stage");
    table.row([&what, &format!("{each:.2}"), "", &verdict(each, limit, "")]);
}

/// A chain that was killed half-way: from the second start to its first stage.
fn resume(table: &mut Table, rounds: usize, runtime: &tokio::runtime::Runtime) {
    for (full, limit) in [(0, RESUME_MS), (FULL, RESUME_FULL_MS)] {
        let mut samples = Samples::default();
        let (mut left, mut tries) = (rounds, 4 * rounds);
        while left > 0 && tries > 0 {
            tries -= 1;
            let machine = machine();
            let whole = Instant::now();
            machine.ok(&chain(&machine));
            let whole = whole.elapsed();
            let fresh = self::machine();
            fresh.ok(&["runs", "list"]);
            if full > 0 {
                fs::copy(database(&machine), database(&fresh)).expect("a copy");
                runtime.block_on(multiply(&database(&fresh), full));
            }
            let mut first = fresh.start(&chain(&fresh));
            thread::sleep(whole / 2);
            first.kill().expect("killed");
            first.wait().expect("gone");
            let begun = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
            fresh.ok(&chain(&fresh));
            let begun = i64::try_from(begun.as_millis()).expect("a time");
            let stage = runtime.block_on(first_stage_after(&database(&fresh), begun));
            // Too early or too late: nothing was resumed.
            let Some(stage) = stage else { continue };
            samples.time(Duration::from_millis(u64::try_from(stage - begun).unwrap_or(0)));
            left -= 1;
        }
        let what = if full == 0 { "an empty store".to_owned() } else { format!("{full} runs in it") };
        let figure = samples.median();
        table.row([
            &format!("kill -9, second start to the first stage, {what}"),
            &format!("{figure:.0} ms"),
            "",
            &verdict(figure, limit, " ms"),
        ]);
    }
}

async fn connect(database: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(database).connect().await.expect("opens")
}

/// When the first stage was started or done after a point in time, of a run that was begun before it.
async fn first_stage_after(database: &Path, begun: i64) -> Option<i64> {
    let mut connection = connect(database).await;
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT min(at) FROM journal WHERE at >= ?1 AND fact ->> 'fact' IN ('task_started', 'task_done') AND run_id IN \
         (SELECT run_id FROM journal WHERE at < ?1 AND fact ->> 'fact' = 'task_done')",
    )
    .bind(begun)
    .fetch_one(&mut connection)
    .await
    .expect("reads");
    connection.close().await.expect("closes");
    found
}

/// Makes copies of the newest finished run, with its journal and tasks.
async fn multiply(database: &Path, copies: u32) {
    let mut connection = connect(database).await;
    for sql in [
        "CREATE TEMP TABLE copy AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
         SELECT printf('run_%016x', i) AS id, i, (SELECT run_id FROM run WHERE finished ORDER BY created_at DESC LIMIT 1) AS of FROM n",
        "INSERT INTO run (run_id, trigger_key, project, blueprint, repository, item, branch, spec, state, finished, facts, \
         created_at, updated_at) SELECT id, 'copy ' || id, project, blueprint, repository, item, branch, spec, state, 1, facts, \
         created_at - i, updated_at - i FROM copy JOIN run ON run_id = of WHERE ?1 > 0",
        "INSERT INTO journal (run_id, seq, fact, at) SELECT id, seq, fact, at - i FROM copy JOIN journal ON run_id = of \
         WHERE seq <= 40 AND ?1 > 0",
    ] {
        sqlx::query(sql).bind(copies).execute(&mut connection).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
    connection.close().await.expect("closes");
}

/// Listing, among very many.
fn list(table: &mut Table, runtime: &tokio::runtime::Runtime) {
    let machine = machine();
    machine.ok(&chain(&machine));
    runtime.block_on(multiply(&database(&machine), MANY));
    let mut samples = Samples::default();
    for _ in 0..20 {
        let begun = Instant::now();
        machine.ok(&["runs", "list"]);
        samples.time(begun.elapsed());
    }
    let figure = samples.median();
    table.row([&format!("runs list, of {MANY}"), &format!("{figure:.1} ms"), "", &verdict(figure, LIST_MS, " ms")]);
}
