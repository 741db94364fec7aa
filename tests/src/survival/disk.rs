//! A disk that takes no more.

use crate::world::World;

use super::ISSUE;

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let world = World::with_shop();
    world.issue("Returns", "Within 30 days.");
    world.ok(&["local", "comment", "add", ISSUE, "/forgeline run docs-page", "--no-bot"]);
    for first in [3, 9, 20] {
        // Not `write`: that would also break the wake-ups between the process's own threads, which use no disk.
        let inject = format!("inject=pwrite64,fsync,fdatasync:error=ENOSPC:when={first}+");
        let said = world.run_under(&["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject], &["bot", "once"]);
        assert_ne!(said.code, 0, "with no space left after {first} writes: {}{}", said.out, said.err);
    }
    world.ok(&["bot", "once"]);
    assert_eq!(world.pull_requests().len(), 1);
    assert_eq!(world.run_commits().len(), 1);
    world.settle();
}
