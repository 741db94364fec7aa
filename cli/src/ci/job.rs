//! The edge of the job mode: prints the commands, writes the files.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use forgeline_model::{Diagnostic, RunId};
use forgeline_store::RunView;

use super::{Ci, Level, Mark, System, marks, outputs, summary};
use crate::{
    commands::runs::next,
    exit::{self, Failure},
    output,
};

/// Longest summary, bytes. GitHub takes 1 MiB for a step.
const MOST_SUMMARY: usize = 512 << 10;

/// Lines that the job's page folds away; dropped, the next lines stand open again.
pub struct Group(Option<System>);

impl Group {
    /// Begins one under this title; outside of a job nothing is folded.
    pub fn begin(ci: Option<&Ci>, title: &str) -> Self {
        let system = ci.map(|ci| ci.system);
        if let Some(system) = system {
            output::command(&system.group(title));
        }
        Self(system)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(system) = self.0 {
            output::command(system.end_group());
        }
    }
}

/// Tells the job how a run stands: marks, summary, outputs.
pub fn tell_run(ci: &Ci, view: &RunView) {
    let published = matches!(view.state.outcome(), Some(forgeline_engine::Outcome::Published(_)));
    let steps = if published { Vec::new() } else { next::steps(view) };
    mark(ci, &marks::of_run(view));
    summarise(ci, &summary::of_run(ci, view, &steps));
    put(ci, &outputs::of_run(ci, view));
}

/// Tells the job what a pass of the bot did.
pub fn tell_pass(ci: &Ci, replies: &[(String, u64, String)], ended: &[(RunId, String)], failed: &[(RunId, String)]) {
    let cannot = |(run, reason): &(RunId, String)| Mark {
        level: Level::Error,
        title: format!("{run} cannot go on"),
        message: reason.clone(),
        place: None,
    };
    mark(ci, &failed.iter().map(cannot).collect::<Vec<_>>());
    summarise(ci, &summary::of_pass(ci, replies, ended, failed));
}

/// Tells the job what went wrong; with `has_outputs`, the steps after it too.
pub fn tell_error(ci: &Ci, error: &anyhow::Error, has_outputs: bool) {
    let findings = error.downcast_ref::<Failure>().map_or(&[][..], |failure| &failure.diagnostics);
    let mut all: Vec<Mark> = findings.iter().map(Mark::from).collect();
    let message = exit::message(error);
    all.push(Mark { level: Level::Error, title: "forgeline".to_owned(), message: message.clone(), place: None });
    mark(ci, &all);
    if has_outputs {
        summarise(ci, &summary::of_failure(&message));
        put(ci, &outputs::of_failure(ci));
    }
}

/// Tells the job what is wrong with definitions or a work item.
pub fn tell_findings(ci: &Ci, findings: &[Diagnostic]) {
    mark(ci, &findings.iter().map(Mark::from).collect::<Vec<_>>());
}

fn mark(ci: &Ci, marks: &[Mark]) {
    marks.iter().for_each(|mark| output::command(&ci.system.mark(mark)));
}

fn summarise(ci: &Ci, text: &str) {
    let text = &text[..text.floor_char_boundary(MOST_SUMMARY)];
    match (ci.system, &ci.summary, &ci.scratch) {
        (System::GitHub, Some(file), _) => tried("the summary", file, append(file, text)),
        (System::Azure, _, Some(folder)) => {
            let file = folder.join(format!("forgeline-{}.md", std::process::id()));
            let written = fs::write(&file, output::scrubbed(text));
            if written.is_ok() {
                output::command(&format!("##vso[task.uploadsummary]{}\n", file.display()));
            }
            tried("the summary", &file, written);
        }
        (System::GitHub, None, _) | (System::Azure, _, None) => {}
    }
}

fn put(ci: &Ci, outputs: &[(&'static str, String)]) {
    let text = outputs::written(ci.system, outputs);
    match (ci.system, &ci.outputs) {
        (System::GitHub, Some(file)) => tried("the outputs", file, append(file, &text)),
        (System::GitHub, None) => {}
        (System::Azure, _) => output::command(&text),
    }
}

fn append(file: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::File::options().append(true).create(true).open(file)?;
    file.write_all(output::scrubbed(text).as_bytes())
}

/// The run is what counts: that a page or a later step does not hear of it is told, and no failure.
fn tried(what: &str, file: &Path, done: io::Result<()>) {
    if let Err(error) = done {
        output::note(&format!("  warning   {what} could not be written to `{}`: {error}", file.display()));
    }
}
