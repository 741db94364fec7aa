//! Which factory serves which repository.
//!
//! A repository with a `forgeline.yaml` of its own is its own factory. The others are served by the factory that the operator
//! lists and whose `targets` fit best; without such a list, by the folder that the operator names or what is in the binary.
//! Definitions of a factory are those of one commit of its default branch, and a run keeps all that it needs of them.

mod choice;
mod source;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use forgeline_blueprints::config::FactoryConfig;
use forgeline_forge::{ForgeError, types::RepoId};
use forgeline_model::Digest;
use forgeline_repo::{CommitId, Durability, Remote, clone_mirror};
use serde::Serialize;

use crate::{InForce, OpenTarget, Runner, TargetError};

pub use choice::{Candidate, Choice, choose, same_globs, takes_itself};
pub use source::{Place, Source};

/// Least time between two fetches of a factory that no forge here keeps.
const FETCH_EVERY: Duration = Duration::from_secs(60);
/// Longest that one such fetch may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(120);
/// The forge of repositories that are kept here, as globs name it.
pub const HERE: &str = "local";

/// The factories that the operator lists, as they were read last.
#[derive(Default)]
pub struct Factories {
    sources: Vec<Source>,
    /// One for each source.
    read: Mutex<Vec<Read>>,
}

/// What is known of one.
#[derive(Clone)]
struct Read {
    /// In force, or why there is nothing.
    found: Result<Arc<InForce>, String>,
    /// When it was last fetched.
    fetched: Option<Instant>,
}

/// A factory of the operator's list.
#[derive(Clone)]
pub struct Listed {
    /// As the operator writes it.
    pub source: Source,
    /// Its definitions, at one commit; else why they cannot be had.
    pub found: Result<Arc<InForce>, String>,
}

/// What serves a repository, and why it.
#[derive(Clone)]
pub struct Served {
    /// The definitions.
    pub in_force: Arc<InForce>,
    /// Why these.
    pub because: Because,
}

/// Why a factory serves a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Because {
    /// The factory, for people.
    pub factory: String,
    /// Its commit, when the definitions come from one.
    pub commit: Option<String>,
    /// `own`, `listed`, `folder` or `built in`.
    pub kind: &'static str,
    /// The glob that took the repository.
    pub glob: Option<String>,
    /// Whether the factory may write there; else only work items are served.
    pub is_target: bool,
}

/// Nobody serves a repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotServed {
    /// No factory takes it.
    #[error("no factory serves `{repo}`: {reason}")]
    Nobody {
        /// The repository.
        repo: String,
        /// What is looked at.
        reason: String,
    },
    /// Two factories take it, and neither fits better.
    #[error("{}", choice::tie(.repo, .factories))]
    Tie {
        /// The repository.
        repo: String,
        /// Factories with the glob of each.
        factories: Vec<(String, String)>,
    },
    /// A factory that may serve it cannot be read now.
    #[error("whether a factory serves `{repo}` is not known: {reason}")]
    Unread {
        /// The repository.
        repo: String,
        /// Which one, and why.
        reason: String,
    },
}

impl Because {
    /// Of a repository with definitions of its own.
    pub fn own(in_force: &InForce, forge: &str, repo: &str) -> Self {
        let is_target = takes_itself(&in_force.factory.config, forge, repo);
        Self {
            factory: in_force.source.origin.clone(),
            commit: in_force.source.commit.clone(),
            kind: "own",
            glob: None,
            is_target,
        }
    }
}

impl Factories {
    /// Those of a list; nothing is read yet.
    pub fn new(sources: Vec<Source>) -> Self {
        let nothing = Read { found: Err("it was not read yet".into()), fetched: None };
        let read = Mutex::new(vec![nothing; sources.len()]);
        Self { sources, read }
    }

    /// Whether the operator lists none.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// All of them, as they were read last.
    pub fn listed(&self) -> Vec<Listed> {
        let read = self.read.lock().expect("no panic while held").clone();
        let pair = |(source, read): (&Source, Read)| Listed { source: source.clone(), found: read.found };
        self.sources.iter().zip(read).map(pair).collect()
    }
}

