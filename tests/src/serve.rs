//! `forgeline serve`: the real executable, over real sockets.

pub(crate) mod server;

use self::server::{Server, patiently, signed};
use crate::{
    survival::rows,
    world::{Said, World},
};

/// The smallest shipped blueprint; it needs no form.
const RUN: &str = "/forgeline run docs-page";
const SECRET: &str = "3f1d0f7c5a5e4e6c8f3b";

/// A world whose operator takes hooks of both forges.
fn with_hooks() -> World {
    let world = World::with_shop();
    let now = world.write("hook", SECRET);
    world.write("home/.config/forgeline/operator.yaml", operator(&now, "env:NOBODY_SETS_IT"));
    world
}

fn operator(now: &str, before: &str) -> String {
    format!(
        "apiVersion: forgeline.dev/v1\nkind: Operator\nforges:\n  github: {{webhook_secret: \"file:{now}\", \
         webhook_secret_previous: \"{before}\"}}\n  azure_devops: {{hook_secret: \"file:{now}\"}}\n"
    )
}

/// Asks for a run on an issue, and nobody tells the bot.
fn ask(world: &World, title: &str) {
    let issue = world.issue(title, "Within 30 days.");
    world.ok(&["local", "comment", "add", &issue.to_string(), RUN, "--no-bot"]);
}

fn hooks(world: &World, state: &str) -> usize {
    let all = rows(&world.state(), "SELECT state FROM hook");
    all.iter().filter(|it| *it == state).count()
}

const PUSH: &str = r#"{"ref":"refs/heads/main","repository":{"full_name":"acme/shop"}}"#;

#[test]
fn what_people_do_is_seen_without_any_hook() {
    let world = World::with_shop();
    let server = Server::start(&world, &[], &["--poll", "1"]);
    ask(&world, "How to return goods");
    patiently("a pull request", || world.pull_requests().len() == 1);
    patiently("the end of the run", || world.runs().iter().all(|run| run["finished"] == true));
    assert_eq!(server.look("/livez").0, 200);
    assert_eq!(server.look("/readyz").0, 200);
    let (status, health) = server.look("/health");
    let health: serde_json::Value = serde_json::from_str(&health).expect("JSON");
    assert_eq!(status, 200, "{health}");
    assert_eq!(health["status"], "healthy");
    let parts = &health["components"];
    assert_eq!((&parts["orchestrator"], &parts["agentHost"]), (&"healthy".into(), &"healthy".into()), "{health}");
    assert!(health["memoryUsage"]["rss"].as_u64() > Some(1 << 20) && health["uptime"].is_u64(), "{health}");
    patiently("the run in the metrics", || {
        let metrics = server.look("/metrics").1;
        let counted = "forgeline_runs_ended_total{blueprint=\"docs-page@1.0.0\",outcome=\"published\"} 1";
        metrics.contains(counted) && metrics.contains("forgeline_tasks_ended_total{")
    });
    // Nobody named a secret.
    assert_eq!(server.send("github", &[("x-hub-signature-256", &signed(SECRET, PUSH))], PUSH), 404);
    assert_eq!(server.end(), 0);
    world.settle();
}

#[test]
fn a_signed_hook_wakes_the_bot_and_a_strange_one_does_not() {
    let world = with_hooks();
    let server = Server::start(&world, &[], &["--poll", "3600"]);
    patiently("the first pass", || server.look("/metrics").1.contains("forgeline_passes_total{result=\"done\"} 1"));
    ask(&world, "How to return goods");
    let head = |delivery: &'static str, signature: &str| {
        [("x-github-event", "push"), ("x-github-delivery", delivery), ("x-hub-signature-256", signature)]
            .map(|(name, value)| (name, value.to_owned()))
    };
    let send = |delivery: &'static str, signature: &str| {
        let head = head(delivery, signature);
        let head: Vec<(&str, &str)> = head.iter().map(|(name, value)| (*name, value.as_str())).collect();
        server.send("github", &head, PUSH)
    };
    assert_eq!(send("d1", &signed("guessed", PUSH)), 401);
    assert_eq!((hooks(&world, "new"), hooks(&world, "seen"), world.runs().len()), (0, 0, 0));
    assert_eq!(send("d1", &signed(SECRET, PUSH)), 202);
    patiently("a pull request", || world.pull_requests().len() == 1);
    patiently("the hook to be seen", || hooks(&world, "seen") == 1);
    assert_eq!(send("d1", &signed(SECRET, PUSH)), 200, "it was here");
    // A new secret is taken without a restart.
    world.write("hook", "another-secret-of-the-test");
    patiently("the new secret", || send("d1", &signed("another-secret-of-the-test", PUSH)) == 200);
    assert_eq!(send("d1", &signed(SECRET, PUSH)), 401);
    let azure = r#"{"id":"e1","subscriptionId":"s1","eventType":"git.push","resource":{}}"#;
    assert_eq!(server.send("azure-devops", &[("x-forgeline-secret", SECRET)], azure), 401);
    assert_eq!(server.send("azure-devops", &[("x-forgeline-secret", "another-secret-of-the-test")], azure), 202);
    let metrics = server.look("/metrics").1;
    for (answer, n) in [("stored", 1), ("duplicate", 2), ("unauthentic", 2)] {
        let line = format!("forgeline_hooks_total{{source=\"github\",answer=\"{answer}\"}} ");
        let told = metrics.lines().find_map(|it| it.strip_prefix(&line)).and_then(|n| n.parse::<u32>().ok());
        assert!(told >= Some(n), "{answer}: {told:?}");
    }
    assert_eq!(server.end(), 0);
    world.settle();
}

