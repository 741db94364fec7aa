//! Version numbers, the changelog, and the examples of earlier versions.

use forgeline_model::FileSet;
use semver::Version;
use serde_json::Value;

use super::{
    Finding,
    change::{Change, Kind},
    shape::bare,
    subject::Subject,
};
use crate::{ContentModel, InputSchema, compare::read_view, settings};

/// Words that a line of the changelog begins with.
pub(crate) const WORDS: [&str; 5] = ["added", "deprecated", "removed", "semantics", "docs"];

/// The number fits the change.
pub(super) fn bump(subject: &Subject<'_>, changes: &[Change]) -> Vec<Finding> {
    let Some((last, before)) = subject.last() else { return Vec::new() };
    let version = subject.version();
    let mut found = Vec::new();
    let follows = [
        Version::new(last.major, last.minor, last.patch + 1),
        Version::new(last.major, last.minor + 1, 0),
        Version::new(last.major + 1, 0, 0),
    ];
    if !follows.contains(version) {
        let names = follows.each_ref().map(ToString::to_string).join(", ");
        let message = format!("`{version}` does not follow `{last}`; expected one of {names}");
        found.push(subject.finding("version-not-monotonic", last, "/x-version", message).fix("take the next number"));
    }
    let more = changes.iter().any(|it| matches!(it.kind, Kind::Added | Kind::Deprecated | Kind::Accepts));
    let functional = bare(before) != bare(subject.head) || more;
    if version.major == last.major && version.minor == last.minor && functional {
        let first = changes.iter().find(|it| it.kind != Kind::Docs);
        let what = first.map_or_else(|| "what is accepted changed".to_owned(), |change| change.message.clone());
        let message = format!("`{last}` → `{version}` is a patch, but {what}");
        found.push(
            subject
                .finding("version-bump-too-small", last, "/x-version", message)
                .fix(format!("make it {}", follows[1])),
        );
    }
    found
}

/// The section of the version tells of every kind of change in it.
pub(super) fn changelog(subject: &Subject<'_>, changes: &[Change]) -> Vec<Finding> {
    let version = subject.version();
    let file = format!("{}/CHANGELOG.md", subject.source.folder);
    let finding = |line: usize, message: String| {
        let mut finding = Finding::new("changelog-missing", &subject.source.name, file.clone(), message);
        finding.line = u32::try_from(line + 1).unwrap_or(u32::MAX);
        finding.to = Some(version.to_string());
        finding.fix(format!("write lines like `- added: …` below `## {version}`; words: {}", WORDS.join(", ")))
    };
    let Some((at, lines)) = section(&subject.source.changelog, version) else {
        return vec![finding(0, format!("the changelog has no section `## {version}`"))];
    };
    let mut found = Vec::new();
    let mut said = Vec::new();
    for (line, text) in lines {
        match text.trim_start_matches("- ").split_once(": ") {
            Some((word, rest)) if WORDS.contains(&word) && !rest.trim().is_empty() => said.push(word),
            _ => found.push(finding(line, format!("the line `{}` begins with none of its words", text.trim()))),
        }
    }
    if said.is_empty() && found.is_empty() {
        found.push(finding(at, format!("the section `## {version}` is empty")));
    }
    for (kind, word) in [
        (Kind::Added, "added"),
        (Kind::Deprecated, "deprecated"),
        (Kind::Removed, "removed"),
        (Kind::Semantics, "semantics"),
    ] {
        let first = changes.iter().find(|change| change.kind == kind);
        if let Some(change) = first.filter(|_| !said.contains(&word)) {
            found.push(finding(at, format!("{}, but `## {version}` has no line `- {word}: …`", change.message)));
        }
    }
    found
}

/// A version's section: the line of its heading, and its entries with their lines.
pub(crate) fn section<'a>(text: &'a str, version: &Version) -> Option<(usize, Vec<(usize, &'a str)>)> {
    let heading = format!("## {version}");
    let is_it = |line: &str| line.split(" - ").next().is_some_and(|start| start.trim_end() == heading);
    let (at, _) = text.lines().enumerate().find(|(_, line)| is_it(line))?;
    let below = text.lines().enumerate().skip(at + 1).take_while(|(_, line)| !line.starts_with("## "));
    Some((at, below.filter(|(_, line)| line.starts_with("- ")).collect()))
}

/// What an earlier version of the major shows as valid passes the new one, as consumers read it.
pub(super) fn examples(subject: &Subject<'_>) -> Vec<Finding> {
    let version = subject.version();
    let model = match subject.settings.content_model {
        settings::ContentModel::Views => ContentModel::Views,
        settings::ContentModel::Strict => ContentModel::Strict,
    };
    let view = read_view(subject.head, model);
    // A head that does not build has findings of its own.
    let Some(reader) = view.ok().and_then(|view| InputSchema::compile(&view).ok()) else { return Vec::new() };
    let mut found = Vec::new();
    for (older, _) in subject.of_major() {
        let folder = format!("{}/examples/{older}/valid", subject.source.folder);
        for (name, violations) in refused(&subject.files.below(&folder), &reader) {
            let message = format!("{version} refuses the example `{name}` of {older}: {violations}");
            let file = format!("{folder}/{name}");
            found.push(
                Finding::new("example-invalid", &subject.source.name, file, message)
                    .between(older, version)
                    .hurts(&subject.producers())
                    .fix("keep what was accepted, or raise the major"),
            );
        }
    }
    if !subject.source.versions.contains_key(version) {
        for word in ["valid", "invalid"] {
            let folder = format!("{}/examples/{version}/{word}", subject.source.folder);
            if subject.files.below(&folder).is_empty() {
                let message = format!("`{}@{version}` has no {word} example", subject.source.name);
                let mut finding = Finding::new("example-missing", &subject.source.name, subject.head_file(), message)
                    .fix(format!("add `{folder}/….json`"));
                finding.to = Some(version.to_string());
                found.push(finding);
            }
        }
        found.extend(own_examples(subject));
    }
    found
}

/// The examples of a version that is not published yet are judged by the head.
fn own_examples(subject: &Subject<'_>) -> Vec<Finding> {
    let Ok(writer) = InputSchema::compile(subject.head) else { return Vec::new() };
    let (version, name) = (subject.version(), &subject.source.name);
    let folder = format!("{}/examples/{version}", subject.source.folder);
    let finding = |file: String, message: String| {
        let mut finding = Finding::new("example-invalid", name, file, message).fix("correct the example or the schema");
        finding.to = Some(version.to_string());
        finding
    };
    let valid = refused(&subject.files.below(&format!("{folder}/valid")), &writer);
    let mut found: Vec<Finding> = valid
        .into_iter()
        .map(|(file, why)| {
            finding(format!("{folder}/valid/{file}"), format!("`{name}@{version}` refuses its valid example: {why}"))
        })
        .collect();
    let invalid = subject.files.below(&format!("{folder}/invalid"));
    let wrong: Vec<String> = refused(&invalid, &writer).into_iter().map(|(file, _)| file).collect();
    for (file, _) in invalid.iter().filter(|(file, _)| !wrong.iter().any(|one| one == file)) {
        let message = format!("`{name}@{version}` accepts its invalid example");
        found.push(finding(format!("{folder}/invalid/{file}"), message));
    }
    found
}

fn refused(examples: &FileSet, reader: &InputSchema) -> Vec<(String, String)> {
    let judged = examples.iter().filter_map(|(name, bytes)| {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let violations: Vec<String> = reader.check(&value).iter().map(ToString::to_string).collect();
        (!violations.is_empty()).then(|| (name.to_owned(), violations.join("; ")))
    });
    judged.collect()
}
