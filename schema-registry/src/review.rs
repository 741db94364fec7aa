//! A review of a pull request on a registry: what its check, its comment and its labels say. A pure function, so that
//! every forge, a pipeline and a terminal say the same.

mod comment;

use std::collections::{BTreeMap, BTreeSet};

use forgeline_model::{
    Annotation, AnnotationLevel, FileSet, RegistryChange, Review, ReviewVerdict,
    diagnostic::{escape_all_controls, escape_controls},
};
use jiff::civil::Date;
use semver::Version;

use crate::{
    PARTS,
    load::{self, Source},
    over_built_in, release,
    rules::{CODEOWNERS, Change, Finding, Impact, Published, Report, impact, users},
    settings::Level,
};

/// The change keeps every promise of the contracts.
pub const COMPATIBLE: &str = "contracts/compatible";
/// It breaks one, or a rule forbids it.
pub const BREAKING: &str = "contracts/breaking";
/// Settings or exceptions are changed: what the next change is held to.
pub const RULES: &str = "contracts/rules";
/// A head has no version yet.
pub const UNRELEASED: &str = "contracts/unreleased";

/// All labels that a review sets or takes away.
pub const LABELS: [&str; 4] = [COMPATIBLE, BREAKING, UNRELEASED, RULES];

/// Most annotations; the comment counts the rest.
const MOST_ANNOTATIONS: usize = 80;
/// Longest message of one, bytes: a review has to fit into a run's journal whatever a stranger names his fields.
const MOST_MESSAGE_BYTES: usize = 1000;
/// Longest name of an owner, bytes.
const MOST_REVIEWER_BYTES: usize = 200;
/// Most owners that are asked.
const MOST_REVIEWERS: usize = 20;

/// What happened to one contract.
struct Touched {
    name: String,
    /// The newest version that the base has published.
    from: Option<Version>,
    /// The head's version; none when the contract is gone.
    to: Option<Version>,
    owners: Vec<String>,
}

/// Everything that the texts are made of.
struct Looked {
    touched: Vec<Touched>,
    /// Settings and exceptions that differ, by path in the repository.
    rules: Vec<String>,
    report: Report,
    impact: Vec<Impact>,
    /// Contracts with a head that has no version, `OrderPlaced 1.1.0`.
    unreleased: Vec<String>,
}

impl Looked {
    /// What would stop the change if there were no exception.
    fn excepted(&self) -> impl Iterator<Item = &Finding> {
        let all = self.report.accepted.iter();
        all.filter(|it| it.level == Level::Error && it.accepted.as_deref().is_some_and(|by| by != "base"))
    }
}

/// Reviews a change.
///
/// # Errors
/// A date that is none.
pub fn review(change: &RegistryChange) -> Result<Review, jiff::Error> {
    let looked = look(change)?;
    let count = |level| looked.report.introduced.iter().filter(|it| it.level == level).count();
    let (errors, warnings) = (count(Level::Error), count(Level::Warn));
    let verdict = match (looked.touched.is_empty() && looked.rules.is_empty(), errors) {
        (true, 0) => ReviewVerdict::Neutral,
        (false, 0) => ReviewVerdict::Pass,
        _ => ReviewVerdict::Fail,
    };
    let title = match verdict {
        ReviewVerdict::Neutral => "no contract is changed".to_owned(),
        ReviewVerdict::Pass if looked.touched.is_empty() => {
            "no contract is changed, what they are held to is".to_owned()
        }
        ReviewVerdict::Pass if warnings == 0 => format!("{} compatible", comment::contracts(looked.touched.len())),
        ReviewVerdict::Pass => {
            format!(
                "{} compatible, {} to look at",
                comment::contracts(looked.touched.len()),
                comment::counted(warnings)
            )
        }
        ReviewVerdict::Fail if warnings == 0 => comment::errors(errors),
        ReviewVerdict::Fail => format!("{}, {} to look at", comment::errors(errors), comment::counted(warnings)),
    };
    Ok(Review {
        comment: comment::text(&title, &looked),
        labels: labels(verdict, &looked),
        reviewers: reviewers(&looked),
        annotations: annotations(&looked.report, change),
        verdict,
        title,
    })
}

