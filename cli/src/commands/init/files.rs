//! Writing new files into a folder of somebody else: nothing is lost, nothing is left half written.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use forgeline_model::{FileSet, SafePath};
use serde_json::{Value, json};

use crate::{
    commands::Session,
    definitions,
    exit::{Exit, Failure},
    rehearsal::DryRun,
};

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is not there, and is written.
    Write,
    /// It is there with other content, and is replaced.
    Replace,
    /// It is there with this content.
    Same,
    /// It is there with other content, and stays.
    Keep,
}

/// A file and what happens to it.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Relative to the folder.
    pub path: String,
    /// What happens.
    pub action: Action,
    content: Vec<u8>,
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Self::Write => "written",
            Self::Replace => "replaced",
            Self::Same => "unchanged",
            Self::Keep => "kept",
        }
    }
}

/// What would happen to each file.
pub fn plan(folder: &Path, wanted: &FileSet, force: bool) -> Result<Vec<Planned>, Failure> {
    let one = |(path, content): (&str, &[u8])| {
        let full = destination(folder, path)?;
        // A pipe would make the reader wait for ever.
        if full.metadata().is_ok_and(|there| !there.is_file()) {
            let message =
                format!("`{}` is there and is not a regular file; nothing was written, move it away", full.display());
            return Err(Failure::new(Exit::Invalid, message));
        }
        let action = match fs::read(&full) {
            Ok(there) if there == content => Action::Same,
            Ok(_) if force => Action::Replace,
            Ok(_) => Action::Keep,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Action::Write,
            Err(error) => return Err(cannot(&full, &error)),
        };
        Ok(Planned { path: path.to_owned(), action, content: content.to_vec() })
    };
    wanted.iter().map(one).collect()
}

/// Writes what is to be written. When one file fails, those of this call that were new are taken away again.
pub fn write(folder: &Path, plan: &[Planned]) -> Result<(), Failure> {
    let mut made = Vec::new();
    for planned in plan.iter().filter(|planned| matches!(planned.action, Action::Write | Action::Replace)) {
        let full = destination(folder, &planned.path)?;
        if let Err(error) = write_whole(&full, &planned.content) {
            for path in &made {
                let _ = fs::remove_file(path);
            }
            return Err(cannot(&full, &error));
        }
        if planned.action == Action::Write {
            made.push(full);
        }
    }
    Ok(())
}

/// A line for each file.
pub fn text(plan: &[Planned], how: DryRun) -> String {
    let line = |planned: &Planned| {
        let word = match (planned.action, how.dry_run) {
            (Action::Write, true) => "to write",
            (Action::Replace, true) => "to replace",
            (action, _) => action.word(),
        };
        let why = if planned.action == Action::Keep { "  (it differs; `--force` replaces it)" } else { "" };
        format!("{word:<10} {}{why}\n", planned.path)
    };
    plan.iter().map(line).collect()
}

/// The plan for machines.
pub fn value(plan: &[Planned]) -> Vec<Value> {
    plan.iter().map(|planned| json!({"path": planned.path, "action": planned.action.word()})).collect()
}

/// A definition to begin.
#[derive(Debug, Args)]
pub struct New {
    /// Its name, in kebab case.
    pub name: String,
    /// Folder of the factory; the one in force, else the current folder.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    how: DryRun,
}

/// Writes files of a scaffold; all of them must be new.
pub fn write_new(session: &Session, new: &New, wanted: &FileSet, next: &str) -> anyhow::Result<Exit> {
    let folder = match &new.dir {
        Some(dir) => dir.clone(),
        None => definitions::folder(&session.global)?.unwrap_or_else(|| PathBuf::from(".")),
    };
    if !folder.is_dir() {
        anyhow::bail!(Failure::new(Exit::NotFound, format!("`{}` is not a folder", folder.display())));
    }
    let plan = plan(&folder, wanted, false)?;
    if let Some(there) = plan.iter().find(|planned| planned.action != Action::Write) {
        anyhow::bail!(Failure::new(
            Exit::Usage,
            format!(
                "`{}` is there already; nothing was written, choose another name",
                folder.join(&there.path).display()
            )
        ));
    }
    if !new.how.dry_run {
        write(&folder, &plan)?;
    }
    session.out.rehearsing(new.how).print("new", &json!({"folder": folder, "files": value(&plan)}), || {
        format!("{}\nnext: {next}\n", text(&plan, new.how))
    });
    Ok(Exit::Success)
}

/// The path in the folder. No part of it may be a link: it could lead out of the folder.
fn destination(folder: &Path, path: &str) -> Result<PathBuf, Failure> {
    let safe: SafePath = path.parse().map_err(|error| Failure::new(Exit::Invalid, format!("{error}")))?;
    let mut full = folder.to_owned();
    for part in safe.as_str().split('/') {
        full.push(part);
        if full.symlink_metadata().is_ok_and(|it| it.is_symlink()) {
            return Err(Failure::new(
                Exit::Denied,
                format!("`{}` is a symbolic link and could lead out of the folder; remove it first", full.display()),
            ));
        }
    }
    Ok(full)
}

/// Beside it first, then renamed: a reader sees the old file or the new one.
fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let parent = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(parent)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = parent.join(format!(".{name}.{}.new", std::process::id()));
    let written = File::create_new(&draft).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&draft, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

fn cannot(path: &Path, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; make the folder writable, or name another one"
        }
        io::ErrorKind::StorageFull => "; free some space",
        _ => "",
    };
    Failure::new(
        Exit::Infrastructure,
        format!("`{}` cannot be written: {error}{hint}; nothing was changed", path.display()),
    )
}
