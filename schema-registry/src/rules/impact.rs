//! Who is touched by a change: producers and consumers by contract, blueprints and agents by their files.

use std::collections::BTreeMap;

use forgeline_model::FileSet;
use serde::Serialize;

use super::{Report, finding::Finding};
use crate::{load, settings::Level};

/// Somebody who tells an event or acts on it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct User {
    /// `agent`, `blueprint`, `producer` or `consumer`; the last two are named in event.yaml.
    pub kind: &'static str,
    /// Name.
    pub name: String,
    /// `produces` or `consumes`.
    pub role: &'static str,
    /// File that says so.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

/// One event that a change breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Impact {
    /// Event.
    pub event: String,
    /// Version that was compared with.
    pub from: Option<String>,
    /// Version that is judged.
    pub to: Option<String>,
    /// What breaks, rule and sentence.
    pub breaks: Vec<String>,
    /// Who is touched.
    pub users: Vec<User>,
}

/// What a report's changes break, with everybody who is touched. `definitions` are a factory's files.
pub fn impact(report: &Report, files: &FileSet, definitions: &FileSet) -> Vec<Impact> {
    let counts = |it: &&Finding| it.from.is_some() && it.level >= Level::Warn && it.accepted.as_deref() != Some("base");
    let mut by_event: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in report.introduced.iter().chain(&report.accepted).filter(counts) {
        by_event.entry(&finding.event).or_default().push(finding);
    }
    let told = by_event.into_iter().map(|(event, findings)| Impact {
        event: event.to_owned(),
        from: findings.first().and_then(|it| it.from.clone()),
        to: findings.first().and_then(|it| it.to.clone()),
        breaks: findings.iter().map(|it| format!("{}: {}", it.rule, it.message)).collect(),
        users: users(event, files, definitions),
    });
    told.collect()
}

impl Report {
    /// With the blueprints and agents that each change hurts, by name.
    #[must_use]
    pub fn with_users(mut self, files: &FileSet, definitions: &FileSet) -> Self {
        for finding in self.introduced.iter_mut().filter(|it| it.from.is_some() && it.level >= Level::Warn) {
            let all = users(&finding.event, files, definitions);
            let mut names: Vec<String> = all
                .iter()
                .filter(|user| matches!(user.kind, "agent" | "blueprint"))
                .map(|user| format!("{} {}", user.kind, user.name))
                .collect();
            names.dedup();
            finding.hurt.extend(names);
        }
        self
    }
}

/// Everybody who names an event: in its event.yaml, in blueprints and in agents.
pub fn users(event: &str, files: &FileSet, definitions: &FileSet) -> Vec<User> {
    let mut all = named(event, files);
    for (path, bytes) in definitions.iter().filter(|(path, _)| path.ends_with(".yaml")) {
        // One of another repository is named with it: `acme/shop:blueprints/orders/blueprint.yaml`.
        let (repository, own) = path.rsplit_once(':').map_or((None, path), |(repository, own)| (Some(repository), own));
        let kind = match own.split_once('/') {
            Some(("agents", _)) => "agent",
            Some(("blueprints", _)) => "blueprint",
            _ => continue,
        };
        let folder = own.split('/').nth(1).unwrap_or(own);
        let name = repository.map_or_else(|| folder.to_owned(), |repository| format!("{repository}:{folder}"));
        let text = String::from_utf8_lossy(bytes);
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| names(line, event)) {
            all.push(User {
                kind,
                name: name.clone(),
                role: role(kind, &lines[..=at], line),
                file: path.to_owned(),
                line: u32::try_from(at + 1).unwrap_or(u32::MAX),
            });
        }
    }
    all.sort();
    all
}

fn named(event: &str, files: &FileSet) -> Vec<User> {
    let Some(sources) = load::read(files).0 else { return Vec::new() };
    let Some(source) = sources.events.iter().chain(&sources.fragments).find(|source| source.name == event) else {
        return Vec::new();
    };
    let file = format!("{}/event.yaml", source.folder);
    let text = files.get(&file).map(String::from_utf8_lossy).unwrap_or_default();
    let user = |kind, role| {
        let (file, text) = (file.clone(), text.clone());
        move |name: &String| {
            let at = text.lines().position(|line| line.contains(name.as_str())).unwrap_or(0);
            let line = u32::try_from(at + 1).unwrap_or(u32::MAX);
            User { kind, name: name.clone(), role, file: file.clone(), line }
        }
    };
    let producers = source.manifest.producers.iter().map(user("producer", "produces"));
    producers.chain(source.manifest.consumers.iter().map(user("consumer", "consumes"))).collect()
}

/// Whether a line of YAML names the event as a whole word, outside a comment.
fn names(line: &str, event: &str) -> bool {
    let line = line.split(" #").next().unwrap_or(line);
    if line.trim_start().starts_with('#') {
        return false;
    }
    let part_of_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(event).any(|(at, _)| {
        !part_of_word(line[..at].chars().next_back()) && !part_of_word(line[at + event.len()..].chars().next())
    })
}

/// An agent tells events; a blueprint tells those below `emits` and acts on the others.
fn role(kind: &str, above: &[&str], line: &str) -> &'static str {
    if kind == "agent" || line.contains("emits") {
        return "produces";
    }
    let indent = |line: &str| line.len() - line.trim_start().len();
    let key = above.iter().rev().skip(1).find(|one| !one.trim().is_empty() && indent(one) < indent(line).max(1));
    if key.is_some_and(|key| key.trim_start().trim_start_matches("- ").starts_with("emits")) {
        "produces"
    } else {
        "consumes"
    }
}
