//! `forgeline doctor --fix`: what can be repaired without a person, and without losing anything.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use forgeline_model::knowledge::SearchMode;
use forgeline_pipe::folder;
use forgeline_runner::Runner;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{commands::wording::count, rehearsal::DryRun};

/// Gets ONNX Runtime alone, from a checkout's root.
const SET_UP: &str = "scripts/setup.sh";

/// Something that was repaired, would be, or could not be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repair {
    outcome: Outcome,
    what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    WouldBeDone,
    /// A person must do it; the text says how.
    Left,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "repaired",
            Self::WouldBeDone => "to repair",
            Self::Left => "left",
        }
    }
}

impl Repair {
    fn of(how: DryRun, what: String) -> Self {
        Self { outcome: if how.dry_run { Outcome::WouldBeDone } else { Outcome::Done }, what }
    }

    fn left(what: String) -> Self {
        Self { outcome: Outcome::Left, what }
    }

    /// For machines.
    pub(super) fn value(&self) -> Value {
        json!({"status": self.outcome.word(), "what": self.what})
    }

    /// For people.
    pub(super) fn line(&self) -> String {
        format!("{:<10} {}\n", self.outcome.word(), self.what)
    }
}

/// Repairs the state directory and what processes that were killed left behind.
pub(super) async fn state(state: &Path, how: DryRun) -> Vec<Repair> {
    let mut done = Vec::new();
    done.extend(permissions(state, how));
    let locks = if how.dry_run {
        forgeline_store::stale_instances(state).await
    } else {
        forgeline_store::remove_stale_instances(state).await
    };
    match locks {
        Ok(locks) if locks.is_empty() => {}
        Ok(locks) => {
            let what = format!("lock files of processes that are gone, in `{}`: {}", state.display(), names(&locks));
            done.push(Repair::of(how, what));
        }
        Err(error) => done.push(Repair::left(error.to_string())),
    }
    let folders = if how.dry_run { folder::abandoned() } else { folder::sweep() };
    if !folders.is_empty() {
        let what = format!("empty folders of agents whose host is gone: {}", names(&folders));
        done.push(Repair::of(how, what));
    }
    done
}

/// Whether somebody other than the owner may look into the state directory.
pub(super) fn is_open(state: &Path) -> bool {
    state.metadata().is_ok_and(|it| it.permissions().mode() & 0o077 != 0)
}

fn permissions(state: &Path, how: DryRun) -> Option<Repair> {
    if !is_open(state) {
        return None;
    }
    let what = format!("`{}` was open to others and is yours alone (0700)", state.display());
    let changed = if how.dry_run { Ok(()) } else { fs::set_permissions(state, fs::Permissions::from_mode(0o700)) };
    Some(match changed {
        Ok(()) => Repair::of(how, what),
        Err(error) => Repair::left(format!("`{}` is open to others: {error}; run `chmod 700` on it", state.display())),
    })
}

/// Gets ONNX Runtime when search lacks it and the checkout that this program was built from is there.
pub(super) async fn search(runner: &Runner, how: DryRun) -> Option<Repair> {
    let status = runner.knowledge.status().await;
    // The process that said so has looked for the library once and for all.
    runner.knowledge.end().await;
    if status.ok()?.mode == SearchMode::Hybrid {
        return None;
    }
    let Some(checkout) = own_checkout() else {
        let what = format!("search lacks ONNX Runtime: run `sh {SET_UP} --onnxruntime` in a checkout of Forgeline");
        return Some(Repair::left(what));
    };
    let command = format!("sh {SET_UP} --onnxruntime` in `{}`", checkout.display());
    if how.dry_run {
        return Some(Repair::of(how, format!("search lacks ONNX Runtime: `{command}")));
    }
    let ran = Command::new("sh").args([SET_UP, "--onnxruntime"]).current_dir(&checkout).output().await;
    Some(match ran {
        Ok(output) if output.status.success() => Repair::of(how, format!("search got ONNX Runtime: `{command}")),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
            Repair::left(format!("search lacks ONNX Runtime: `{command} ended with {}: {last}", output.status))
        }
        Err(error) => Repair::left(format!("search lacks ONNX Runtime: `{command} cannot be started: {error}")),
    })
}

/// The checkout that this program was built from. Another one, such as the folder that somebody stands in, may be
/// anybody's: nothing in it is run.
fn own_checkout() -> Option<PathBuf> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let is_trusted = |path: &Path| -> io::Result<bool> {
        let it = path.symlink_metadata()?;
        let me = rustix::process::getuid().as_raw();
        Ok((it.uid() == me || it.uid() == 0) && it.mode() & 0o002 == 0)
    };
    let both = [checkout.to_owned(), checkout.join(SET_UP)];
    both.iter().all(|path| is_trusted(path).unwrap_or(false)).then(|| checkout.to_owned())
}

/// The first of them, and how many more.
fn names(paths: &[PathBuf]) -> String {
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match paths {
        [] => String::new(),
        [one] => name(one),
        [first, rest @ ..] => format!("{} and {}", name(first), count(rest.len(), "more").trim_end_matches('s')),
    }
}