impl Runner {
    /// Reads the factories of the operator's list again: those whose default branch has moved. What cannot be read now stays
    /// as it was.
    pub async fn read_factories(&self) {
        for (index, source) in self.factories.sources.iter().enumerate() {
            let known = self.factories.read.lock().expect("no panic while held")[index].clone();
            let read = self.read_factory(source, &known).await;
            if let (Ok(_), Err(why)) = (&known.found, &read.found) {
                self.watch.warn(format!("the factory {} cannot be read, and stays as it was: {why}", source.shown));
            }
            let mut all = self.factories.read.lock().expect("no panic while held");
            let found = match (read.found, &all[index].found) {
                (Err(_), Ok(stays)) => Ok(stays.clone()),
                (found, _) => found,
            };
            all[index] = Read { found, fetched: read.fetched };
        }
    }

    async fn read_factory(&self, source: &Source, known: &Read) -> Read {
        let mut fetched = known.fetched;
        let found = self.find_factory(source, known, &mut fetched).await;
        Read { found, fetched }
    }

    async fn find_factory(
        &self,
        source: &Source,
        known: &Read,
        fetched: &mut Option<Instant>,
    ) -> Result<Arc<InForce>, String> {
        let path = self.factory_folder(source, fetched).await?;
        let (shown, before) = (source.shown.clone(), known.found.as_ref().ok().cloned());
        let ceilings = self.ceilings.clone();
        let read = move || -> Result<Arc<InForce>, String> {
            let target = OpenTarget::find(&path, &shown, None).map_err(|error| error.to_string())?;
            let commit = target.base.to_string();
            if let Some(same) = before.filter(|it| it.source.commit.as_ref() == Some(&commit)) {
                return Ok(same);
            }
            let read = InForce::of_commit(&path, target.base, &shown).map_err(|error| error.to_string())?;
            let read = read.ok_or_else(|| format!("its branch `{}` has no `forgeline.yaml`", target.base_branch))?;
            Ok(Arc::new(read.within(&ceilings)))
        };
        let in_force = tokio::task::spawn_blocking(read).await.map_err(|error| error.to_string())??;
        let in_force = self.up_to_date(in_force).await;
        self.registries.add(in_force.registry.clone());
        Ok(in_force)
    }

    /// Where the factory's repository is on this machine.
    async fn factory_folder(&self, source: &Source, fetched: &mut Option<Instant>) -> Result<PathBuf, String> {
        match &source.place {
            Place::Forge(repo) => self.forge.git_dir(repo).await.map_err(|error| match error {
                ForgeError::NoRepository { .. } if self.forge.has_elsewhere() => {
                    format!("no forge here serves `{repo}`; give Forgeline the repository, and take it into `repositories` of its forge")
                }
                error => error.to_string(),
            }),
            Place::Git(Remote::Path(path)) => Ok(path.clone()),
            Place::Git(remote) => {
                let name = Digest::of_bytes(remote.to_string().as_bytes()).short();
                let folder = self.store.folder().join("factories").join(format!("{name}.git"));
                if fetched.is_some_and(|at| at.elapsed() < FETCH_EVERY) && folder.is_dir() {
                    return Ok(folder);
                }
                let (remote, to) = (remote.clone(), folder.clone());
                let fetch = move || clone_mirror(&remote, &to, Durability::Full, FETCH_TIMEOUT).map(drop);
                let done = tokio::task::spawn_blocking(fetch).await.map_err(|error| error.to_string())?;
                *fetched = Some(Instant::now());
                match done {
                    Ok(()) => Ok(folder),
                    Err(error) => Err(error.to_string()),
                }
            }
        }
    }

    /// What serves a repository that keeps no definitions of its own. `fallback` are those of the operator's folder or of the
    /// binary.
    ///
    /// # Errors
    /// [`TargetError::NotServed`], or the forge has no such repository.
    pub async fn serve(&self, repo: &RepoId, fallback: &Arc<InForce>) -> Result<Served, TargetError> {
        let forge = self.forge.kept_by(repo).await?.unwrap_or_else(|| HERE.to_owned());
        let listed = self.factories.listed();
        Ok(choose_among(&listed, fallback, &forge, &repo.to_string())?)
    }

