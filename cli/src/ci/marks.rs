//! What a run leaves as marks on the job. Pure.

use forgeline_engine::{Outcome, run::TaskStatus};
use forgeline_model::task::NoteVerdict;
use forgeline_runner::{
    gate::{Decision, Verdict},
    report,
};
use forgeline_store::RunView;

use super::{Level, Mark};

/// Most marks of one run; systems show fewer.
const MOST: usize = 50;

/// Refusals and failures, what a person must look at, and what was corrected; the gravest first.
pub(super) fn of_run(view: &RunView) -> Vec<Mark> {
    let mut marks = Vec::new();
    match view.state.outcome() {
        Some(Outcome::Refused { reason, gate }) => {
            marks.push(plain(Level::Error, "nothing was written", reason));
            marks.extend(gate.as_ref().map(verdict).unwrap_or_default());
        }
        Some(Outcome::Published(publication)) => {
            marks.extend(verdict(&publication.gate));
            if let Some(conflict) = &publication.conflict {
                let message = format!("a person changed it too; both versions are on `{}`", conflict.branch);
                marks.extend(conflict.paths.iter().map(|path| on(path, Level::Warning, "conflict", &message)));
            }
        }
        Some(outcome @ Outcome::Failed { .. }) => {
            let text = report::outcome_text(&view.spec, outcome);
            marks.push(plain(Level::Error, "the run failed", &text.replace("\n\n", " ")));
        }
        Some(Outcome::Cancelled { by }) => {
            marks.push(plain(Level::Warning, "the run was cancelled", &format!("by {by}")));
        }
        Some(Outcome::NoChange { reason }) => marks.push(plain(Level::Notice, "no change", reason)),
        None => {
            let message =
                "it has not ended; the same command goes on from where it stands, with the same state directory";
            marks.push(plain(Level::Warning, &format!("the run is {}", view.state.word()), message));
        }
    }
    for task in view.state.tasks() {
        let TaskStatus::Done(output) = &task.status else { continue };
        for note in output.findings.iter().filter(|note| note.verdict != NoteVerdict::Passed) {
            let level = if note.verdict == NoteVerdict::Failed { Level::Warning } else { Level::Notice };
            marks.push(on(&note.path, level, &note.check, &note.message));
        }
    }
    marks.sort_by_key(|mark| match mark.level {
        Level::Error => 0,
        Level::Warning => 1,
        Level::Notice => 2,
    });
    marks.truncate(MOST);
    marks
}

/// What the write gate objects to.
fn verdict(document: &serde_json::Value) -> Vec<Mark> {
    let Ok(verdict) = serde_json::from_value::<Verdict>(document.clone()) else { return Vec::new() };
    let mark = |objection: &forgeline_runner::gate::RuleOutcome| {
        let level = if objection.verdict == Decision::Deny { Level::Error } else { Level::Warning };
        let place = objection.place.as_deref().map(|place| format!(" ({place})")).unwrap_or_default();
        let subject = objection.subject.as_deref().unwrap_or_default();
        on(subject, level, &objection.rule, &format!("{}{place}", objection.reason))
    };
    verdict.objections().map(mark).collect()
}

fn plain(level: Level, title: &str, message: &str) -> Mark {
    Mark { level, title: title.to_owned(), message: message.to_owned(), place: None }
}

/// A mark on a whole file; an empty path is about no file.
fn on(path: &str, level: Level, title: &str, message: &str) -> Mark {
    let place = (!path.is_empty()).then(|| (path.to_owned(), None));
    Mark { level, title: title.to_owned(), message: message.to_owned(), place }
}
