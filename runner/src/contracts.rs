//! Contracts with a repository of their own: which of its commits is in force.
//!
//! The newest commit of the branch that loads is in force, so a broken one stops nobody: what was in force stays in
//! force, and the fault is told. Which commit that is follows from the repository alone. Every process, and a process
//! that was started again, finds the same one without having to remember anything.

mod change;
mod kept;
mod published;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use forgeline_blueprints::{codes, config::ContractsAt};
use forgeline_engine::spec::ContractsFrom;
use forgeline_forge::types::RepoId;
use forgeline_model::{Diagnostic, FileSet};
use forgeline_registry::{PARTS, Registry, over_built_in};
use forgeline_repo::{BranchName, CommitId, Repo, RepoError};

use crate::{InForce, Runner};

pub use change::{change, definitions_using};
pub(crate) use kept::Kept;
pub use published::{date, published};

/// How many commits back one in order is looked for.
const FURTHEST: usize = 10_000;
/// How many different registries are loaded on the way back; commits that change nothing of it cost nothing.
const MOST_LOADED: usize = 100;
/// Registries that are kept loaded.
const MOST_KEPT: usize = 64;
/// Answers that are remembered.
const MOST_ANSWERS: usize = 256;

/// The contracts of a repository, at one commit.
#[derive(Debug, Clone)]
pub struct Pinned {
    /// What is in force.
    pub registry: Arc<Registry>,
    /// Where it comes from.
    pub from: ContractsFrom,
    /// What is wrong with newer commits: a warning.
    pub findings: Vec<Diagnostic>,
}

/// Why there are no contracts: a finding, with the faults of what was found.
pub type NoContracts = Vec<Diagnostic>;

/// Registries of repositories. What is the same in two commits is loaded once. Clones share them.
#[derive(Clone)]
pub struct Pins {
    loaded: Arc<Mutex<Kept<Content, Loaded>>>,
    /// Which commit is in force when this one is the newest.
    answers: Arc<Mutex<Kept<(CommitId, String), CommitId>>>,
    /// What was last found, by what was asked for.
    last: Arc<Mutex<Kept<(PathBuf, ContractsAt), Pinned>>>,
}

/// The folder, and the ids of the registry's parts in it.
type Content = (String, Vec<Option<String>>);
type Loaded = Result<Arc<Registry>, Arc<Vec<Diagnostic>>>;

impl Default for Pins {
    fn default() -> Self {
        Self {
            loaded: Arc::new(Mutex::new(Kept::new(MOST_KEPT))),
            answers: Arc::new(Mutex::new(Kept::new(MOST_ANSWERS))),
            last: Arc::new(Mutex::new(Kept::new(MOST_KEPT))),
        }
    }
}

impl Pins {
    /// The contracts in force in the repository at `git_dir`. When they cannot be read now, those that were found last
    /// stay in force, with a warning.
    ///
    /// # Errors
    /// There is no repository, branch, commit or folder of that name, or no recent commit is in order; and this process
    /// has never found any.
    pub fn find(&self, git_dir: &Path, wanted: &ContractsAt) -> Result<Pinned, NoContracts> {
        let asked = (git_dir.to_owned(), wanted.clone());
        let findings = match self.search(git_dir, wanted) {
            Ok(pinned) => {
                self.last.lock().expect("no panic while held").put(asked, pinned.clone());
                return Ok(pinned);
            }
            Err(Miss::Repo(error)) => vec![unread(wanted, &error.to_string())],
            Err(Miss::Faults(findings)) => findings,
        };
        let Some(last) = self.last.lock().expect("no panic while held").get(&asked) else { return Err(findings) };
        let stays = findings.iter().take(1).map(|finding| {
            let commit = last.from.commit.get(..7).unwrap_or_default();
            let message = format!("{}; `{commit}` stays in force", finding.message);
            Diagnostic::warning(codes::CONTRACTS_HELD_BACK, message)
        });
        Ok(Pinned { findings: stays.collect(), ..last })
    }

