//! The state is lost: Git and the forge tell what has ended, and what has not starts again.

use std::collections::BTreeMap;

use sqlx::Connection as _;

use crate::world::World;

const RUN: &str = "/forgeline run docs-page";

/// State by run, of all runs.
fn states(world: &World) -> BTreeMap<String, String> {
    let text = |run: &serde_json::Value, name: &str| run[name].as_str().unwrap_or_default().to_owned();
    world.runs().iter().map(|run| (text(run, "id"), text(run, "state"))).collect()
}

fn all_comments(world: &World, items: u64) -> Vec<String> {
    (1..=items).flat_map(|number| world.comments(number)).collect()
}

#[test]
fn what_has_ended_is_not_done_again_and_what_has_not_starts_again() {
    let world = World::with_shop();
    // 1 is published by a label and merged, 2 by a command and open, 3 changes nothing, 4 is cancelled, 5 is held back.
    world.ok(&["local", "issue", "create", "-t", "Returns", "-b", "Within 30 days.", "-l", "docs"]);
    world.ok(&["local", "pr", "merge", "2"]);
    let open = world.issue("Shipping", "By mail.");
    world.comment(open, RUN);
    world.comment(open, RUN);
    world.ok(&["pause", "--all"]);
    let cancelled = world.issue("Payment", "By card.");
    world.comment(cancelled, RUN);
    world.comment(cancelled, "/forgeline cancel");
    let waiting = world.issue("Contact", "By phone.");
    world.comment(waiting, RUN);
    let before = (states(&world), world.pull_requests(), world.run_commits(), all_comments(&world, waiting));
    let counts = before.0.values().fold(BTreeMap::new(), |mut counts, state| {
        *counts.entry(state.as_str()).or_insert(0) += 1;
        counts
    });
    assert_eq!(counts, BTreeMap::from([("published", 2), ("no-change", 1), ("cancelled", 1), ("working", 1)]));

    let dry = world.ok(&["--json", "rebuild", "--dry-run"]).json();
    assert_eq!((&dry["rebuild"]["from_commits"], &dry["rebuild"]["from_comments"]), (&2.into(), &2.into()), "{dry}");
    world.ok(&["rebuild"]);
    let after = (states(&world), world.pull_requests(), world.run_commits(), all_comments(&world, waiting));
    assert_eq!(after, before, "nothing was run, committed, proposed or said again");

    world.ok(&["resume", "--all"]);
    world.ok(&["bot", "once"]);
    assert_eq!(world.pull_requests().len(), before.1.len() + 1, "what had not ended went on");
    world.settle();
    world.ok(&["rebuild"]);
    assert_eq!(world.run_commits().len(), 3);
    world.settle();
}

const FINISHED: u64 = 100;
const UNDER_WAY: u64 = 10;
/// Runs that one person may start in an hour, and some to spare.
const BATCH: u64 = 20;

/// Opens so many issues and asks for a run on each; the numbers go up to the returned one.
fn ask(world: &World, issues: u64) -> u64 {
    let mut last = 0;
    for n in 0..issues {
        last = world.issue(&format!("Page {n}"), &format!("Text {n}."));
        world.ok(&["local", "comment", "add", &last.to_string(), RUN, "--no-bot"]);
    }
    last
}

/// What was started is an hour older.
fn an_hour_passes(world: &World) {
    let age = async {
        let path = format!("sqlite:{}", world.state().join("forgeline.db").display());
        let mut database = sqlx::SqliteConnection::connect(&path).await.expect("opens");
        sqlx::query("UPDATE run SET created_at = created_at - 3600000").execute(&mut database).await.expect("changes");
        database.close().await.expect("closes");
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(age);
}

#[test]
#[ignore = "takes long: a hundred and ten runs"]
fn a_hundred_finished_runs_stay_as_they_are_and_ten_start_again() {
    let world = World::with_shop();
    for _ in 0..FINISHED / BATCH {
        ask(&world, BATCH);
        world.ok(&["bot", "once"]);
        an_hour_passes(&world);
    }
    world.ok(&["pause", "--all"]);
    let last = ask(&world, UNDER_WAY);
    world.ok(&["bot", "once"]);
    let picture = || (states(&world), world.pull_requests(), world.run_commits(), all_comments(&world, last));
    let before = picture();
    assert_eq!(before.0.len() as u64, FINISHED + UNDER_WAY);
    assert_eq!(before.1.len() as u64, FINISHED);
    world.ok(&["rebuild"]);
    assert_eq!(picture(), before, "nothing was run, committed, proposed or said again");
    world.ok(&["resume", "--all"]);
    world.ok(&["bot", "once"]);
    assert_eq!(world.pull_requests().len() as u64, FINISHED + UNDER_WAY);
    world.settle();
}
