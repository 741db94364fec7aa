//! Killed at any moment, run twice at once, out of space: one commit, one pull request, nothing half written.

mod disk;
mod kills;
pub(crate) mod picture;
mod story;

use std::{thread, time::Duration};

use crate::world::World;

pub(crate) use picture::rows;

const ISSUE: &str = "1";

#[test]
fn two_processes_at_once_give_one_result() {
    let world = World::with_shop();
    world.issue("Returns", "Within 30 days.");
    world.ok(&["local", "comment", "add", ISSUE, "/forgeline run docs-page", "--no-bot"]);
    let mut children: Vec<_> = (0..3).map(|_| world.start(&["bot", "once"])).collect();
    for child in &mut children {
        child.wait().expect("ends");
    }
    assert_eq!(world.pull_requests().len(), 1);
    assert_eq!(world.run_commits().len(), 1);
    world.settle();
}

#[test]
fn an_interrupt_stops_at_a_checkpoint_and_the_same_command_goes_on() {
    let world = World::new();
    let repo = world.repository("real").display().to_string();
    let item = world.write("item.md", "# Returns\n\nWithin 30 days.\n");
    let args = ["run", "docs-page", "--repo", &repo, "--work-item", &item];
    let mut child = world.start(&args);
    thread::sleep(Duration::from_millis(60));
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.expect("kill starts").success());
    let code = child.wait().expect("ends").code();
    assert!(matches!(code, Some(0 | 130) | None), "{code:?}");
    world.ok(&args);
    assert_eq!(world.runs().len(), 1, "it was resumed, not started again");
}