#[test]
fn a_hook_that_was_acknowledged_outlives_the_death_of_the_server() {
    let world = with_hooks();
    // It dies as its second pass begins: the one that the hook asks for.
    let variables = [("FORGELINE_FAILPOINT", "pass:begun#2")];
    let mut server = Server::start(&world, &variables, &["--poll", "3600"]);
    let signature = signed(SECRET, PUSH);
    let head = [("x-github-event", "push"), ("x-github-delivery", "d1"), ("x-hub-signature-256", &*signature)];
    patiently("the first pass", || server.look("/metrics").1.contains("forgeline_passes_total{result=\"done\"} 1"));
    assert_eq!(server.send("github", &head, PUSH), 202);
    assert_eq!(server.wait(), None, "killed");
    assert_eq!((hooks(&world, "new"), hooks(&world, "seen")), (1, 0));
    let server = Server::start(&world, &[], &["--poll", "3600"]);
    patiently("the hook to be seen", || hooks(&world, "seen") == 1);
    assert_eq!(server.send("github", &head, PUSH), 200, "delivered again it is no news");
    assert_eq!(hooks(&world, "new"), 0);
    assert_eq!(server.end(), 0);
    world.settle();
}

#[test]
fn a_stop_lets_runs_come_to_a_checkpoint_and_the_next_start_goes_on() {
    let world = World::with_shop();
    let server = Server::start(&world, &[], &["--poll", "1"]);
    let said: Said = server.second(&world);
    assert_eq!(said.code, 8, "{}", said.err);
    assert!(said.err.contains("another `forgeline serve` is at work on"), "{}", said.err);
    let orders = include_str!("../../blueprints/http-service/examples/orders.md");
    let item = world.write("orders.md", orders);
    world.ok(&["local", "issue", "create", "--no-bot", "--file", &item]);
    world.ok(&["local", "comment", "add", "1", "/forgeline run http-service", "--no-bot"]);
    patiently("a run that is under way", || world.runs().len() == 1);
    assert_eq!(server.end(), 0);
    let server = Server::start(&world, &[], &["--poll", "1"]);
    patiently("a pull request", || world.pull_requests().len() == 1);
    patiently("the end of the run", || world.runs().iter().all(|run| run["finished"] == true));
    assert_eq!(server.end(), 0);
    world.settle();
}

#[test]
fn a_stop_answers_what_is_under_way_and_takes_nothing_new() {
    let world = with_hooks();
    let mut server = Server::start(&world, &[], &["--poll", "3600"]);
    patiently("the first pass", || server.look("/metrics").1.contains("forgeline_passes_total{result=\"done\"} 1"));
    let signature = signed(SECRET, PUSH);
    let head = [("x-github-event", "push"), ("x-github-delivery", "d1"), ("x-hub-signature-256", &*signature)];
    let finish = server.send_slowly("github", &head, PUSH);
    // One that came later was answered, so that the slow one was accepted.
    assert_eq!(server.send("github", &[("x-github-event", "push")], PUSH), 401);
    server.ask_to_end();
    patiently("that it is not ready", || server.look("/readyz").0 == 503);
    patiently("that it accepts nothing", || !server.accepts());
    assert_eq!(finish(), 202);
    assert_eq!(server.wait(), Some(0));
    assert_eq!(hooks(&world, "new"), 1, "it waits for the next start");
    let server = Server::start(&world, &[], &["--poll", "3600"]);
    patiently("the hook to be seen", || hooks(&world, "seen") == 1);
    assert_eq!(server.end(), 0);
}

#[test]
fn a_run_that_waits_holds_up_no_other() {
    let world = World::with_shop();
    world.ok(&["local", "user", "add", "bo"]);
    world.ok(&["local", "user", "role", "bo", "maintainer"]);
    let server = Server::start(&world, &[], &["--poll", "1"]);
    // Held back, then let go: what was asked for meanwhile is carried out.
    world.ok(&["pause", "--blueprint", "docs-page"]);
    for n in 0..6 {
        ask(&world, &format!("Page {n}"));
    }
    let item = world.write("item.md", include_str!("../../blueprints/http-service/examples/orders.md"));
    world.ok(&["local", "issue", "create", "--no-bot", "--file", &item]);
    world.ok(&["local", "comment", "add", "7", "/forgeline run http-service", "--no-bot"]);
    patiently("the one pull request", || world.pull_requests().len() == 1);
    world.ok(&["resume", "--blueprint", "docs-page"]);
    patiently("all pull requests", || world.pull_requests().len() == 7);
    assert_eq!(server.end(), 0);
    world.settle();
}