    fn search(&self, git_dir: &Path, wanted: &ContractsAt) -> Result<Pinned, Miss> {
        let repo = Repo::open(git_dir)?;
        let tip = tip(&repo, wanted)?;
        let faults = match self.load(&repo, tip, wanted)? {
            Ok(registry) => return Ok(pinned(wanted, registry, tip, None)),
            Err(faults) => faults,
        };
        if wanted.commit.is_none()
            && let Some((registry, commit)) = self.before(&repo, tip, wanted)?
        {
            return Ok(pinned(wanted, registry, commit, Some((tip, faults.as_slice()))));
        }
        let message = format!("`{}` is not in order, and no commit before it is", tip.short());
        let mut findings = vec![unread(wanted, &message)];
        findings.extend(faults.iter().cloned());
        Err(Miss::Faults(findings))
    }

    /// The newest commit before `tip` that is in order.
    fn before(
        &self,
        repo: &Repo,
        tip: CommitId,
        wanted: &ContractsAt,
    ) -> Result<Option<(Arc<Registry>, CommitId)>, RepoError> {
        let asked = (tip, wanted.path.clone().unwrap_or_default());
        let answer = self.answers.lock().expect("no panic while held").get(&asked);
        if let Some(commit) = answer
            && let Ok(registry) = self.load(repo, commit, wanted)?
        {
            return Ok(Some((registry, commit)));
        }
        let (mut parent, mut seen, mut loads) = (first_parent(repo, tip), content(repo, tip, wanted)?, 0);
        for _ in 0..FURTHEST {
            // The history of a shallow clone ends at a commit that is not there.
            let Some(commit) = parent.filter(|it| repo.commit_info(*it).is_ok()) else { break };
            let here = content(repo, commit, wanted)?;
            if here != seen {
                if loads == MOST_LOADED {
                    break;
                }
                loads += 1;
                if let Ok(registry) = self.load(repo, commit, wanted)? {
                    self.answers.lock().expect("no panic while held").put(asked, commit);
                    return Ok(Some((registry, commit)));
                }
                seen = here;
            }
            parent = first_parent(repo, commit);
        }
        Ok(None)
    }

    fn load(&self, repo: &Repo, commit: CommitId, wanted: &ContractsAt) -> Result<Loaded, RepoError> {
        let content = content(repo, commit, wanted)?;
        if let Some(known) = self.loaded.lock().expect("no panic while held").get(&content) {
            return Ok(known);
        }
        let loaded = match read(repo, commit, &content.0, &wanted.repository) {
            // A file that is too large, say: that commit is not in order.
            Err(error) if !error.is_transient() => {
                Err(Arc::new(vec![Diagnostic::error(codes::CONTRACTS_UNREAD, error.to_string())]))
            }
            other => other?,
        };
        self.loaded.lock().expect("no panic while held").put(content, loaded.clone());
        Ok(loaded)
    }
}

fn first_parent(repo: &Repo, commit: CommitId) -> Option<CommitId> {
    repo.commit_info(commit).ok()?.parents.first().copied()
}

fn content(repo: &Repo, commit: CommitId, wanted: &ContractsAt) -> Result<Content, RepoError> {
    let below = wanted.path.clone().unwrap_or_default();
    let ids = PARTS.iter().map(|part| repo.id_at(commit, &inside(&below, part)));
    let ids = ids.collect::<Result<_, _>>()?;
    Ok((below, ids))
}

fn inside(below: &str, part: &str) -> String {
    if below.is_empty() { part.to_owned() } else { format!("{below}/{part}") }
}

enum Miss {
    Repo(RepoError),
    Faults(Vec<Diagnostic>),
}

impl From<RepoError> for Miss {
    fn from(error: RepoError) -> Self {
        Self::Repo(error)
    }
}

/// The finding that there are no contracts, and why.
pub fn unread(wanted: &ContractsAt, why: &str) -> Diagnostic {
    let message = format!("the contracts of `{}` cannot be read: {why}", wanted.repository);
    Diagnostic::error(codes::CONTRACTS_UNREAD, message)
        .hint("correct `contracts` in `forgeline.yaml`, or the repository that it names")
}

fn tip(repo: &Repo, wanted: &ContractsAt) -> Result<CommitId, RepoError> {
    if let Some(commit) = &wanted.commit {
        return repo.resolve_name(commit);
    }
    match &wanted.branch {
        Some(branch) => match branch.parse::<BranchName>() {
            Ok(branch) => repo.branch_tip(&branch),
            Err(_) => Err(RepoError::MissingObject { kind: "branch", id: branch.clone() }),
        },
        None => repo.branch_tip(&repo.default_branch()?),
    }
}

