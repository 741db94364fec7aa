//! What a job's page says of a run, or of a pass of the bot. Pure Markdown.

use std::fmt::Write as _;

use forgeline_engine::Outcome;
use forgeline_model::{
    RunId,
    markdown::{code, sentence},
};
use forgeline_runner::{
    gate::{Decision, Verdict},
    report, summarise,
};
use forgeline_store::RunView;

use super::Ci;
use crate::commands::wording::{count, duration};

/// Most files of a stage that are named.
const FILES: usize = 6;

/// The page on a run. `steps` are what to do next.
pub(super) fn of_run(ci: &Ci, view: &RunView, steps: &[String]) -> String {
    let (spec, state) = (&view.spec, &view.state);
    let mut text = format!("### Forgeline: {} {}\n\n", code(&spec.plan.blueprint.name), state.word());
    let _ = writeln!(text, "{}\n", headline(ci, view));
    text.push_str("| | |\n|---|---|\n");
    let mut row = |name: &str, value: String| {
        let _ = writeln!(text, "| {name} | {value} |");
    };
    row("run", code(spec.id.as_str()));
    if let Some(item) = &spec.item {
        row("work item", format!("{}: {}", code(item.id.as_str()), cell(&sentence(&item.title))));
    }
    let base = spec.target.base.get(..12).unwrap_or(&spec.target.base);
    row(
        "target",
        format!("{}, from {} at {}", code(&spec.target.repository), code(&spec.target.base_branch), code(base)),
    );
    row("definitions", cell(&code(&spec.definitions.origin)));
    row("cost", format!("{} USD", state.spent.usd));
    let stages = summarise(view);
    if !stages.is_empty() {
        text.push_str("\n| stage | agent | files | time |\n|---|---|---|---|\n");
    }
    for stage in &stages {
        let names: Vec<String> = stage
            .files
            .iter()
            .take(FILES)
            .map(|file| cell(&code(file.rsplit_once(" (").map_or(file.as_str(), |(path, _)| path))))
            .collect();
        let more = stage.files.len().saturating_sub(FILES);
        let files = match (names.is_empty(), more) {
            (true, _) => "—".to_owned(),
            (false, 0) => names.join(", "),
            (false, more) => format!("{} and {more} more", names.join(", ")),
        };
        let time =
            if stage.tasks > 0 && stage.reused == stage.tasks { "reused".to_owned() } else { duration(stage.millis) };
        let _ = writeln!(text, "| {} | {} | {files} | {time} |", cell(&code(&stage.stage)), cell(&code(&stage.agent)));
    }
    if !steps.is_empty() {
        text.push_str("\n**Next**\n\n");
        for step in steps {
            let _ = writeln!(text, "- {}", sentence(step));
        }
    }
    // Steps speak of what stands below them.
    text.push_str(&gate(view));
    text
}

/// The page on a command that came to no run.
pub(super) fn of_failure(message: &str) -> String {
    format!("### Forgeline: error\n\n{}\n", sentence(message))
}

/// The page on a pass of the bot.
pub(super) fn of_pass(
    ci: &Ci,
    replies: &[(String, u64, String)],
    ended: &[(RunId, String)],
    failed: &[(RunId, String)],
) -> String {
    let mut text =
        format!("### Forgeline: {}, {}\n\n", count(replies.len(), "answer"), count(ended.len() + failed.len(), "run"));
    for (repo, number, _) in replies {
        let _ = writeln!(text, "- answered on {}", item(ci, repo, *number));
    }
    for (run, result) in ended {
        let _ = writeln!(text, "- {}: {}", code(run.as_str()), sentence(result.lines().next().unwrap_or_default()));
    }
    for (run, reason) in failed {
        let _ = writeln!(text, "- {} cannot go on: {}", code(run.as_str()), sentence(reason));
    }
    if replies.is_empty() && ended.is_empty() && failed.is_empty() {
        text.push_str("Nothing new.\n");
    }
    text
}

fn item(ci: &Ci, repo: &str, number: u64) -> String {
    match ci.item_url(number) {
        Some(url) => format!("[{}]({url})", ci.name_of(number)),
        None => code(&format!("{repo}#{number}")),
    }
}

fn headline(ci: &Ci, view: &RunView) -> String {
    match view.state.outcome() {
        Some(Outcome::Published(publication)) => {
            let link = |number: u64| match ci.pull_request_url(number) {
                Some(url) => format!("[pull request {}]({url})", ci.name_of(number)),
                None => format!("pull request {}", ci.name_of(number)),
            };
            match &publication.pull_request {
                Some(it) if it.opened => format!("Opened {} from {}.", link(it.number), code(&publication.branch)),
                Some(it) => format!("Brought {} up to date.", link(it.number)),
                None => format!("Wrote branch {}.", code(&publication.branch)),
            }
        }
        Some(outcome) => sentence(&report::outcome_text(&view.spec, outcome)),
        None => "It has not ended; the same command goes on from where it stands.".to_owned(),
    }
}

fn gate(view: &RunView) -> String {
    let document = match view.state.outcome() {
        Some(Outcome::Published(publication)) => Some(&publication.gate),
        Some(Outcome::Refused { gate, .. }) => gate.as_ref(),
        _ => None,
    };
    let verdict = document.and_then(|document| serde_json::from_value::<Verdict>(document.clone()).ok());
    let Some(verdict) = verdict else { return String::new() };
    let mut text = format!("\nWrite gate: **{}**\n", verdict.decision.word());
    for objection in verdict.objections() {
        let mark = if objection.verdict == Decision::Deny { "refuses" } else { "asks for a person" };
        let subject = objection.subject.as_deref().map(|it| format!(" on {}", code(it))).unwrap_or_default();
        let _ = writeln!(text, "- {} {mark}{subject}: {}", code(&objection.rule), sentence(&objection.reason));
    }
    text
}

/// Text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace("\\|", "|").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::{cell, of_failure, of_pass};
    use crate::ci::tests::github;

    #[test]
    fn a_pass_is_told_in_a_few_lines() {
        let ci = github(&[], "{}");
        let run = || "run_0123456789abcdef".parse().expect("a run id");
        let replies = [("acme/shop".to_owned(), 7, "started".to_owned())];
        let ended = [(run(), "opened pull request #8 from `forgeline/docs-page/7-x`\nmore".to_owned())];
        let failed = [(run(), "the `forge` is away, says @eve in <b>#1</b>".to_owned())];
        insta::assert_snapshot!(of_pass(&ci, &replies, &ended, &failed));
        assert_eq!(of_pass(&ci, &[], &[], &[]), "### Forgeline: 0 answers, 0 runs\n\nNothing new.\n");
    }

    #[test]
    fn words_of_strangers_stay_words() {
        assert_eq!(cell("`a|b`\nc\\|d"), "`a\\|b` c\\|d");
        let text = of_failure("no <script>, no [link](https://evil.example), no @team");
        assert!(!text.contains("<script>") && !text.contains("[link](") && !text.contains("@team"), "{text}");
    }
}
