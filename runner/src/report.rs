//! All text that a person reads about a run, on a forge or in Git. Pure functions.

pub mod answers;
pub mod check;
mod conflict;
pub mod reviewers;
mod waiting;

use std::fmt::Write as _;

pub use conflict::{conflict_body, conflict_message, conflict_note, conflict_title, merge_message};
use forgeline_blueprints::text::neutralise_markdown as plain;
use forgeline_engine::{Outcome, Plan, RunSpec, fact::Conflict};
use forgeline_model::{RunId, work_item::clean};
use forgeline_store::{RunRow, RunView};

use crate::{
    gate::{Decision, Verdict},
    publish::StageSummary,
};

/// Longest title, characters.
const MAX_TITLE: usize = 120;

/// The pull request's title: what the work item asks for, and which blueprint answers.
pub fn pull_request_title(spec: &RunSpec) -> String {
    let subject = match &spec.item {
        Some(item) => inert(&one_line(&item.title)),
        None => format!("a run on `{}`", spec.target.base_branch),
    };
    format!("{}: {subject}", spec.plan.blueprint.name)
}

/// The commit's message, without trailers: those are added where the commit is made.
pub fn commit_message(spec: &RunSpec, stages: &[StageSummary]) -> String {
    let files: usize = stages.iter().map(|stage| stage.files.len()).sum();
    let mut text = format!("{}\n\n", pull_request_title(spec));
    if let Some(item) = &spec.item {
        let home = spec.item_repository.as_ref().map_or_else(String::new, |home| format!("{home} "));
        let _ = writeln!(text, "Work item {home}{} asked for this.", item.id);
    }
    let _ = writeln!(
        text,
        "{} wrote {files} files in {} stages:\n",
        spec.plan.blueprint,
        stages.iter().filter(|stage| stage.tasks > 0).count()
    );
    for stage in stages.iter().filter(|stage| !stage.files.is_empty()) {
        let _ = writeln!(text, "- {} ({}): {} files", stage.stage, stage.agent, stage.files.len());
    }
    text
}

/// The pull request's text: what was made by whom, what the gate says, how to look closer.
pub fn pull_request_body(
    view: &RunView,
    stages: &[StageSummary],
    verdict: &Verdict,
    conflict: Option<&Conflict>,
) -> String {
    let spec = &view.spec;
    let mut text = String::new();
    if let Some(item) = &spec.item {
        let _ = writeln!(
            text,
            "For work item {}: **{}**\n",
            reference(spec.item_repository.as_deref(), item.id.as_str()),
            plain(&one_line(&item.title))
        );
    }
    let _ = writeln!(text, "Made by blueprint `{}`, definitions from {}.\n", spec.plan.blueprint, definitions(spec));
    text.push_str("| stage | agent | files |\n|---|---|---|\n");
    for stage in stages {
        let files = if stage.files.is_empty() { "—".to_owned() } else { file_list(&stage.files) };
        let _ = writeln!(text, "| {} | `{}` | {files} |", stage.stage, stage.agent);
    }
    if let Some(conflict) = conflict {
        let _ = write!(text, "\n{}", conflict_note(conflict));
    }
    let _ = writeln!(text, "\nWrite gate: **{}**", verdict.decision.word());
    for objection in verdict.objections() {
        let subject = objection.subject.as_deref().map(|subject| format!(" `{subject}`")).unwrap_or_default();
        let place = objection.place.as_deref().map(|place| format!(" (`{place}`)")).unwrap_or_default();
        let _ = writeln!(text, "- `{}`{subject}: {}{place}", objection.rule, objection.reason);
    }
    let _ = writeln!(text, "\n`forgeline runs show {}` tells how it came about.", spec.id);
    text
}

/// Most earlier runs that a comment lists.
const MAX_EARLIER: usize = 20;

