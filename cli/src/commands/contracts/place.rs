//! Where a registry lies: its folder, its repository, and the state that a change starts from.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use forgeline_model::FileSet;
use forgeline_registry::{
    PARTS, over_built_in,
    rules::{CODEOWNERS, Change, Published, Report},
};
use forgeline_repo::{CommitId, Repo};
use forgeline_runner::{
    Clock,
    contracts::{date, published},
};
use jiff::civil::Date;

use crate::{
    commands::Session,
    definitions,
    exit::{Exit, Failure},
    output,
};

/// Which registry.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Folder of the registry; otherwise `schema-registry` of the factory in force or of the current folder.
    #[arg(long, value_name = "DIR")]
    pub registry: Option<PathBuf>,
}

/// Which registry, and what the change starts from.
#[derive(Debug, Clone, Args)]
pub struct Against {
    #[command(flatten)]
    pub which: Which,
    /// Branch, tag or commit that the change starts from: what it has too is accepted. The merge base with it counts.
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,
}

/// A registry in a folder.
pub struct Place {
    /// The registry's folder.
    pub folder: PathBuf,
    /// The repository's root, else the registry's folder.
    pub root: PathBuf,
    /// The folder as seen from the root; empty when it is the root.
    pub below: String,
    /// Its own files.
    pub own: FileSet,
    /// Its files over the built-in ones, with CODEOWNERS of the repository.
    pub files: FileSet,
    repo: Option<Repo>,
}

impl Which {
    /// Reads the registry.
    pub fn read(&self, session: &Session) -> anyhow::Result<Place> {
        let folder = self.folder(session)?;
        let full = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        let repo = full.ancestors().find(|above| above.join(".git").exists()).and_then(|root| Repo::open(root).ok());
        let root = repo.as_ref().map_or_else(|| full.clone(), |repo| repo.root().to_owned());
        let below = full.strip_prefix(&root).map(|below| below.to_string_lossy().into_owned()).unwrap_or_default();
        let read = definitions::read_places(&full, &PARTS, &folder.display().to_string())?;
        if !read.findings.is_empty() {
            return Err(Failure::invalid("the registry cannot be read", read.findings).into());
        }
        let mut files = over_built_in(&read.files);
        if let Some(owners) = definitions::read_places(&root, &[CODEOWNERS], "")?.files.get(CODEOWNERS) {
            files.insert(CODEOWNERS, owners);
        }
        Ok(Place { folder, root, below, own: read.files, files, repo })
    }

    fn folder(&self, session: &Session) -> anyhow::Result<PathBuf> {
        let in_factory = || -> anyhow::Result<PathBuf> {
            let factory = definitions::folder(&session.global)?.unwrap_or_else(|| PathBuf::from("."));
            Ok(factory.join("schema-registry"))
        };
        let folder = self.registry.clone().map_or_else(in_factory, Ok)?;
        if self.registry.is_some() && !folder.is_dir() {
            let message = format!("`{}` is not a folder", folder.display());
            return Err(Failure::new(Exit::NotFound, message).into());
        }
        Ok(folder)
    }
}

/// What a check needs besides the files.
pub struct Ground {
    /// The registry at the base.
    pub base: Option<FileSet>,
    /// When versions came to the branch.
    pub published: Published,
    /// Now.
    pub today: Date,
}

impl Place {
    /// Reads what lies in the repository's history.
    pub fn ground(&self, base: Option<&str>) -> anyhow::Result<Ground> {
        let today = date(Clock::system().now()).context("the clock shows a year that no calendar has")?;
        let head = self.repo.as_ref().and_then(|repo| repo.revision("HEAD").map(|head| (repo, head)));
        let base = base.map(|base| self.base(head, base)).transpose()?;
        let published = match head {
            Some((repo, head)) => {
                if repo.is_shallow() {
                    output::note(
                        "note: the history is cut off, so the days of publication may be too late; fetch all of it",
                    );
                }
                let from = base.as_ref().map_or(head, |(commit, _)| *commit);
                published(repo, from, &self.below, &self.files)?
            }
            None => Published::new(),
        };
        Ok(Ground { base: base.map(|(_, files)| files), published, today })
    }

    fn base(&self, head: Option<(&Repo, CommitId)>, name: &str) -> anyhow::Result<(CommitId, FileSet)> {
        let Some((repo, head)) = head else {
            let message =
                format!("`{}` lies in no repository with commits, so there is no `{name}`", self.folder.display());
            return Err(Failure::new(Exit::NotFound, message).into());
        };
        let tip = repo.revision(name).ok_or_else(|| {
            Failure::new(Exit::NotFound, format!("there is no commit `{name}`; name a branch, a tag or a commit"))
        })?;
        let commit = repo.merge_base(head, tip)?.unwrap_or(tip);
        let inside =
            |part: &str| if self.below.is_empty() { part.to_owned() } else { format!("{}/{part}", self.below) };
        let paths: Vec<String> = PARTS.iter().map(|part| inside(part)).collect();
        let mut wanted: Vec<&str> = paths.iter().map(String::as_str).collect();
        wanted.push(CODEOWNERS);
        let all = repo.read_files(commit, &wanted)?;
        let own = if self.below.is_empty() { all.clone() } else { all.below(&self.below) };
        let mut files = over_built_in(&own);
        if let Some(owners) = all.get(CODEOWNERS) {
            files.insert(CODEOWNERS, owners);
        }
        Ok((commit, files))
    }

    /// Judges the registry; findings on what is built in and not touched here are nobody's business here.
    pub fn check(&self, ground: &Ground, definitions: &FileSet) -> Report {
        let change = Change {
            own: &self.own,
            files: &self.files,
            base: ground.base.as_ref(),
            folder: &self.below,
            today: ground.today,
            published: &ground.published,
        };
        change.judge(definitions)
    }

    /// Blueprints and agents that may name events: those of the factory around, over the built-in ones.
    pub fn definitions(&self, session: &Session) -> anyhow::Result<FileSet> {
        let mut all = forgeline_blueprints::shipped();
        let folder: Option<PathBuf> = match definitions::folder(&session.global)? {
            Some(folder) => Some(folder),
            None => self.folder.parent().map(Path::to_owned),
        };
        if let Some(folder) = folder {
            for (path, bytes) in definitions::read_places(&folder, &["blueprints", "agents"], "")?.files.iter() {
                all.insert(path, bytes);
            }
        }
        Ok(all)
    }
}
