//! The definitions that a command works with: those of a folder on this machine, else the built-in ones.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use forgeline_blueprints::{codes, config::ContractsAt};
use forgeline_engine::spec::Definitions;
use forgeline_forge::LocalForge;
use forgeline_model::{Diagnostic, FileSet, diagnostic::has_errors};
use forgeline_repo::{CommitId, Repo};
pub use forgeline_runner::InForce;
use forgeline_runner::{
    contracts::{NoContracts, Pinned, Pins, unread},
    definitions::{PLACES, left_out},
};

use crate::{
    args::Global,
    commands::Session,
    exit::{Exit, Failure},
    output,
};

/// Longest file that is read.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// A definition is something other than a plain file.
const NOT_A_FILE: &str = "FL0801";
/// A file among the definitions is too large to be read.
const TOO_LARGE: &str = "FL0802";

/// The files of a factory's folder, and what is wrong with those that could not be read.
pub struct Folder {
    /// What was read.
    pub files: FileSet,
    /// Files that were not.
    pub findings: Vec<Diagnostic>,
}

/// Refuses to go on with definitions that have errors.
pub fn usable(in_force: InForce) -> anyhow::Result<InForce> {
    check(&in_force)?;
    Ok(in_force)
}

/// Whether definitions have no errors.
pub fn check(in_force: &InForce) -> anyhow::Result<()> {
    if has_errors(&in_force.findings) {
        let message = format!("the definitions in {} have errors", in_force.source.origin);
        return Err(Failure::invalid(message, in_force.findings.clone()).into());
    }
    Ok(())
}

/// The definitions that the flags name, else those of the current folder, else the built-in ones; held to the operator's
/// ceilings.
pub fn load(session: &Session) -> anyhow::Result<InForce> {
    let in_force = match folder(&session.global)? {
        Some(folder) => of_folder(&folder)?.with_contracts(|wanted| contracts(session, &folder, wanted)),
        None => InForce::built_in(),
    };
    for finding in in_force.findings.iter().filter(|finding| finding.code == codes::CONTRACTS_HELD_BACK) {
        output::note(&finding.render());
    }
    Ok(in_force.within(&session.operator.file.ceilings()))
}

/// The same for what works on a repository that may keep definitions of its own: the current folder does not count.
pub fn load_named(session: &Session) -> anyhow::Result<InForce> {
    match &session.global.factory {
        Some(_) => load(session),
        None => Ok(InForce::built_in().within(&session.operator.file.ceilings())),
    }
}

/// The folder whose definitions are in force: the one that the flags name, else the nearest upwards that keeps some.
pub fn folder(global: &Global) -> anyhow::Result<Option<PathBuf>> {
    match &global.factory {
        Some(folder) => {
            anyhow::ensure!(
                folder.is_dir(),
                Failure::new(Exit::NotFound, format!("`{}` is not a folder", folder.display()))
            );
            Ok(Some(folder.clone()))
        }
        None => Ok(std::env::current_dir().ok().and_then(|here| enclosing_factory(&here))),
    }
}

/// The definitions of a folder as they lie there; committed ones are named by their commit.
pub fn of_folder(folder: &Path) -> anyhow::Result<InForce> {
    let shown = folder.canonicalize().unwrap_or_else(|_| folder.to_owned()).display().to_string();
    let Folder { files, findings } = read_folder(folder, &shown)?;
    let (commit, dirty) = match committed(folder) {
        Some((commit, same)) if same.digest() == files.digest() => (Some(commit.to_string()), false),
        _ => (None, true),
    };
    let mut in_force = InForce::of_files(&files, Definitions { origin: shown, commit, dirty, contracts: None });
    in_force.add_findings(findings);
    in_force.folder = folder.canonicalize().ok();
    Ok(in_force)
}

/// The contracts in force in the repository that the `forgeline.yaml` of a folder names.
pub fn contracts(session: &Session, folder: &Path, wanted: &ContractsAt) -> Result<Pinned, NoContracts> {
    let git_dir = if wanted.is_path() {
        folder.join(&wanted.repository)
    } else {
        let repo = wanted.repository.parse().map_err(|error| vec![unread(wanted, &format!("{error}"))])?;
        LocalForge::place(&session.state, &repo)
            .ok_or_else(|| vec![unread(wanted, "the local forge has no such repository")])?
    };
    Pins::default().find(&git_dir, wanted)
}

/// The nearest folder upwards that keeps definitions.
fn enclosing_factory(here: &Path) -> Option<PathBuf> {
    here.ancestors().find(|folder| folder.join("forgeline.yaml").is_file()).map(Path::to_owned)
}

fn committed(folder: &Path) -> Option<(CommitId, FileSet)> {
    let repo = Repo::open(folder).ok()?;
    if repo.root().canonicalize().ok()? != folder.canonicalize().ok()? {
        return None;
    }
    let commit = repo.resolve_name("HEAD").ok()?;
    let files = repo.read_files(commit, &PLACES).ok()?;
    Some((commit, files))
}

/// What a folder keeps of a factory.
pub fn read_folder(folder: &Path, origin: &str) -> anyhow::Result<Folder> {
    read_places(folder, &PLACES, origin)
}

/// The files of a folder that are one of these, or lie below one.
pub fn read_places(folder: &Path, places: &[&str], origin: &str) -> anyhow::Result<Folder> {
    let mut read = Folder { files: FileSet::new(origin), findings: Vec::new() };
    for place in places {
        read_into(&mut read, folder, place)?;
    }
    read.findings.sort_by(|one, other| one.span.cmp(&other.span));
    Ok(read)
}

fn read_into(read: &mut Folder, root: &Path, path: &str) -> anyhow::Result<()> {
    let full = root.join(path);
    // A link could lead anywhere; definitions are plain files.
    let Ok(kind) = full.symlink_metadata() else { return Ok(()) };
    if kind.is_dir() {
        for entry in fs::read_dir(&full).with_context(|| format!("`{}` cannot be read", full.display()))? {
            let name = entry?.file_name();
            match name.to_str() {
                Some(name) if name.starts_with('.') => {}
                Some(name) => read_into(read, root, &format!("{path}/{name}"))?,
                None => {
                    let shown = format!("{path}/{}", name.display());
                    read.findings.push(left_out(&shown, "the name is not UTF-8"));
                }
            }
        }
    } else if kind.is_file() {
        if kind.len() <= MAX_FILE_BYTES {
            let bytes = fs::read(&full).with_context(|| format!("`{}` cannot be read", full.display()))?;
            read.files.insert(path, bytes);
        } else {
            let message = format!("`{path}` is larger than {} MiB", MAX_FILE_BYTES >> 20);
            let finding = Diagnostic::error(TOO_LARGE, message).in_file(path);
            read.findings.push(finding.hint("definitions are small text files; keep large ones elsewhere"));
        }
    } else {
        let finding = Diagnostic::error(NOT_A_FILE, format!("`{path}` is not a regular file")).in_file(path);
        read.findings.push(finding.hint("put the file or folder itself there, not a link or a pipe"));
    }
    Ok(())
}
