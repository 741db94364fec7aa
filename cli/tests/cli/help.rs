//! Help: every command says what it does and shows one line to type.

use crate::world::World;

#[test]
fn every_command_that_looks_has_an_example() {
    let world = World::new();
    let all = world.forgeline("--help").ok();
    for command in [
        "init",
        "doctor",
        "validate",
        "runs",
        "why",
        "gate",
        "verify",
        "blueprints",
        "agents",
        "projects",
        "contracts",
        "events",
        "knowledge",
        "artifacts",
        "dlq",
        "audit",
        "config",
        "schema",
        "explain",
        "completions",
    ] {
        assert!(all.out.contains(&format!("\n  {command} ")), "{command} is not in:\n{}", all.out);
        let help = world.forgeline(&format!("{command} --help")).ok();
        assert!(help.out.contains("`forgeline ") && help.out.contains("Example"), "{}", help.out);
    }
}