fn look(change: &RegistryChange) -> Result<Looked, jiff::Error> {
    let (own, own_base) = (set(&change.head), set(&change.base));
    let (files, base) = (with_owners(&own), with_owners(&own_base));
    let published = published(&change.published)?;
    let definitions = set(&change.definitions);
    let folder = change.folder.as_str();
    let had_any = !own_base.is_empty();
    let today: Date = change.today.parse()?;
    let judged =
        Change { own: &own, files: &files, base: had_any.then_some(&base), folder, today, published: &published };
    let mut report = judged.judge(&definitions);
    report.introduced.extend(change.unreadable.iter().map(|(path, why)| {
        let finding = Finding::new("schema-invalid", "", path.as_str(), why.as_str());
        finding.fix("a registry is one folder of plain text files; keep everything else out of it")
    }));
    let changed = changed(&own, &own_base);
    let touched = touched(&files, &base, &changed);
    let is_rule = |path: &&&str| **path == PARTS[0] || path.starts_with("exceptions/");
    let in_repository = |path: &&str| if folder.is_empty() { (*path).to_owned() } else { format!("{folder}/{path}") };
    let rules = changed.iter().filter(is_rule).map(in_repository).collect();
    let mut told = impact(&report, &files, &definitions);
    for one in touched.iter().filter(|it| it.from.is_some()) {
        if !told.iter().any(|it| it.event == one.name) {
            let version = |version: &Option<Version>| version.as_ref().map(ToString::to_string);
            let users = users(&one.name, &files, &definitions);
            let (event, from, to) = (one.name.clone(), version(&one.from), version(&one.to));
            told.push(Impact { event, from, to, breaks: Vec::new(), users });
        }
    }
    for user in told.iter_mut().flat_map(|one| &mut one.users) {
        if !folder.is_empty() && (user.file.starts_with("events/") || user.file.starts_with("common/")) {
            user.file = format!("{folder}/{}", user.file);
        }
    }
    let unreleased = unreleased(&files, &touched);
    Ok(Looked { touched, rules, report, impact: told, unreleased })
}

fn set(texts: &BTreeMap<String, String>) -> FileSet {
    let mut files = FileSet::new("the pull request");
    for (path, text) in texts {
        files.insert(path, text.as_bytes());
    }
    files
}

/// Over what it stands on. CODEOWNERS is no file of a registry, and rides along.
fn with_owners(own: &FileSet) -> FileSet {
    let mut files = over_built_in(own);
    if let Some(owners) = own.get(CODEOWNERS) {
        files.insert(CODEOWNERS, owners);
    }
    files
}

fn published(dates: &BTreeMap<String, String>) -> Result<Published, jiff::Error> {
    dates.iter().map(|(path, date)| Ok((path.clone(), date.parse()?))).collect()
}

/// Files that differ between base and head.
fn changed<'a>(own: &'a FileSet, own_base: &'a FileSet) -> BTreeSet<&'a str> {
    let gone = own_base.iter().filter(|(path, _)| own.get(path).is_none());
    own.iter().filter(|(path, bytes)| own_base.get(path) != Some(*bytes)).chain(gone).map(|(path, _)| path).collect()
}

/// Contracts of which a file differs between base and head.
fn touched(files: &FileSet, base: &FileSet, changed: &BTreeSet<&str>) -> Vec<Touched> {
    let is_changed = |folder: &str| changed.iter().any(|path| path.starts_with(&format!("{folder}/")));
    let (head, before) = (sources(files), sources(base));
    let newest = |folder: &str| {
        let source = before.iter().find(|source| source.folder == folder)?;
        source.versions.keys().next_back().cloned()
    };
    let mut touched: Vec<Touched> = head
        .iter()
        .filter(|source| is_changed(&source.folder))
        .map(|source| Touched {
            name: source.name.clone(),
            from: newest(&source.folder),
            to: Some(source.head_version.clone()),
            owners: source.manifest.owners.clone(),
        })
        .collect();
    let is_gone = |source: &&Source| head.iter().all(|it| it.folder != source.folder);
    touched.extend(before.iter().filter(is_gone).map(|source| Touched {
        name: source.name.clone(),
        from: source.versions.keys().next_back().cloned(),
        to: None,
        owners: source.manifest.owners.clone(),
    }));
    touched
}

fn sources(files: &FileSet) -> Vec<Source> {
    let sources = load::read(files).0;
    sources.map(|sources| sources.fragments.into_iter().chain(sources.events).collect()).unwrap_or_default()
}

