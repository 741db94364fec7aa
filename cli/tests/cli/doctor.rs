//! `doctor --fix`: what killed processes left is put away, and nothing else.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use crate::world::World;

/// A state that was open to others, with a lock file and a folder of processes that are gone.
fn litter() -> (World, PathBuf, PathBuf) {
    let world = World::new();
    world.forgeline("runs list").ok();
    let state = world.path("state");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).expect("changes");
    let lock = state.join("instances/0123456789abcdef0123456789abcdef.lock");
    fs::write(&lock, "").expect("a file");
    fs::create_dir(world.path("tmp")).expect("a folder");
    // No process has this id: Linux gives none above 4194304.
    let folder = world.path("tmp/forgeline-child-2147483000-AbCdEf");
    fs::create_dir(&folder).expect("a folder");
    (world, lock, folder)
}

fn mode(world: &World) -> u32 {
    world.path("state").metadata().expect("a folder").permissions().mode() & 0o777
}

#[test]
fn each_repair_is_told_and_a_dry_run_makes_none() {
    let (world, lock, folder) = litter();
    let tmp = world.path("tmp").display().to_string();
    let doctor = |line: &str| world.with(&[("TMPDIR", &tmp)], line);
    doctor("doctor --dry-run").ends(2);
    let said = doctor("doctor --fix --dry-run").ok().says("to repair  `").says("0123456789abcdef").says("AbCdEf");
    assert_eq!(said.out.matches("to repair").count(), 3, "{}", said.out);
    assert!(lock.exists() && folder.exists() && mode(&world) == 0o755);
    // Somebody works in one of the folders, and one is not ours to judge.
    let busy = world.path(&format!("tmp/forgeline-child-{}-AbCdEf", std::process::id()));
    let full = world.path("tmp/forgeline-child-2147483001-AbCdEf");
    fs::create_dir_all(&busy).expect("a folder");
    fs::create_dir_all(full.join("kept")).expect("a folder");
    let said = doctor("doctor --fix").ok();
    assert_eq!(said.out.matches("repaired ").count(), 3, "{}", said.out);
    assert!(!lock.exists() && !folder.exists() && mode(&world) == 0o700);
    assert!(busy.exists() && full.exists());
    let said = doctor("doctor --fix --json").ok();
    assert_eq!(said.json()["doctor"]["repairs"].as_array().map(Vec::len), Some(0), "{}", said.out);
}

#[test]
fn the_next_start_of_an_agent_puts_away_what_a_killed_one_left() {
    let (world, _, folder) = litter();
    let tmp = world.path("tmp").display().to_string();
    world.repository("here");
    world.write("../item.md", "# Orders\n");
    world.with(&[("TMPDIR", &tmp)], "runs list").ok();
    assert!(folder.exists(), "no agent was started");
    world.with(&[("TMPDIR", &tmp)], "run docs-page --work-item ../item.md").ok();
    assert!(!folder.exists());
    assert_eq!(fs::read_dir(world.path("tmp")).expect("reads").count(), 0, "its own folder is gone too");
}
