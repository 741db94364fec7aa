//! What a pull request changes in a registry, read from its repository.

use std::collections::BTreeMap;

use forgeline_engine::spec::PullRequestAt;
use forgeline_model::{FileSet, RegistryChange, Timestamp};
use forgeline_registry::{PARTS, over_built_in, rules::CODEOWNERS};
use forgeline_repo::{CommitId, Repo, RepoError};

use super::published::{date, published};

/// Where a factory keeps its registry.
const IN_FACTORY: &str = "schema-registry";
/// What may name events.
const DEFINITIONS: [&str; 2] = ["blueprints", "agents"];

/// The registry before and after, with what it is judged by. The registry lies at the root of a repository of its own, else
/// in the folder where factories keep theirs.
///
/// # Errors
/// A commit is not there, or the registry is larger than can be read.
pub fn change(repo: &Repo, at: &PullRequestAt, now: Timestamp) -> Result<RegistryChange, RepoError> {
    let (head, fork) = (commit(&at.head)?, commit(&at.fork)?);
    let at_root = repo.blob_at(head, PARTS[0])?.is_some() || repo.blob_at(fork, PARTS[0])?.is_some();
    let folder = if at_root { "" } else { IN_FACTORY };
    let (proposed, before) = (read(repo, head, folder)?, read(repo, fork, folder)?);
    let days = published(repo, fork, folder, &over_built_in(&before))?;
    Ok(RegistryChange {
        folder: folder.to_owned(),
        head: texts(&proposed),
        base: texts(&before),
        definitions: {
            let mut all = forgeline_blueprints::shipped();
            for (path, bytes) in repo.read_files(head, &DEFINITIONS)?.iter() {
                all.insert(path, bytes);
            }
            texts(&all)
        },
        published: days.into_iter().map(|(path, day)| (path, day.to_string())).collect(),
        today: date(now).unwrap_or_default().to_string(),
    })
}

fn commit(text: &str) -> Result<CommitId, RepoError> {
    text.parse().map_err(|_| RepoError::MissingObject { kind: "commit", id: text.to_owned() })
}

/// The registry's own files, with CODEOWNERS of the repository.
fn read(repo: &Repo, commit: CommitId, folder: &str) -> Result<FileSet, RepoError> {
    let inside = |part: &str| if folder.is_empty() { part.to_owned() } else { format!("{folder}/{part}") };
    let mut paths: Vec<String> = PARTS.iter().map(|part| inside(part)).collect();
    paths.push(CODEOWNERS.to_owned());
    let all = repo.read_files(commit, &paths.iter().map(String::as_str).collect::<Vec<_>>())?;
    let mut own = if folder.is_empty() { all.clone() } else { all.below(folder) };
    if let Some(owners) = all.get(CODEOWNERS) {
        own.insert(CODEOWNERS, owners);
    }
    Ok(own)
}

fn texts(files: &FileSet) -> BTreeMap<String, String> {
    files
        .iter()
        .filter(|(path, _)| !path.ends_with(".hbs"))
        .map(|(path, bytes)| (path.to_owned(), String::from_utf8_lossy(bytes).into_owned()))
        .collect()
}