fn unreleased(files: &FileSet, touched: &[Touched]) -> Vec<String> {
    let new = release(files).unwrap_or_else(|_| FileSet::new("nothing"));
    let is_new = |it: &&Touched| {
        let Some(to) = &it.to else { return false };
        let file = format!("/{}/versions/{to}.json", it.name);
        new.iter().any(|(path, _)| path.ends_with(&file))
    };
    let name = |it: &Touched| format!("{} {}", it.name, it.to.as_ref().map_or_else(String::new, ToString::to_string));
    touched.iter().filter(is_new).map(name).collect()
}

fn labels(verdict: ReviewVerdict, looked: &Looked) -> BTreeMap<String, bool> {
    let is_touched = verdict == ReviewVerdict::Fail || !looked.touched.is_empty();
    // An exception lets it pass, and makes it no less of a break.
    let is_breaking =
        verdict == ReviewVerdict::Fail || looked.touched.iter().any(is_major) || looked.excepted().next().is_some();
    BTreeMap::from([
        (COMPATIBLE.to_owned(), is_touched && !is_breaking),
        (BREAKING.to_owned(), is_touched && is_breaking),
        (RULES.to_owned(), !looked.rules.is_empty()),
        (UNRELEASED.to_owned(), !looked.unreleased.is_empty()),
    ])
}

/// A new major breaks by intention, even where every rule is kept.
fn is_major(touched: &Touched) -> bool {
    matches!((&touched.from, &touched.to), (Some(from), Some(to)) if to.major > from.major) || touched.to.is_none()
}

/// The owners of what is touched.
fn reviewers(looked: &Looked) -> Vec<String> {
    let owners: BTreeSet<&String> = looked.touched.iter().flat_map(|it| &it.owners).collect();
    owners.into_iter().take(MOST_REVIEWERS).map(|owner| cut(owner, MOST_REVIEWER_BYTES)).collect()
}

fn annotations(report: &Report, change: &RegistryChange) -> Vec<Annotation> {
    let mut all: Vec<Annotation> = report.introduced.iter().map(annotation).collect();
    all.iter_mut().for_each(|it| put_on_a_file(it, change));
    all.sort_by_key(|it| std::cmp::Reverse(it.level));
    all.truncate(MOST_ANNOTATIONS);
    all
}

fn annotation(finding: &Finding) -> Annotation {
    let mut message = finding.message.clone();
    if let Some(witness) = finding.witness_text() {
        message.push_str(&format!("\nfor example {witness}"));
    }
    if !finding.hurt.is_empty() {
        message.push_str(&format!("\nhurts {}", finding.hurt.join(", ")));
    }
    if !finding.fix.is_empty() {
        message.push_str(&format!("\n{}", finding.fix));
    }
    Annotation {
        path: finding.file.clone(),
        line: finding.line,
        level: match finding.level {
            Level::Error => AnnotationLevel::Failure,
            Level::Warn => AnnotationLevel::Warning,
            Level::Info | Level::Off => AnnotationLevel::Notice,
        },
        title: finding.rule.to_owned(),
        message: cut(&escape_controls(&message), MOST_MESSAGE_BYTES),
    }
}

/// A mark needs a file that is there: what is missing or gone is marked where its contract is described.
fn put_on_a_file(mark: &mut Annotation, change: &RegistryChange) {
    mark.path = escape_all_controls(&mark.path);
    let inside = match change.folder.as_str() {
        "" => mark.path.as_str(),
        folder => match mark.path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) {
            Some(inside) => inside,
            // A file beside the registry.
            None => return,
        },
    };
    if change.head.contains_key(inside) || change.unreadable.contains_key(&mark.path) {
        return;
    }
    let folders = inside.match_indices('/').rev().map(|(end, _)| &inside[..end]);
    let described = folders.map(|folder| format!("{folder}/event.yaml")).find(|file| change.head.contains_key(file));
    let Some(file) = described.or_else(|| change.head.contains_key(PARTS[0]).then(|| PARTS[0].to_owned())) else {
        return;
    };
    mark.message = cut(&format!("{}: {}", mark.path, mark.message), MOST_MESSAGE_BYTES);
    mark.path = if change.folder.is_empty() { file } else { format!("{}/{file}", change.folder) };
    mark.line = 1;
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().find(|(at, c)| at + c.len_utf8() > most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