/// The one comment on the work item, edited in place as the run goes on. `waits` says what its pull
/// request waits for; `earlier` are the blueprint's other runs on the item
/// that have ended, newest first: with their ends, so that the comment tells them when nobody else does any more.
pub fn item_comment(view: &RunView, waits: Option<&str>, earlier: &[RunRow]) -> String {
    let spec = &view.spec;
    let end = told_end(spec.id.as_str(), view.state.word());
    let text = match view.state.outcome() {
        None => waiting::text(view, waits),
        Some(outcome) => outcome_text(spec, outcome),
    };
    let mut comment = format!("**{}** · {end}\n\n{text}", spec.plan.blueprint);
    if !earlier.is_empty() {
        let ends: Vec<String> = earlier.iter().take(MAX_EARLIER).map(|row| told_end(&row.run_id, &row.state)).collect();
        let _ = write!(comment, "\n\nEarlier: {}", ends.join(", "));
    }
    comment
}

/// A run with its end, as [`ends_told`] reads it.
fn told_end(run: &str, word: &str) -> String {
    format!("`{run}` ({word})")
}

/// Runs with their ends, in a comment of [`item_comment`].
pub fn ends_told(comment: &str) -> Vec<(RunId, &str)> {
    comment
        .split('`')
        .zip(comment.split('`').skip(1))
        .filter_map(|(run, after)| Some((run.parse().ok()?, after.strip_prefix(" (")?.split(')').next()?)))
        .collect()
}

/// What a run of this plan would do, for a comment.
pub fn plan_markdown(plan: &Plan) -> String {
    let mut text = format!("**Plan** of `{}` (`{}`); nothing was written.\n\n", plan.blueprint, plan.digest().short());
    text.push_str("| stage | agent | after | writes |\n|---|---|---|---|\n");
    for stage in &plan.stages {
        let needs: Vec<&str> = stage.needs.iter().map(forgeline_model::StageId::as_str).collect();
        let writes: Vec<String> = stage.produces.iter().map(|it| format!("`{}`", it.path)).collect();
        let _ =
            writeln!(text, "| {} | `{}` | {} | {} |", stage.id, stage.performer(), needs.join(", "), writes.join(", "));
    }
    let _ = writeln!(text, "\nCost: no model call, 0.00 USD.");
    text
}

/// How a run ended and what to do next.
pub fn outcome_text(spec: &RunSpec, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Published(publication) => {
            // The item is elsewhere: a bare number would mean something of that repository.
            let there = if spec.item_repository.is_some() { spec.target.repository.as_str() } else { "" };
            let done = match &publication.pull_request {
                Some(it) if it.opened => {
                    format!("opened pull request {there}#{} from `{}`", it.number, publication.branch)
                }
                Some(it) => format!("brought pull request {there}#{} up to date", it.number),
                None => format!("wrote branch `{}`", publication.branch),
            };
            done + &conflict::conflict_clause(publication)
        }
        Outcome::NoChange { reason } => format!("no change: {reason}"),
        Outcome::Refused { reason, .. } => format!("nothing was written: {reason}"),
        Outcome::Failed { task, kind, message } => {
            let place = task.as_ref().map(|task| format!(" in stage `{task}`")).unwrap_or_default();
            format!("failed{place} ({kind}): {message}\n\n`forgeline runs logs {}` shows more.", spec.id)
        }
        Outcome::Cancelled { by } => format!("cancelled by {by}"),
    }
}

/// The reply when a person has closed the pull request.
pub fn closed_by_person(number: u64, blueprint: &str) -> String {
    format!(
        "pull request #{number} was closed by a person, so nothing is written until somebody asks again with \
         `/forgeline run {blueprint}`"
    )
}

/// An approval was for what would have become of another base.
pub fn approval_of_old_base(spec: &RunSpec, now: &str) -> String {
    let short = |commit: &str| commit.get(..12).unwrap_or(commit).to_owned();
    format!(
        "`{}` moved from `{}` to `{}` since people were asked, and an approval is for one base; `/forgeline retry --fresh` asks \
         again, with a new line to paste",
        spec.target.base_branch,
        short(&spec.target.base),
        short(now)
    )
}

