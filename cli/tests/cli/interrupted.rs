//! A signal at any time, and a run that cannot go on.

use std::fs;

use crate::world::World;

/// How a stored plan begins.
const PLAN: &[u8] = b"\"plan\":{";

/// A run on the repository `here` that a signal stopped before its first stage.
fn stopped() -> World {
    let world = World::new();
    world.repository("here");
    let said = world.interrupted("run docs-page --work-item -", b"# Orders\n\nAbout orders.\n").ends(130);
    said.complains("stopping at the next checkpoint").complains("stopped; `forgeline runs show run_");
    world
}

#[test]
fn a_signal_before_the_first_stage_loses_nothing() {
    let world = stopped();
    world.forgeline("runs list").ok().says("docs-page");
    let said = world.run(&["run", "docs-page", "--work-item", "-"], Some(b"# Orders\n\nAbout orders.\n")).ok();
    said.complains("joined");
}

#[test]
fn the_local_forge_leaves_the_runs_of_others() {
    let world = stopped();
    world.forgeline("local repo create acme/shop").ok();
    world.forgeline("runs show @latest").ok();
    assert_eq!(world.git("here", &["branch", "--list", "forgeline/*"]), "");
    world.forgeline("bot once").ok();
    assert_ne!(world.git("here", &["branch", "--list", "forgeline/*"]), "");
}

/// Makes the stored plan of a run one that no version can read.
fn damage(world: &World) {
    let path = world.path("state/forgeline.db");
    let mut bytes = fs::read(&path).expect("reads");
    let places: Vec<usize> =
        bytes.windows(PLAN.len()).enumerate().filter(|(_, it)| *it == PLAN).map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "the plan is stored as JSON");
    places.into_iter().for_each(|at| bytes[at + 1] = b'?');
    fs::write(&path, bytes).expect("writes");
}

#[test]
fn a_run_that_cannot_go_on_holds_up_no_other() {
    let world = stopped();
    damage(&world);
    world.forgeline("local repo create acme/shop").ok();
    world.forgeline("local issue create --title Orders --body About-orders").ok();
    let command = ["local", "comment", "add", "1", "/forgeline run docs-page"];
    world.run(&[&command[..], &["--no-bot"]].concat(), None).ok();
    let said = world.forgeline("bot once --json").ends(8).complains("cannot go on: ");
    let done = &said.json()["bot"];
    assert_eq!(done["failed"].as_array().map(Vec::len), Some(1), "{done}");
    assert_eq!(done["ended"].as_array().map(Vec::len), Some(1), "{done}");
    world.forgeline("local pr show 2").ok().says("docs/orders.md");
    world.forgeline("bot once").ends(8).says("cannot go on: ");
    world.forgeline("local issue close 1").ok();
}
