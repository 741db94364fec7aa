//! All verbs of the program, as its help names them.

use crate::world::World;

/// Every verb with its words: `runs list`, `doctor`, `local issue close`.
pub fn all(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    collect(world, "", &mut found);
    found
}

fn collect(world: &World, path: &str, found: &mut Vec<String>) {
    let help = world.forgeline(&format!("{path} --help")).ok().out;
    let Some((_, below)) = help.split_once("\nCommands:\n") else {
        return found.push(path.to_owned());
    };
    let names = below.lines().take_while(|line| !line.trim().is_empty()).filter_map(|line| {
        // Deeper lines go on with the text of the one above.
        line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')).and_then(|rest| rest.split_whitespace().next())
    });
    for name in names.filter(|name| *name != "help") {
        collect(world, format!("{path} {name}").trim(), found);
    }
}
