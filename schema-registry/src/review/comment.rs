//! The one comment.

use std::fmt::Write as _;

use forgeline_model::markdown::{block, code, sentence};
use semver::Version;

use super::{Looked, Touched};
use crate::{
    rules::{Finding, Impact},
    settings::Level,
};

/// Findings that are told in full; the rest is counted.
const MOST_FINDINGS: usize = 20;
/// Contracts, and users of one, that are listed.
const MOST_ROWS: usize = 50;
/// Names in one sentence.
const MOST_NAMES: usize = 10;
/// Bytes after which a part of the comment tells no more; forges take 65 536 for all of it.
const TABLE_ENDS: usize = 12_000;
const FINDINGS_END: usize = 28_000;
const USERS_END: usize = 44_000;
/// Longest sentence, characters.
const MOST_CHARS: usize = 500;

pub(super) fn counted(n: usize) -> String {
    if n == 1 { "1 thing".to_owned() } else { format!("{n} things") }
}

pub(super) fn errors(n: usize) -> String {
    if n == 1 { "1 error".to_owned() } else { format!("{n} errors") }
}

pub(super) fn contracts(n: usize) -> String {
    if n == 1 { "1 contract is".to_owned() } else { format!("{n} contracts are") }
}

/// Markdown for a pull request.
pub(super) fn text(title: &str, looked: &Looked) -> String {
    let mut text = format!("### Contracts: {title}\n");
    if looked.touched.is_empty() && looked.rules.is_empty() && looked.report.introduced.is_empty() {
        text.push_str("\nThe pull request touches no contract of the registry.\n");
        return text;
    }
    table(&mut text, looked);
    if !looked.rules.is_empty() {
        let _ = writeln!(
            text,
            "\nWhat contracts are held to changes in {}. What it relaxes holds from the next change on: approve it as such.",
            named(&looked.rules)
        );
    }
    let mut findings: Vec<&Finding> = looked.report.introduced.iter().collect();
    // A broken promise says most; the order of the files is kept otherwise.
    findings.sort_by_key(|it| (std::cmp::Reverse(it.level), !it.rule.starts_with("compat-")));
    let mut told = 0;
    for finding in findings.iter().take(MOST_FINDINGS) {
        if text.len() > FINDINGS_END {
            break;
        }
        one(&mut text, finding);
        told += 1;
    }
    if told < findings.len() {
        let more = findings.len() - told;
        let _ = writeln!(text, "\n{more} more findings; `forgeline contracts check` lists all.");
    }
    excepted(&mut text, looked);
    who(&mut text, looked);
    next(&mut text, looked);
    text
}

fn table(text: &mut String, looked: &Looked) {
    if looked.touched.is_empty() {
        return;
    }
    text.push_str("\n| Contract | Version | Verdict |\n|---|---|---|\n");
    let mut told = 0;
    for touched in looked.touched.iter().take(MOST_ROWS) {
        if text.len() > TABLE_ENDS {
            break;
        }
        let _ = writeln!(text, "| {} | {} | {} |", cell(&touched.name), versions(touched), verdict(touched, looked));
        told += 1;
    }
    if told < looked.touched.len() {
        let _ = writeln!(text, "\n{} more contracts.", looked.touched.len() - told);
    }
}

/// A code span in a table, where `|` would end the cell.
fn cell(text: &str) -> String {
    code(&text.replace('|', "/"))
}

fn versions(touched: &Touched) -> String {
    let shown = |version: &Option<Version>| version.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
    match (&touched.from, &touched.to) {
        (None, Some(to)) => format!("{to}, new"),
        (from, None) => format!("{}, removed", shown(from)),
        (Some(from), Some(to)) if from == to => from.to_string(),
        (from, to) => format!("{} → {}", shown(from), shown(to)),
    }
}

