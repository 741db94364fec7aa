//! What a pull request changes in a registry, read from its repository.

use std::collections::BTreeMap;

use forgeline_blueprints::{Factory, config::FILE};
use forgeline_engine::spec::PullRequestAt;
use forgeline_model::{FileSet, RegistryChange, Timestamp};
use forgeline_registry::{PARTS, over_built_in, rules::CODEOWNERS};
use forgeline_repo::{CommitId, Repo, RepoError};

use super::{
    published::{date, published},
    registry_files,
};

/// Where a factory keeps its registry.
const IN_FACTORY: &str = "schema-registry";
/// What may name events.
const DEFINITIONS: [&str; 2] = ["blueprints", "agents"];

/// The registry before and after, with what it is judged by. `definitions` are those of others that use it.
///
/// # Errors
/// A commit is not there, or the registry is larger than can be read.
pub fn change(
    repo: &Repo,
    at: &PullRequestAt,
    definitions: &FileSet,
    now: Timestamp,
) -> Result<RegistryChange, RepoError> {
    match read_change(repo, at, definitions, now) {
        // Trying again would not help: it is the pull request's fault, and told there.
        Err(error) if !error.is_transient() => Ok(RegistryChange {
            today: date(now).unwrap_or_default().to_string(),
            unreadable: BTreeMap::from([(PARTS[0].to_owned(), error.to_string())]),
            ..RegistryChange::default()
        }),
        other => other,
    }
}

fn read_change(
    repo: &Repo,
    at: &PullRequestAt,
    definitions: &FileSet,
    now: Timestamp,
) -> Result<RegistryChange, RepoError> {
    let (head, fork) = (commit(&at.head)?, commit(&at.fork)?);
    // Where the registry lies is what the base says: a pull request cannot move the eyes away from what it changes.
    let folder = match place(repo, fork)? {
        Some(folder) => folder,
        None => place(repo, head)?.unwrap_or(IN_FACTORY),
    };
    let (proposed, before) = (read(repo, head, folder)?, read(repo, fork, folder)?);
    let mut unreadable = unreadable(repo, head, folder, &proposed)?;
    if places(repo, head)?.len() > 1 {
        let why = format!("there is a registry here and one in `{IN_FACTORY}/`; only one of them is in force");
        unreadable.insert(PARTS[0].to_owned(), why);
    }
    let days = published(repo, fork, folder, &over_built_in(&before))?;
    Ok(RegistryChange {
        folder: folder.to_owned(),
        head: texts(&proposed),
        base: texts(&before),
        definitions: {
            let mut all = forgeline_blueprints::shipped();
            for (path, bytes) in repo.read_files(head, &DEFINITIONS)?.iter().chain(definitions.iter()) {
                all.insert(path, bytes);
            }
            let mut told = texts(&all);
            told.retain(|path, _| path.ends_with(".yaml"));
            told
        },
        published: days.into_iter().map(|(path, day)| (path, day.to_string())).collect(),
        today: date(now).unwrap_or_default().to_string(),
        unreadable,
    })
}

/// The folder of the registry at a commit.
fn place(repo: &Repo, commit: CommitId) -> Result<Option<&'static str>, RepoError> {
    Ok(places(repo, commit)?.first().copied())
}

/// Folders that hold a registry: that of factories, and the root of a repository of its own.
fn places(repo: &Repo, commit: CommitId) -> Result<Vec<&'static str>, RepoError> {
    let mut found = Vec::new();
    for folder in [IN_FACTORY, ""] {
        if is_registry(&registry_files(repo, commit, folder)?) {
            found.push(folder);
        }
    }
    Ok(found)
}

/// Folders called `events` and `common` are found elsewhere too.
fn is_registry(files: &FileSet) -> bool {
    let is_contract = |path: &str| {
        let parts: Vec<&str> = path.split('/').collect();
        matches!(parts[..], ["events", _, _, "event.yaml" | "schema.json"])
    };
    files.get(PARTS[0]).is_some() || files.iter().any(|(path, _)| is_contract(path))
}

/// What the review would see otherwise than everybody else does.
fn unreadable(
    repo: &Repo,
    head: CommitId,
    folder: &str,
    proposed: &FileSet,
) -> Result<BTreeMap<String, String>, RepoError> {
    let inside = |path: &str| if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
    let paths: Vec<String> = PARTS.iter().map(|part| inside(part)).collect();
    let (_, skipped) = repo.read_files_and_skipped(head, &paths.iter().map(String::as_str).collect::<Vec<_>>())?;
    let mut found: BTreeMap<String, String> =
        skipped.into_iter().map(|it| (it.path, format!("it cannot be read: {}", it.reason))).collect();
    for (path, bytes) in proposed.iter().filter(|(path, _)| *path != CODEOWNERS) {
        if std::str::from_utf8(bytes).is_err() {
            found.insert(inside(path), "it is not UTF-8".to_owned());
        }
    }
    Ok(found)
}

/// Blueprints and agents at a commit of a factory, each named with its repository, if it takes its contracts from `registry`.
///
/// # Errors
/// The repository cannot be read.
pub fn definitions_using(
    repo: &Repo,
    commit: CommitId,
    shown: &str,
    registry: &str,
) -> Result<Option<FileSet>, RepoError> {
    let files = repo.read_files(commit, &[FILE, DEFINITIONS[0], DEFINITIONS[1]])?;
    let uses = Factory::load(&files).0.config.contracts.is_some_and(|at| at.repository == registry);
    Ok(uses.then(|| {
        let mut named = FileSet::new(shown);
        for (path, bytes) in files.iter().filter(|(path, _)| *path != FILE) {
            named.insert(format!("{shown}:{path}"), bytes);
        }
        named
    }))
}

fn commit(text: &str) -> Result<CommitId, RepoError> {
    text.parse().map_err(|_| RepoError::MissingObject { kind: "commit", id: text.to_owned() })
}

/// The registry's own files, with CODEOWNERS of the repository.
fn read(repo: &Repo, commit: CommitId, folder: &str) -> Result<FileSet, RepoError> {
    let mut own = registry_files(repo, commit, folder)?;
    if let Some(owners) = repo.read_file(commit, CODEOWNERS)? {
        own.insert(CODEOWNERS, owners);
    }
    Ok(own)
}

fn texts(files: &FileSet) -> BTreeMap<String, String> {
    files.iter().map(|(path, bytes)| (path.to_owned(), String::from_utf8_lossy(bytes).into_owned())).collect()
}