    /// The definitions in force in a repository of the forge whose base is this commit: its own, else those of who serves it.
    ///
    /// # Errors
    /// Nobody serves it, or it cannot be read.
    pub async fn definitions_at(
        &self,
        repo: &RepoId,
        base: CommitId,
        fallback: &Arc<InForce>,
    ) -> Result<Served, TargetError> {
        let (path, shown) = (self.forge.git_dir(repo).await?, repo.to_string());
        let named = shown.clone();
        let read = tokio::task::spawn_blocking(move || InForce::of_commit(&path, base, &named));
        let Some(own) = read.await.map_err(|error| TargetError::Job(error.to_string()))?? else {
            return self.serve(repo, fallback).await;
        };
        let own = self.up_to_date(Arc::new(own.within(&self.ceilings))).await;
        self.registries.add(own.registry.clone());
        let forge = self.forge.kept_by(repo).await?;
        let because = Because::own(&own, forge.as_deref().unwrap_or(HERE), &shown);
        Ok(Served { in_force: own, because })
    }

    /// Repositories that two factories take equally well, of all that are known.
    ///
    /// # Errors
    /// The repositories cannot be listed.
    pub async fn factory_ties(&self, fallback: &Arc<InForce>) -> Result<Vec<NotServed>, ForgeError> {
        let mut ties = Vec::new();
        for repo in self.forge.repositories().await? {
            // One with definitions of its own asks nobody; it does no harm to say so before it loses them.
            if let Err(TargetError::NotServed(tie @ NotServed::Tie { .. })) = self.serve(&repo, fallback).await {
                ties.push(tie);
            }
        }
        Ok(ties)
    }
}

/// The same for values. Pure.
pub fn choose_among(listed: &[Listed], fallback: &Arc<InForce>, forge: &str, repo: &str) -> Result<Served, NotServed> {
    let readable: Vec<(&Source, &Arc<InForce>)> =
        listed.iter().filter_map(|it| Some((&it.source, it.found.as_ref().ok()?))).collect();
    let mut candidates: Vec<Candidate<'_>> = Vec::new();
    for (source, in_force) in &readable {
        candidates.push(Candidate::listed(&source.shown, &in_force.factory.config));
    }
    let is_folder = fallback.folder.is_some();
    // What is in the binary serves nobody beside factories that somebody chose.
    if listed.is_empty() || is_folder {
        candidates.push(Candidate::fallback(&fallback.source.origin, &fallback.factory.config));
    }
    let unread = || {
        let bad = listed.iter().find_map(|it| Some((&it.source.shown, it.found.as_ref().err()?)));
        bad.map(|(name, why)| format!("{name} cannot be read: {why}"))
    };
    let taken = match choose(&candidates, forge, repo) {
        Choice::Taken { index, glob, is_target } => (index, glob, is_target),
        Choice::Tie(factories) => return Err(NotServed::Tie { repo: repo.to_owned(), factories }),
        Choice::Nobody => {
            return Err(match unread() {
                Some(reason) => NotServed::Unread { repo: repo.to_owned(), reason },
                None => NotServed::Nobody { repo: repo.to_owned(), reason: choice::looked_at(&candidates) },
            });
        }
    };
    // One that was never read may fit better: nobody is handed to a wider factory because a narrow one is out of reach.
    if let Some(reason) = unread() {
        return Err(NotServed::Unread { repo: repo.to_owned(), reason });
    }
    let (index, glob, is_target) = taken;
    let (in_force, kind) = match readable.get(index) {
        Some((_, in_force)) => ((*in_force).clone(), "listed"),
        None => (fallback.clone(), if is_folder { "folder" } else { "built in" }),
    };
    let (factory, commit) = (in_force.source.origin.clone(), in_force.source.commit.clone());
    Ok(Served { in_force, because: Because { factory, commit, kind, glob, is_target } })
}

/// The repositories of a list that a factory may write to. Pure.
pub fn targets_of<'a>(config: &FactoryConfig, all: &'a [(String, String)]) -> Vec<&'a str> {
    use forgeline_blueprints::config::targets::best;
    let is_one = |(forge, repo): &&(String, String)| best(&config.targets, forge, repo).is_some();
    all.iter().filter(is_one).map(|(_, repo)| repo.as_str()).collect()
}