/// The files of a registry that lies in this folder, seen from there.
fn registry_files(repo: &Repo, commit: CommitId, below: &str) -> Result<FileSet, RepoError> {
    let paths: Vec<String> = PARTS.iter().map(|part| inside(below, part)).collect();
    let all = repo.read_files(commit, &paths.iter().map(String::as_str).collect::<Vec<_>>())?;
    Ok(if below.is_empty() { all } else { all.below(below) })
}

fn read(repo: &Repo, commit: CommitId, below: &str, shown: &str) -> Result<Loaded, RepoError> {
    let mut own = registry_files(repo, commit, below)?;
    own.origin = format!("{shown}@{}", commit.short());
    if own.is_empty() {
        let place = if below.is_empty() { "the root" } else { below };
        let message = format!("there is no registry at {place}: neither `registry.yaml` nor `events/`");
        return Ok(Err(Arc::new(vec![Diagnostic::error(codes::CONTRACTS_UNREAD, message)])));
    }
    Ok(Registry::load(&over_built_in(&own)).map(Arc::new).map_err(Arc::new))
}

fn pinned(
    wanted: &ContractsAt,
    registry: Arc<Registry>,
    commit: CommitId,
    held_back: Option<(CommitId, &[Diagnostic])>,
) -> Pinned {
    let findings = held_back.map(|(tip, faults)| held_back_finding(wanted, commit, tip, faults));
    let from = ContractsFrom {
        repository: wanted.repository.clone(),
        commit: commit.to_string(),
        held_back: held_back.map(|(tip, _)| tip.to_string()),
    };
    Pinned { registry, from, findings: findings.into_iter().collect() }
}

fn held_back_finding(wanted: &ContractsAt, commit: CommitId, tip: CommitId, faults: &[Diagnostic]) -> Diagnostic {
    let first = faults.first().map_or_else(String::new, |fault| match &fault.span {
        Some(span) => format!("{} ({})", fault.message, span.file),
        None => fault.message.clone(),
    });
    let rest = match faults.len() {
        0 | 1 => String::new(),
        2 => " (and one more fault)".to_owned(),
        many => format!(" (and {} more faults)", many - 1),
    };
    let message = format!(
        "`{}` of the contracts in `{}` is not in order, so `{}` stays in force: {first}{rest}",
        tip.short(),
        wanted.repository,
        commit.short()
    );
    Diagnostic::warning(codes::CONTRACTS_HELD_BACK, message).hint(format!(
        "put the contracts of `{}` in order; the next commit that is comes into force",
        wanted.repository
    ))
}

impl Runner {
    /// Definitions with the contracts that are in force now; the same definitions when nothing has moved.
    pub async fn up_to_date(&self, in_force: Arc<InForce>) -> Arc<InForce> {
        let Some(wanted) = in_force.factory.config.contracts.clone() else { return in_force };
        let found = match self.place_of(&in_force, &wanted).await {
            Ok(git_dir) => {
                let pins = self.registries.pins.clone();
                let job = tokio::task::spawn_blocking(move || pins.find(&git_dir, &wanted)).await;
                job.unwrap_or_else(|error| Err(vec![Diagnostic::error(codes::CONTRACTS_UNREAD, error.to_string())]))
            }
            Err(why) => Err(vec![unread(&wanted, &why)]),
        };
        match &found {
            Ok(pinned) => {
                self.registries.add(pinned.registry.clone());
                if in_force.source.contracts.as_ref() == Some(&pinned.from) {
                    return in_force;
                }
                pinned.findings.iter().for_each(|finding| self.watch.warn(finding.message.clone()));
            }
            // What cannot be read now could be read before: that it can be read no more takes nothing out of force.
            Err(faults) if in_force.source.contracts.is_some() => {
                faults.iter().take(1).for_each(|fault| self.watch.warn(fault.message.clone()));
                return in_force;
            }
            Err(_) => {}
        }
        Arc::new(InForce::clone(&in_force).with_contracts(|_| found))
    }

    async fn place_of(&self, in_force: &InForce, wanted: &ContractsAt) -> Result<PathBuf, String> {
        if wanted.is_path() {
            return in_force.folder.as_ref().map(|folder| folder.join(&wanted.repository)).ok_or_else(|| {
                "a repository on a forge names one of the forge, `owner/name`; a path is for a folder of this machine"
                    .to_owned()
            });
        }
        let repo = wanted.repository.parse::<RepoId>().map_err(|error| error.to_string())?;
        self.forge.git_dir(&repo).await.map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests;