/// Why the write gate refused.
pub fn gate_refusal(verdict: &Verdict) -> String {
    let denied: Vec<String> = verdict
        .objections()
        .filter(|objection| objection.verdict == Decision::Deny)
        .take(5)
        .map(|objection| match &objection.subject {
            Some(subject) => format!("{} ({subject}): {}", objection.rule, objection.reason),
            None => format!("{}: {}", objection.rule, objection.reason),
        })
        .collect();
    format!("the write gate refused it: {}", denied.join("; "))
}

/// The last lines of a review's comment.
pub fn review_footer(spec: &RunSpec) -> String {
    let head = spec.pull_request.as_ref().map_or("", |at| at.head.get(..12).unwrap_or(&at.head));
    format!(
        "<sub>{} looked at `{head}` in run `{}`; definitions from {}</sub>",
        spec.plan.blueprint,
        spec.id,
        definitions(spec)
    )
}

/// Why there is no review.
pub fn no_review(spec: &RunSpec, outcome: &Outcome) -> String {
    format!(
        "### No review\n\nThe pull request was not reviewed: {}\n\n{}",
        forgeline_model::markdown::sentence(&outcome_text(spec, outcome)),
        review_footer(spec)
    )
}

fn definitions(spec: &RunSpec) -> String {
    let dirty = if spec.definitions.dirty { ", uncommitted changes included" } else { "" };
    let contracts = spec.definitions.contracts.as_ref().map_or_else(String::new, |it| format!(", contracts of {it}"));
    match &spec.definitions.commit {
        Some(commit) => {
            format!("{} at `{}`{dirty}{contracts}", spec.definitions.origin, &commit[..commit.len().min(12)])
        }
        None => format!("{}{dirty}{contracts}", spec.definitions.origin),
    }
}

fn file_list(files: &[String]) -> String {
    const SHOWN: usize = 6;
    let names: Vec<String> =
        files.iter().take(SHOWN).map(|file| format!("`{}`", file.split(" (").next().unwrap_or(file))).collect();
    let rest = files.len().saturating_sub(SHOWN);
    if rest == 0 { names.join(", ") } else { format!("{} and {rest} more", names.join(", ")) }
}

/// A work item for people; one of another repository with that.
fn reference(home: Option<&str>, id: &str) -> String {
    let home = home.unwrap_or_default();
    if id.bytes().all(|b| b.is_ascii_digit()) { format!("{home}#{id}") } else { format!("`{id}`") }
}

/// Text for titles and commit messages, where nothing can be escaped: forges would close the items that it names, and tell
/// the people. A space takes that away.
fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let is_word = |c: char| c.is_ascii_alphanumeric();
        let acts = match c {
            '#' => after.starts_with(|c: char| c.is_ascii_digit()),
            '@' => after.starts_with(is_word) && !out.ends_with(is_word),
            // `https://…/issues/1` and `GH-1` name an item as well.
            ':' => after.starts_with("//"),
            '-' => out.to_ascii_lowercase().ends_with("gh") && after.starts_with(|c: char| c.is_ascii_digit()),
            _ => false,
        };
        out.push(c);
        if acts {
            out.push(' ');
        }
        rest = after;
    }
    out
}

/// A title as it may stand in a commit and a pull request: one line, nothing invisible, no marker that steers a pipeline.
fn one_line(text: &str) -> String {
    let line: String = clean(text).lines().next().unwrap_or_default().chars().take(MAX_TITLE).collect();
    line.replace('[', "(").replace(']', ")").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn a_title_closes_and_calls_nothing() {
        for (title, shown) in [
            ("closes #1", "closes # 1"),
            ("fixes acme/shop#12, GH-3 and gh-4", "fixes acme/shop# 12, GH- 3 and gh- 4"),
            ("resolves https://forge.example/acme/shop/issues/1", "resolves https: //forge.example/acme/shop/issues/1"),
            ("@ana and (@acme/team)", "@ ana and (@ acme/team)"),
            // What does nothing is left alone.
            ("C# and a#b, mail ana@example.org at 10:30, x-1", "C# and a#b, mail ana@example.org at 10:30, x-1"),
        ] {
            assert_eq!(inert(title), shown);
        }
    }
}
