//! What the suite writes into the documentation: the support matrix, and one work item's way on each forge.

use std::fmt::Write as _;

use super::{
    DIFFERENCES, FORGES, GROUPS,
    stage::Stage,
    table::{Group, Scenario},
    transcripts::{COMMAND, keep},
};

/// How a scenario ends on a forge.
enum Ends {
    Same,
    /// Another way on purpose, or not at all.
    Note(&'static str, String),
}

fn ends(stage: &dyn Stage, scenario: &Scenario) -> Ends {
    if let Some(reason) = scenario.needs.iter().find_map(|need| stage.lacks(*need)) {
        return Ends::Note("–", reason.to_owned());
    }
    if let Some(reason) = scenario.gap {
        return Ends::Note("✗", format!("not yet: {reason}"));
    }
    match DIFFERENCES.iter().find(|it| (it.forge, it.scenario) == (stage.name(), scenario.name)) {
        Some(it) => Ends::Note("≠", it.reason.to_owned()),
        None => Ends::Same,
    }
}

/// The page with the matrix.
fn matrix() -> String {
    let count: usize = GROUPS.iter().map(|group| group.scenarios.len()).sum();
    let stages: Vec<Box<dyn Stage>> = FORGES.iter().map(|forge| (forge.stage)(&GROUPS[0])).collect();
    let mut notes: Vec<String> = Vec::new();
    let mut rows = String::new();
    let mut same = vec![0; FORGES.len()];
    for group in GROUPS {
        let _ = writeln!(rows, "| **{}** |{}", group.title, " |".repeat(FORGES.len()));
        for scenario in group.scenarios {
            let _ = write!(rows, "| {} |", scenario.name);
            for (place, stage) in stages.iter().enumerate() {
                match ends(&**stage, scenario) {
                    Ends::Same => {
                        same[place] += 1;
                        rows.push_str(" ✓ |");
                    }
                    Ends::Note(sign, note) => {
                        let number = notes.iter().position(|it| *it == note).unwrap_or_else(|| {
                            notes.push(note);
                            notes.len() - 1
                        });
                        let _ = write!(rows, " {sign} [{0}](#note-{0}) |", number + 1);
                    }
                }
            }
            rows.push('\n');
        }
    }
    let titles: Vec<&str> = FORGES.iter().map(|forge| forge.title).collect();
    let mut page = format!(
        "# What is the same on which forge\n\n\
         One suite of {count} scenarios is played on each forge: people act, the executable `forgeline` looks, and what follows is\n\
         compared with a transcript that all forges share. At the end of each scenario Forgeline is asked again and must do\n\
         nothing. GitHub and Azure DevOps are played by a server of our own over HTTP and Git. What is asked of GitHub and answered\n\
         is held against its description of its API; Azure DevOps has none, so what is asked is held against what that server\n\
         knows of it. There each repository has a project of its own, whose work items are its issues; `!7` is read as `#7`, and\n\
         people write in the editors of rich text and of Markdown. The suite writes this page: `{COMMAND}`.\n\n\
         ✓ ends as on all forges · ≠ ends another way on purpose · – the forge has no such thing · ✗ not so yet\n\n\
         | scenario | {} |\n|---|{}\n| **all {count}** | {} |\n",
        titles.join(" | "),
        ":-:|".repeat(FORGES.len()),
        same.iter().map(|same| format!("**{same}** ✓")).collect::<Vec<_>>().join(" | "),
    );
    page.push_str(&rows);
    page.push_str("\n## Notes\n\n");
    for (place, note) in notes.iter().enumerate() {
        let _ = writeln!(page, "<a id=\"note-{0}\"></a>{0}. {note}\n", place + 1);
    }
    let _ = writeln!(
        page,
        "What happens in each scenario, word for word, lies in `tests/src/conformance/transcripts`. One work item's whole way:\n\
         {}.",
        FORGES
            .iter()
            .zip(&stages)
            .map(|(forge, stage)| format!("[{}](transcripts/{}.md)", forge.title, stage.name()))
            .collect::<Vec<_>>()
            .join(", ")
    );
    page
}

/// The page with one work item's way on a forge; what is wrong, for people.
pub(super) fn tell(stage: &dyn Stage, group: &Group, transcript: &str) -> Option<String> {
    if group.name != "story" {
        return None;
    }
    let title = FORGES.iter().find(|forge| (forge.stage)(group).name() == stage.name()).map_or("", |forge| forge.title);
    let mut page = format!(
        "# One work item to one merged pull request: {title}\n\n\
         Recorded by the conformance suite, which compares it each time it runs; `{COMMAND}` writes it.\n\
         Ids, hashes and times are left out, and items are numbered as they come. eve may read, ana and ben may write, bo\n\
         maintains. What other stories do on each forge is in the [support matrix](../support.md).\n\n"
    );
    page.push_str(stage.words());
    let mut is_quoting = false;
    for line in transcript.lines() {
        let quoted = line.strip_prefix("    |").map(|text| text.strip_prefix(' ').unwrap_or(text));
        match quoted {
            Some(text) => {
                if !is_quoting {
                    page.push_str("  ~~~markdown\n");
                }
                let _ = writeln!(page, "{}", format!("  {text}").trim_end());
            }
            None => {
                if is_quoting {
                    page.push_str("  ~~~\n");
                }
                match line.strip_prefix("-- ") {
                    Some(_) => page.push_str("\n`forgeline bot once`\n\n"),
                    None if line.starts_with("    ") => {
                        let _ = writeln!(page, "  - `{}`", line.trim());
                    }
                    None => {
                        let (who, what) = line.split_once(": ").unwrap_or(("", line));
                        let who = if who.is_empty() { String::new() } else { format!("**{who}** ") };
                        let _ = writeln!(page, "- {who}{what}");
                    }
                }
            }
        }
        is_quoting = quoted.is_some();
    }
    if is_quoting {
        page.push_str("  ~~~\n");
    }
    let operations = stage.operations();
    if !operations.is_empty() {
        let _ = write!(page, "\n## What was asked of the forge\n\n");
        for operation in operations {
            let _ = writeln!(page, "- `{operation}`");
        }
    }
    keep(&format!("docs/transcripts/{}.md", stage.name()), &page)
}

#[test]
fn the_support_matrix_is_what_the_suite_shows() {
    if let Some(wrong) = keep("docs/support.md", &matrix()) {
        panic!("{wrong}");
    }
}

#[test]
fn every_name_is_there_once_and_there_are_enough() {
    let mut names: Vec<&str> = GROUPS.iter().flat_map(|group| group.scenarios).map(|scenario| scenario.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "a name stands twice");
    for difference in DIFFERENCES {
        assert!(names.contains(&difference.scenario), "`{}` is no scenario", difference.scenario);
    }
    let everywhere = GROUPS.iter().flat_map(|group| group.scenarios).filter(|scenario| scenario.needs.is_empty());
    assert!(everywhere.count() >= 60, "60 stories at least are played on each forge");
}
