//! After a revision: every thread that it heard is answered, once.

use std::collections::BTreeSet;

use forgeline_engine::{
    Outcome,
    run::TaskStatus,
    spec::{ReviewNotes, ThreadNote},
};
use forgeline_forge::ThreadAnswer;
use forgeline_repo::{Diff, FileStatus, Repo};
use forgeline_store::RunView;

use crate::{
    Runner, RunnerError, TargetError,
    report::answers::{self, Fate},
    target::with_repo,
};

impl Runner {
    /// Tells in each thread what became of it; a run that failed or was stopped says nothing there, its next attempt will.
    pub(crate) async fn answer_threads(&self, view: &RunView) -> Result<(), RunnerError> {
        let revision = view.spec.again.as_ref().and_then(|again| again.revision.as_ref());
        let Some(notes) = revision.and_then(|revision| revision.notes.as_deref()) else { return Ok(()) };
        let Some(outcome) = view.state.outcome().filter(|_| !notes.threads.is_empty()) else { return Ok(()) };
        let written = written(view);
        let answers: Vec<ThreadAnswer> = match outcome {
            Outcome::Published(publication) => {
                let changed = self.changed(view, notes, &publication.commit).await?;
                let of = |thread: &ThreadNote| fate(thread, &publication.commit, &changed, &written);
                notes.threads.iter().map(|thread| answer(notes, thread, &of(thread))).collect()
            }
            Outcome::NoChange { reason } => {
                let fate = Fate::Nothing { reason: reason.clone() };
                notes.threads.iter().map(|thread| answer(notes, thread, &fate)).collect()
            }
            Outcome::Refused { reason, .. } => {
                let fate = Fate::Refused { reason: reason.clone() };
                notes.threads.iter().map(|thread| answer(notes, thread, &fate)).collect()
            }
            Outcome::Failed { .. } | Outcome::Cancelled { .. } => return Ok(()),
        };
        let repo = self.forge_repository(&view.spec.target)?;
        Ok(self.forge.answer_threads(&repo, notes.pull_request, &answers, self.clock.now()).await?)
    }

    /// What the pull request has now that it had not when somebody asked; nothing when that cannot be told any more.
    async fn changed(&self, view: &RunView, notes: &ReviewNotes, commit: &str) -> Result<Diff, RunnerError> {
        let (Ok(from), Ok(to)) = (notes.head.parse(), commit.parse()) else { return Ok(Diff::default()) };
        let path = self.repository_path(&view.spec.target).await?;
        let compare = move |repo: Repo| -> Result<_, TargetError> { Ok(repo.diff(Some(from), to).unwrap_or_default()) };
        Ok(with_repo(&path, compare).await?)
    }
}

fn answer(notes: &ReviewNotes, thread: &ThreadNote, fate: &Fate) -> ThreadAnswer {
    let key = format!("thread:{}:{}", thread.id, notes.key);
    ThreadAnswer { thread: thread.id, key, body: answers::text(thread, fate) }
}

/// Files that the run's stages propose.
fn written(view: &RunView) -> BTreeSet<&str> {
    let tasks = view.state.tasks().filter_map(|task| match &task.status {
        TaskStatus::Done(output) => Some(output),
        _ => None,
    });
    tasks.flat_map(|output| output.artifacts.iter().map(|artifact| artifact.path.as_str())).collect()
}

fn fate(thread: &ThreadNote, commit: &str, changed: &Diff, written: &BTreeSet<&str>) -> Fate {
    let is_it = |file: &&forgeline_repo::FileDiff| {
        file.path == thread.path || matches!(&file.status, FileStatus::Renamed(old) if *old == thread.path)
    };
    match changed.files.iter().find(is_it) {
        Some(file) => {
            let lines = thread.line.map(|last| (thread.start_line.unwrap_or(last), last));
            let there = lines.is_none_or(|lines| answers::touches(&file.patch, lines));
            Fate::Changed { commit: commit.to_owned(), there }
        }
        None if written.contains(thread.path.as_str()) => Fate::Same,
        None => Fate::NotOurs,
    }
}
