//! Target repositories that cannot be used, or look unusual.

use std::fs;

use crate::world::World;

#[track_caller]
fn refused(prepare: impl FnOnce(&World), line: &str, code: i32, text: &str) {
    let world = World::new();
    world.write("item.md", "# A page\n");
    prepare(&world);
    world.forgeline(&format!("run docs-page --work-item item.md {line}")).ends(code).quiet().complains(text);
    world.forgeline("runs list").ok().says("no run;");
}

#[test]
fn a_repository_without_a_commit_is_refused() {
    let empty = |world: &World| {
        fs::create_dir(world.path("empty")).expect("a folder");
        world.git("empty", &["init", "--quiet"]);
    };
    refused(empty, "--repo ../empty", 3, "has no commit yet");
}

#[test]
fn a_missing_base_branch_is_refused_with_those_there_are() {
    refused(
        |world| world.repository("target"),
        "--repo ../target --base release",
        9,
        "no branch `release`; it has `main`",
    );
    refused(|world| world.repository("target"), "--repo ../target --base ../x", 2, "../x");
}

#[test]
fn what_is_no_repository_is_refused() {
    refused(|_| {}, "", 9, "here");
    refused(|_| {}, "--repo acme/none", 9, "acme/none");
    refused(|_| {}, "--repo ../nowhere", 9, "../nowhere");
}

#[test]
fn a_detached_checkout_needs_a_base() {
    let detached = |world: &World| {
        world.repository("target");
        world.git("target", &["checkout", "--quiet", "--detach"]);
    };
    refused(detached, "--repo ../target", 9, "");
    let world = World::new();
    detached(&world);
    world.write("item.md", "# A page\n");
    world.forgeline("run docs-page --work-item item.md --repo ../target --base main").ok().says("wrote branch");
}

#[test]
fn a_dirty_checkout_is_used_as_committed_and_stays_as_it_is() {
    let world = World::new();
    world.repository("target");
    fs::write(world.path("target").join("README.md"), "changed\n").expect("writes");
    world.write("item.md", "# A page\n");
    let run = "run docs-page --work-item item.md --repo ../target";
    world.forgeline(run).ok().says("wrote branch").complains("uncommitted changes");
    assert_eq!(world.git("target", &["status", "--porcelain"]), "M README.md");
    assert_eq!(world.git("target", &["rev-parse", "--abbrev-ref", "HEAD"]), "main");
}
