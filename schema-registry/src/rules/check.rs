//! All rules over a registry.

use std::collections::{BTreeMap, BTreeSet};

use forgeline_model::{Digest, FileSet};
use jiff::civil::Date;
use serde_json::Value;

use super::{
    Finding, Published, Report, change, exceptions, finding::settle, hygiene, lifecycle, owners, relation, structure,
    subject::Subject, versions,
};
use crate::{
    Registry, Status, check_examples, codes, history,
    load::{self, Source, Sources, bundled_head},
    parallel, shipped, stands_alone,
};

/// A change of a registry, and what it is judged by.
pub struct Change<'a> {
    /// Its own files.
    pub own: &'a FileSet,
    /// The same over what it stands on, with CODEOWNERS of the repository.
    pub files: &'a FileSet,
    /// What it starts from, likewise.
    pub base: Option<&'a FileSet>,
    /// Where it lies in the repository; empty for the root.
    pub folder: &'a str,
    /// Now.
    pub today: Date,
    /// When versions came to the branch.
    pub published: &'a Published,
}

impl Change<'_> {
    /// Judges it, with who is hurt and with paths as seen from the repository's root. Findings on what is built in and not
    /// touched here are nobody's business here.
    pub fn judge(&self, definitions: &FileSet) -> Report {
        let report = check(self.files, self.base, self.folder, self.today, self.published);
        let built_in = shipped();
        let alone = stands_alone(self.own);
        let keep = |file: &str| alone || built_in.get(file).is_none() || self.own.get(file).is_some();
        report.only(keep).with_users(self.files, definitions).below(self.folder)
    }
}

/// Judges a registry. `base` is what the change starts from: what it has too is accepted, and what it has published is
/// not judged again. `folder` is where the registry lies in the repository. Reads no clock: `today` and the
/// days of publication come from outside.
pub fn check(head: &FileSet, base: Option<&FileSet>, folder: &str, today: Date, published: &Published) -> Report {
    let (sources, diagnostics) = load::read(head);
    let mut found: Vec<Finding> = diagnostics.iter().map(hygiene::of_diagnostic).collect();
    let Some(mut sources) = sources else { return settle(found, &BTreeSet::new(), None) };
    let (before, diagnostics_before) = base.map(load::read).unwrap_or_default();
    if let Some(before) = &before {
        sources.settings = sources.settings.not_milder_than(&before.settings);
    }
    let names = changed(&sources, before.as_ref());
    found.extend(owners::check(head, &sources, folder));
    found.extend(judge(head, &sources, &names, today, published));
    if let Some(before) = &before {
        found.extend(gone(head, &sources, before, today, published));
    }
    exceptions::apply(head, today, &mut found);
    let known = match (base, &before) {
        (Some(base), Some(before)) => {
            let mut all: Vec<Finding> = diagnostics_before.iter().map(hygiene::of_diagnostic).collect();
            all.extend(owners::check(base, before, folder));
            // Only what the head has too can be taken out, so only those contracts are looked at again.
            let is_told = |source: &Source| {
                let inside = format!("{}/", source.folder);
                found.iter().any(|it| it.event == source.name || it.file.starts_with(&inside))
            };
            let told = only(base, before, is_told);
            if let Some(sources) = load::read(&told).0 {
                all.extend(judge(&told, &sources, &names, today, published));
            }
            exceptions::apply(base, today, &mut all);
            // An exception of the base is worth as much as its date: it is asked of the head's files.
            // What only an exception let pass is for that exception to let pass again.
            let counts = |it: &&Finding| it.rule != "exception-expired" && it.accepted.is_none();
            all.iter().filter(counts).map(Finding::key).collect()
        }
        _ => BTreeSet::new(),
    };
    settle(found, &known, Some(&sources.settings))
}

/// The files without those of the events that are not wanted; fragments stay, since others stand on them.
fn only(files: &FileSet, sources: &Sources, is_wanted: impl Fn(&Source) -> bool) -> FileSet {
    let unwanted: Vec<String> =
        sources.events.iter().filter(|source| !is_wanted(source)).map(|source| format!("{}/", source.folder)).collect();
    let unwanted: BTreeSet<&str> = unwanted.iter().map(String::as_str).collect();
    let mut left = FileSet::new(files.origin.clone());
    for (path, bytes) in files.iter() {
        // Folders of events have three parts.
        let folder = path.match_indices('/').nth(2).map(|(at, _)| &path[..=at]);
        if !folder.is_some_and(|folder| unwanted.contains(folder)) {
            left.insert(path, bytes);
        }
    }
    left
}

/// Contracts of which the head's version is not settled: not published, or not published in the base as it is.
fn changed(head: &Sources, base: Option<&Sources>) -> BTreeSet<String> {
    let of = |sources: &Sources, folder: &str| -> Option<BTreeMap<_, Digest>> {
        let source = all(sources).find(|source| source.folder == folder)?;
        Some(source.versions.iter().map(|(version, schema)| (version.clone(), Digest::of(schema))).collect())
    };
    let open = all(head).filter(|source| {
        let settled = match base {
            Some(base) => of(base, &source.folder).is_some_and(|known| known.contains_key(&source.head_version)),
            None => source.versions.contains_key(&source.head_version),
        };
        !settled
    });
    open.map(|source| source.folder.clone()).collect()
}

fn all(sources: &Sources) -> impl Iterator<Item = &Source> {
    sources.fragments.iter().chain(&sources.events)
}

