//! Deprecation before removal, removal with a major, and names that stay gone.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Finding,
    change::{Change, Kind},
    shape::{Shape, bare, escape, paths},
    subject::Subject,
};

/// Removed fields and reused names.
pub(super) fn check(subject: &Subject<'_>, changes: &[Change]) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        changes.iter().filter(|it| it.kind == Kind::Removed).flat_map(|it| removed(subject, it)).collect();
    found.extend(reused(subject));
    found
}

fn removed(subject: &Subject<'_>, change: &Change) -> Vec<Finding> {
    let Some((from, before)) = subject.last() else { return Vec::new() };
    let who: Vec<String> = subject.producers().into_iter().chain(subject.consumers()).collect();
    let finding = |rule, message| subject.finding(rule, from, &change.pointer, message).hurts(&who);
    let field = &change.field;
    let mut found = Vec::new();
    if from.major == subject.version().major {
        let message = format!("`{field}` of {from} is gone in {} of the same major", subject.version());
        found.push(finding("field-removed-without-major", message).fix("keep the field until the next major"));
    }
    let is_deprecated = |schema: &Value| deprecated(schema, field);
    if !is_deprecated(before) {
        let message = format!("`{field}` was never deprecated in {from} and is gone in {}", subject.version());
        found.push(
            finding("field-removed-not-deprecated", message)
                .fix("publish a version with `deprecated: true` on it first"),
        );
        return found;
    }
    // The period runs from the first version of the unbroken series that says so.
    let series = subject.source.versions.iter().rev().filter(|(version, _)| *version <= from);
    let since = series.take_while(|(_, schema)| is_deprecated(schema)).last().map(|(version, _)| version);
    let needed = i64::from(subject.settings.transition_days);
    let date = since.and_then(|version| subject.date(version));
    let days = date.map_or(0, |date| (subject.today - date).get_days().into());
    if days < needed {
        let told = match (since, date) {
            (Some(version), Some(date)) => format!("deprecated in {version} on {date}, {days} days ago"),
            (Some(version), None) => format!("deprecated in {version}, which is not on the branch yet"),
            (None, _) => "not deprecated".to_owned(),
        };
        let message = format!("`{field}` was removed too early: {told}; the transition takes {needed} days");
        let rest = needed - days;
        found.push(finding("field-removed-too-early", message).fix(format!("keep it for {rest} more days")));
    }
    found
}

fn deprecated(schema: &Value, field: &str) -> bool {
    // A field goes with the object that holds it.
    let all = paths(&Shape::root(schema));
    let above = field.match_indices('.').map(|(at, _)| field[..at].trim_end_matches("[]"));
    above.chain([field]).any(|path| all.get(path).is_some_and(Shape::deprecated))
}

fn reused(subject: &Subject<'_>) -> Vec<Finding> {
    let now = paths(&Shape::root(subject.head));
    let reserved = subject.source.manifest.reserved.iter();
    let mut found: Vec<Finding> = reserved
        .filter_map(|name| {
            let field = now.get(name)?;
            let message = format!("`{name}` is reserved in event.yaml and the schema has it");
            let mut finding =
                Finding::new("field-reuse-after-removal", &subject.source.name, subject.head_file(), message)
                    .at(field.pointer.clone())
                    .fix("take another name");
            let text = subject.files.get(&subject.head_file()).map(String::from_utf8_lossy).unwrap_or_default();
            (finding.line, finding.column) = super::place::place(&text, &finding.pointer);
            Some(finding)
        })
        .collect();
    let Some((last, newest)) = subject.last() else { return found };
    let there: BTreeSet<String> = paths(&Shape::root(newest)).into_keys().collect();
    for (path, field) in now.iter().filter(|(path, _)| !there.contains(*path)) {
        let earlier = subject.source.versions.iter().rev().filter(|(version, _)| *version < last);
        let gone = earlier.filter_map(|(version, schema)| Some((version, form(schema, path)?))).next();
        if let Some((version, before)) = gone.filter(|(_, before)| form(subject.head, path).as_ref() != Some(before)) {
            let message = format!("`{path}` was another field in {version} ({before}), went, and is used again");
            found.push(
                subject.finding("field-reuse-after-removal", last, &field.pointer, message).fix("take another name"),
            );
        }
    }
    found
}

fn form(schema: &Value, path: &str) -> Option<Value> {
    let pointer = path.split('.').map(|part| match part.strip_suffix("[]") {
        Some(name) => format!("/properties/{}/items", escape(name)),
        None => format!("/properties/{}", escape(part)),
    });
    schema.pointer(&pointer.collect::<String>()).map(bare)
}
