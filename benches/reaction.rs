//! How long from a label on an issue to the pull request, and how much is asked of the forge for it?
//!
//! `cargo bench -p forgeline-cli -p forgeline-tests --bench reaction [-- <rounds>]`, after the executable was built in the same
//! profile; `make bench` does both. The real server takes webhooks of the fake forge, which needs 20 ms for each request over its
//! API. Each round labels an issue of its own; the time ends when the fake has the pull request, and the requests are counted
//! when the last word on the issue is there.

#![expect(clippy::print_stdout, reason = "printing its measurements is what a benchmark is for")]

#[expect(dead_code, reason = "shared with the other benchmarks")]
mod machine;
#[expect(dead_code, reason = "shared with the other benchmarks")]
mod measure;
#[expect(dead_code, reason = "shared with the other benchmarks")]
mod place;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use forgeline_fake_forge::{FakeForge, Level, LimitSettings};

use crate::{
    machine::Machine,
    measure::{Samples, Table, rounds, verdict},
};

const SHOP: &str = "acme/shop";
const SECRET: &str = "3f1d0f7c5a5e4e6c8f3b";
/// What the forge needs for each request, milliseconds.
const PER_CALL_MS: u64 = 20;
/// Most milliseconds from the label to the pull request.
const TARGET_MS: f64 = 1_500.0;
/// Most requests that count for a run.
const MOST_CALLS: f64 = 12.0;
/// How long a round may take at most.
const PATIENCE: Duration = Duration::from_secs(60);

/// The server; it dies with the benchmark.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the server; it and where webhooks go.
fn serve(machine: &Machine) -> (Server, String) {
    let args = ["serve", "--json", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--poll", "3600"];
    let mut child =
        machine.command(&args).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("forgeline starts");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let mut text = String::new();
    for line in lines {
        text.push_str(&line);
        if line == "}" {
            break;
        }
    }
    let said: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let listen = said["serve"]["listen"].as_str().expect("an address");
    (Server(child), format!("http://{listen}/webhooks/github"))
}

/// Waits until something is so; how long that took since `begun`.
fn until(begun: Instant, is_so: impl Fn() -> bool) -> Duration {
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it does not happen");
        thread::sleep(Duration::from_millis(1));
    }
    begun.elapsed()
}

fn count(there: &FakeForge, path: &str) -> usize {
    there.peek(path).as_array().map_or(0, Vec::len)
}

fn main() {
    let rounds = rounds(15);
    let there = FakeForge::start_blocking();
    there.limits(LimitSettings { points_per_minute: None, content_per_minute: None, ..LimitSettings::default() });
    there.repository(SHOP, false);
    there.grant("ana", SHOP, Level::Write);
    there.push("ana", SHOP, "main", &[("README.md", "# Shop\n")]);
    let rights = ["contents", "issues", "pull_requests", "checks"].map(|right| (right, "write"));
    let app = there.app("forgeline-app", &[&rights[..], &[("metadata", "read")]].concat());
    there.install(&app, "acme", None);
    let issues: Vec<u64> =
        (0..rounds).map(|n| there.open_issue("ana", SHOP, &format!("Page {n}"), "Within 30 days.")).collect();

    let machine = Machine::new();
    let home = machine.repository.parent().expect("a folder").join("home/.config/forgeline");
    fs::create_dir_all(&home).expect("a folder");
    fs::write(home.join("secret"), SECRET).expect("a file");
    fs::write(home.join("app.pem"), &app.private_key_pem).expect("a file");
    let operator = format!(
        "apiVersion: forgeline.dev/v1\nkind: Operator\nforges: {{github: {{app_id: {}, private_key: \"file:{home}/app.pem\", \
         webhook_secret: \"file:{home}/secret\", base_url: \"{}\"}}}}\n",
        app.id,
        there.enterprise_url(),
        home = home.display(),
    );
    fs::write(home.join("operator.yaml"), operator).expect("a file");
    machine.ok(&["bot", "once"]);
    let (server, hooks) = serve(&machine);
    thread::sleep(Duration::from_secs(2));
    there.deliver_to(&hooks, SECRET);
    there.faults().latency(PER_CALL_MS);

    let (mut opened, mut told, mut calls) = (Samples::default(), Samples::default(), Vec::new());
    for (n, issue) in issues.iter().enumerate() {
        there.forget_requests();
        let begun = Instant::now();
        there.label("ana", SHOP, *issue, "docs");
        opened.time(until(begun, || count(&there, &format!("/repos/{SHOP}/pulls?state=open")) > n));
        let is_told = || {
            let said = there.peek(&format!("/repos/{SHOP}/issues/{issue}/comments"));
            said.as_array()
                .is_some_and(|all| all.iter().any(|it| it["body"].as_str().is_some_and(|it| it.contains("published"))))
        };
        told.time(until(begun, is_told));
        // What follows from the webhooks of Forgeline's own doing belongs to the run too.
        thread::sleep(Duration::from_millis(1_500));
        let counts = there.requests().iter().filter(|it| it.operation.is_some() && it.status != Some(304)).count();
        calls.push(f64::from(u32::try_from(counts).expect("few")));
    }
    drop(server);
    calls.sort_by(f64::total_cmp);
    let middle = calls[calls.len() / 2];

    let mut table = Table::new(["", "", "", "target"]);
    let ms = |figure: f64| format!("{figure:.0} ms");
    let what = format!("label on an issue to pull request, {PER_CALL_MS} ms a call");
    table.row([&what, &ms(opened.median()), "", &verdict(opened.median(), TARGET_MS, " ms")]);
    table.row(["to the last word on the issue", &ms(told.median()), "", ""]);
    table.row([
        "requests of the API that were answered with something new",
        &format!("{middle:.0}"),
        "",
        &verdict(middle, MOST_CALLS + 1.0, ""),
    ]);
    print!("{}", table.text());
}