fn judge(
    files: &FileSet,
    sources: &Sources,
    names: &BTreeSet<String>,
    today: Date,
    published: &Published,
) -> Vec<Finding> {
    let fragments = sources.coming_fragments();
    let limits = sources.settings.limits();
    let of_one = |source: &&Source| {
        let source = *source;
        let diagnostics = history::check(source, &fragments, limits);
        // What has no version yet is about to get one.
        let told = diagnostics.iter().filter(|diagnostic| diagnostic.code != codes::UNPUBLISHED);
        let mut found: Vec<Finding> = told.map(hygiene::of_diagnostic).collect();
        let Ok(schema) = bundled_head(source, &fragments) else { return found };
        let settings = &sources.settings;
        let subject = Subject { files, settings, source, head: &schema, today, published };
        found.extend(hygiene::check(&subject));
        if names.contains(&source.folder) {
            found.extend(of_change(&subject));
        }
        found
    };
    let all: Vec<&Source> = all(sources).collect();
    let mut found: Vec<Finding> = parallel::map(&all, of_one).into_iter().flatten().collect();
    if let Ok(registry) = Registry::load(files) {
        found.extend(check_examples(files, &registry).iter().map(hygiene::of_diagnostic));
    }
    found
}

fn of_change(subject: &Subject<'_>) -> Vec<Finding> {
    let changes = subject.last().map(|(_, last): (_, &Value)| change::changes(last, subject.head)).unwrap_or_default();
    let mut found = relation::check(subject);
    found.extend(structure::check(subject, &changes));
    found.extend(lifecycle::check(subject, &changes));
    found.extend(versions::bump(subject, &changes));
    found.extend(versions::changelog(subject, &changes));
    found.extend(versions::examples(subject));
    found
}

/// Versions and contracts of the base that the head has not any more, and contracts that ended without a warning.
fn gone(files: &FileSet, head: &Sources, base: &Sources, today: Date, published: &Published) -> Vec<Finding> {
    let mut found = Vec::new();
    for before in all(base) {
        let after = all(head).find(|source| source.folder == before.folder);
        for (version, schema) in &before.versions {
            // Out of the files: a contract of which another file is broken has no source, and its versions are there.
            let file = format!("{}/versions/{version}.json", before.folder);
            let now: Option<Value> = files.get(&file).and_then(|bytes| serde_json::from_slice(bytes).ok());
            // The lock holds the promise under which it was published.
            let same_lock = after.is_none_or(|after| after.locks.get(version) == before.locks.get(version));
            if now.as_ref().map(Digest::of) != Some(Digest::of(schema)) || !same_lock {
                let word = if files.get(&file).is_some() { "modified" } else { "removed" };
                let message = format!("the published version `{}@{version}` was {word}", before.name);
                let finding = Finding::new("published-version-modified", &before.name, file, message);
                found.push(finding.fix("restore it; publish the change under a new version, or retire the event"));
            }
        }
        found.extend(after.into_iter().flat_map(|after| slipped_in(after, before)));
        let is_published = !before.versions.is_empty();
        if let Some(after) = after
            && after.manifest.status == Status::Draft
            && before.manifest.status != Status::Draft
            && is_published
        {
            let message = format!("`{}` is published and cannot be a draft again", before.name);
            let file = format!("{}/event.yaml", before.folder);
            let finding = Finding::new("field-removed-not-deprecated", &before.name, file, message);
            found.push(finding.fix("leave it active, or set `status: deprecated`"));
        }
        if let Some(after) = after
            && after.manifest.status == Status::Retired
            && (before.manifest.status == Status::Active || (before.manifest.status == Status::Draft && is_published))
        {
            let message = format!("`{}` was retired without being deprecated before", before.name);
            let file = format!("{}/event.yaml", before.folder);
            let finding = Finding::new("field-removed-not-deprecated", &before.name, file, message);
            found.push(finding.fix("set `status: deprecated` first"));
        }
        if let Some(after) = after
            && after.manifest.status == Status::Retired
            && before.manifest.status == Status::Deprecated
        {
            found.extend(retired_too_early(head, before, today, published));
        }
    }
    found
}

/// An event has its transition period like a field: from the day on which the branch called it deprecated.
fn retired_too_early(head: &Sources, before: &Source, today: Date, published: &Published) -> Option<Finding> {
    let file = format!("{}/event.yaml", before.folder);
    let needed = i64::from(head.settings.transition_days);
    let since = published.get(&file);
    let days = since.map_or(0, |date| (today - *date).get_days().into());
    if days >= needed {
        return None;
    }
    let told = match since {
        Some(date) => format!("deprecated on {date}, {days} days ago"),
        None => "deprecated since a day that is not known".to_owned(),
    };
    let message = format!("`{}` was retired too early: {told}; the transition takes {needed} days", before.name);
    let finding = Finding::new("field-removed-too-early", &before.name, file, message);
    Some(finding.fix(format!("keep it for {} more days", needed - days)))
}

/// Versions that a change brings without their being its head: nobody has compared them with anything.
fn slipped_in(after: &Source, before: &Source) -> Vec<Finding> {
    let newest = before.versions.keys().next_back();
    let mut found = Vec::new();
    for version in after.versions.keys().filter(|version| !before.versions.contains_key(version)) {
        let message = if *version != after.head_version {
            format!("`{}@{version}` is published beside the head, which is {}", after.name, after.head_version)
        } else if newest.is_some_and(|newest| newest > version) {
            let newest = newest.map(ToString::to_string).unwrap_or_default();
            format!("`{}@{version}` is older than {newest}, which is published", after.name)
        } else {
            continue;
        };
        let file = format!("{}/versions/{version}.json", after.folder);
        let finding = Finding::new("version-not-monotonic", &after.name, file, message);
        found.push(finding.fix("edit `schema.json` and let `forgeline contracts release` write its version"));
    }
    found
}
