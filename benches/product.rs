//! How long does a person wait for `forgeline`, and what does it hold while it waits?
//!
//! `cargo bench -p forgeline-cli -p forgeline-tests --bench product [-- <rounds>]`, after the executable was built in
//! the same profile; `make bench` does both. Each round starts from a fresh state directory and a fresh repository;
//! the index is left out, so that its model is not what is measured.

#![expect(clippy::print_stdout, reason = "printing its measurements is what a benchmark is for")]

mod machine;
mod measure;
mod place;

use std::{
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    machine::Machine,
    measure::{Samples, Table, rounds, verdict},
};

/// Most milliseconds from a work item to a branch or pull request.
const RUN_MS: f64 = 1000.0;
/// Most milliseconds of `forgeline --version`.
const VERSION_MS: f64 = 20.0;
/// Most megabytes of a process that waits.
const IDLE_MB: f64 = 40.0;
/// Starts of each program.
const STARTS: usize = 40;

fn main() {
    let rounds = rounds(7);
    let mut table = Table::new(["", "median", "of its peer", "target"]);
    let to_branch = to_branch(&mut table, rounds);
    to_pull_request(&mut table, rounds);
    resume(&mut table, rounds, to_branch);
    version(&mut table);
    idle(&mut table);
    print!("{}", table.text());
}

/// A plain repository and a file, against Git alone storing the same files.
fn to_branch(table: &mut Table, rounds: usize) -> f64 {
    let (mut page, mut service, mut git) = (Samples::default(), Samples::default(), Samples::default());
    for _ in 0..rounds {
        page.time(Machine::new().run("docs-page"));
        let machine = Machine::new();
        service.time(machine.run("http-service"));
        git.time(git_alone(&machine, &machine.branch()));
    }
    table.row(["git checkout + commit of the same files, the peer", &ms(git.median()), "1.00", ""]);
    let mut row = |what: &str, samples: &Samples| {
        let ratio = format!("{:.1}", samples.over(&git).median());
        table.row([what, &ms(samples.median()), &ratio, &verdict(samples.median(), RUN_MS, " ms")]);
    };
    row("work item -> branch, http-service", &service);
    row("work item -> branch, docs-page", &page);
    service.median()
}

/// Writes the branch's files and commits them; what any tool that makes them would have to do at least.
fn git_alone(machine: &Machine, branch: &str) -> Duration {
    let begun = Instant::now();
    place::git(&machine.repository, &["checkout", "--quiet", branch, "--", "."]);
    place::git(&machine.repository, &["commit", "--quiet", "-m", "the same"]);
    begun.elapsed()
}

/// An issue of the local forge and a command on it.
fn to_pull_request(table: &mut Table, rounds: usize) {
    let mut samples = Samples::default();
    for _ in 0..rounds {
        let machine = Machine::new();
        machine.ok(&["local", "repo", "create", "acme/shop"]);
        let text = fs::read_to_string(machine::WORK_ITEM).expect("the example");
        let body = text.split_once('\n').map_or("", |(_, body)| body);
        machine.ok(&["local", "issue", "create", "--no-bot", "-t", "Order management service", "-b", body]);
        machine.ok(&["local", "comment", "add", "1", "/forgeline run http-service", "--no-bot"]);
        let begun = Instant::now();
        machine.ok(&["bot", "once"]);
        samples.time(begun.elapsed());
        let shown = machine.ok(&["--json", "local", "pr", "list", "--all"]);
        assert!(shown.contains("forgeline/http-service/"), "no pull request: {shown}");
    }
    let figure = samples.median();
    table.row(["command -> pull request, http-service, local forge", &ms(figure), "", &verdict(figure, RUN_MS, " ms")]);
}

/// A run that was killed half-way: the whole of its second start.
fn resume(table: &mut Table, rounds: usize, whole_run_ms: f64) {
    let mut samples = Samples::default();
    let (mut left, mut tries) = (rounds, 4 * rounds);
    while left > 0 && tries > 0 {
        tries -= 1;
        let machine = Machine::new();
        let mut first = machine.start(&machine.run_args("http-service"));
        thread::sleep(Duration::from_secs_f64(whole_run_ms / 2000.0));
        // SIGKILL: no handler runs, nothing is flushed.
        first.kill().expect("killed");
        first.wait().expect("gone");
        // A machine that is slow for a moment, or quick, made this too early or too late.
        if machine.runs() != ["working"] {
            continue;
        }
        samples.time(machine.run("http-service"));
        assert_eq!(machine.runs(), ["published"], "it was resumed, not started again");
        left -= 1;
    }
    let ratio = format!("{:.2}", samples.median() / whole_run_ms);
    table.row(["kill -9 half-way, second start to the branch", &ms(samples.median()), &ratio, ""]);
}

/// Starting, against starting Git.
fn version(table: &mut Table) {
    let (mut own, mut git) = (Samples::default(), Samples::default());
    let machine = Machine::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        machine.ok(&["--version"]);
        own.time(begun.elapsed());
        let begun = Instant::now();
        Command::new("git").arg("--version").output().expect("git starts");
        git.time(begun.elapsed());
    }
    let ratio = format!("{:.2}", own.over(&git).median());
    table.row(["git --version, the peer", &ms(git.median()), "1.00", ""]);
    table.row(["forgeline --version", &ms(own.median()), &ratio, &verdict(own.median(), VERSION_MS, " ms")]);
}

/// What a process holds that waits for events.
fn idle(table: &mut Table) {
    let machine = Machine::new();
    machine.run("docs-page");
    let mut waiting = machine.start(&["events", "tail", "--follow"].map(str::to_owned));
    thread::sleep(Duration::from_secs(1));
    let resident = place::resident_mb(waiting.id());
    waiting.kill().expect("killed");
    waiting.wait().expect("gone");
    match resident {
        Some(mb) => {
            table.row(["memory of `events tail --follow`", &format!("{mb:.1} MB"), "", &verdict(mb, IDLE_MB, " MB")]);
        }
        None => table.row(["memory of `events tail --follow`", "unknown here", "", ""]),
    }
}

fn ms(figure: f64) -> String {
    format!("{figure:.1} ms")
}