fn verdict(touched: &Touched, looked: &Looked) -> &'static str {
    let worst = looked.report.introduced.iter().filter(|it| it.event == touched.name).map(|it| it.level).max();
    let excepted = |it: &&Finding| it.event == touched.name && it.accepted.as_deref().is_some_and(|by| by != "base");
    match worst {
        Some(Level::Error) => "**must not be merged**",
        _ if looked.report.accepted.iter().any(|it| excepted(&it)) => "accepted by an exception",
        Some(Level::Warn) => "to look at",
        _ if super::is_major(touched) => "a new major: consumers move when they are ready",
        _ => "compatible",
    }
}

fn one(text: &mut String, finding: &Finding) {
    let _ = write!(text, "\n**{}** `{}`", finding.level.word(), finding.rule);
    if !finding.event.is_empty() {
        let _ = write!(text, " on {}", code(&finding.event));
    }
    match (&finding.from, &finding.to) {
        (Some(from), Some(to)) => drop(write!(text, " {from} → {to}")),
        (None, Some(to)) => drop(write!(text, " {to}")),
        _ => {}
    }
    let place = format!("{}:{}", finding.file, finding.line);
    let _ = writeln!(text, ": {} ({})", sentence(&short(&finding.message)), code(&place));
    if let Some(witness) = finding.witness_text() {
        let _ = writeln!(text, "\nFor example this one:\n\n{}", block("json", &witness));
    }
    if !finding.hurt.is_empty() {
        let _ = writeln!(text, "\nHurts {}.", named(&finding.hurt));
    }
    if !finding.fix.is_empty() {
        let _ = writeln!(text, "\nTo do: {}.", sentence(&short(finding.fix.trim_end_matches('.'))));
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// What passes by an exception only: whoever approves the change approves that.
fn excepted(text: &mut String, looked: &Looked) {
    for finding in looked.excepted().take(MOST_FINDINGS) {
        if text.len() > FINDINGS_END {
            break;
        }
        let by = finding.accepted.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "\n**excepted** `{}` on {}, by the exception {}: {}",
            finding.rule,
            code(&finding.event),
            code(by),
            sentence(&short(&finding.message))
        );
    }
}

/// The first names, and how many more there are.
fn named(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(MOST_NAMES).map(|name| code(name)).collect();
    match names.len().checked_sub(MOST_NAMES) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

fn who(text: &mut String, looked: &Looked) {
    let used: Vec<&Impact> = looked.impact.iter().filter(|it| !it.users.is_empty()).collect();
    if used.is_empty() {
        return;
    }
    text.push_str("\n<details><summary>Who tells and reads what is changed</summary>\n\n");
    let all: Vec<_> = used.iter().flat_map(|one| one.users.iter().map(move |user| (one, user))).collect();
    let mut told = 0;
    for (one, user) in all.iter().take(MOST_ROWS) {
        if text.len() > USERS_END {
            break;
        }
        let place = format!("{}:{}", user.file, user.line);
        let _ = writeln!(
            text,
            "- {} {} {} {} ({})",
            user.kind,
            code(&user.name),
            user.role,
            code(&one.event),
            code(&place)
        );
        told += 1;
    }
    if told < all.len() {
        let _ = writeln!(text, "- and {} more", all.len() - told);
    }
    text.push_str("\n</details>\n");
}

fn next(text: &mut String, looked: &Looked) {
    let has_errors = looked.report.has_errors();
    if !looked.unreleased.is_empty() && !has_errors {
        let _ = writeln!(
            text,
            "\nNot published yet: {}. `forgeline contracts release` on this branch writes the version; the merge publishes it.",
            named(&looked.unreleased)
        );
    }
    if !looked.report.introduced.is_empty() {
        text.push_str(
            "\n`forgeline contracts explain RULE` says what a rule is for; an exception is a reviewed file below `exceptions/`.\n",
        );
    }
    let owners = super::reviewers(looked);
    if !owners.is_empty() {
        // As text: whom the forge asks is the forge's business, and a comment that is edited tells nobody twice.
        let _ = writeln!(text, "\nOwners of what is changed: {}.", named(&owners));
    }
}
