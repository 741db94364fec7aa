//! What the README shows is what happens: its demo is printed by the demo, its commands run.

use std::{fs, path::PathBuf};

use crate::world::World;

const START: &str = "<!-- demo:start -->\n";
const END: &str = "<!-- demo:end -->";

fn readme() -> (PathBuf, String) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text = fs::read_to_string(&path).expect("the README");
    (path, text)
}

/// The part of the demo's output that is the same every time: times and ids left out, stages in the plan's order.
fn excerpt(output: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut stages: Vec<String> = Vec::new();
    for line in output.lines() {
        if line.starts_with("  event ") || line.starts_with("  index ") || line.starts_with("  warning ") {
            continue;
        }
        if line.starts_with("  stage ") {
            stages.push(line.rsplit_once(", ").map_or(line, |(rest, _)| rest).to_owned());
            continue;
        }
        if !stages.is_empty() {
            // Stages that run at the same time end in any order; the plan's own order is shown.
            stages.sort_by_key(|stage| lines.iter().position(|line| name(line) == name(&stage["  stage ".len()..])));
            lines.append(&mut stages);
        }
        if line.starts_with("Artifacts,") {
            break;
        }
        let known = line.split_once(" on forgeline/").map(|(_, branch)| format!("  commit    … on forgeline/{branch}"));
        lines.push(match known {
            Some(commit) => commit,
            None if line.starts_with("Run run_") => "Run …:".to_owned(),
            None => line.to_owned(),
        });
    }
    format!("```text\n{}\n```\n", lines.join("\n").trim_end())
}

fn name(line: &str) -> Option<&str> {
    line.split_whitespace().next()
}

/// `FORGELINE_BLESS=1 make test ARGS=readme` writes the README's block anew.
#[test]
fn the_demo_in_the_readme_is_what_the_demo_prints() {
    let world = World::new();
    let output = world.ok(&["demo", "--dir", &world.path("demo").display().to_string()]).out;
    let printed = excerpt(&output);
    let (path, text) = readme();
    let (before, rest) = text.split_once(START).expect("the start marker");
    let (shown, after) = rest.split_once(END).expect("the end marker");
    if std::env::var_os("FORGELINE_BLESS").is_some() {
        fs::write(path, format!("{before}{START}{printed}{END}{after}")).expect("writes the README");
        return;
    }
    assert_eq!(shown, printed, "run `FORGELINE_BLESS=1 make test ARGS=readme`");
}

#[test]
fn the_commands_of_the_readme_run() {
    let (_, text) = readme();
    let world = World::new();
    world.repository("shop");
    let item = text.split("```markdown\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the item");
    world.write("here/item.md", item);
    let blocks: Vec<&str> = text.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let commands: Vec<&str> =
        blocks.iter().flat_map(|block| block.lines()).filter_map(|line| line.strip_prefix("$ forgeline ")).collect();
    assert!(commands.len() >= 9, "{commands:?}");
    for command in commands {
        let command = command.split(" #").next().unwrap_or(command).trim();
        // Single quotes are the only quoting that the README uses.
        let mut args: Vec<&str> = Vec::new();
        for (index, part) in command.split('\'').enumerate() {
            if index % 2 == 1 { args.push(part) } else { args.extend(part.split_whitespace()) }
        }
        world.ok(&args);
    }
    assert_eq!(world.pull_requests()[0].1, "merged");
}
