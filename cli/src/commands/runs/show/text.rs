//! The page on a run, as text. Pure, but for the colour.

use std::fmt::Write as _;

use forgeline_engine::{
    Fact, Outcome,
    run::{StageState, TaskStatus},
};
use forgeline_model::task::NoteVerdict;
use forgeline_runner::{gate::Verdict, report};

use super::{Page, attempts};
use crate::commands::{
    Session,
    wording::{duration, moment, one_line, printable, short},
};

pub(super) fn page(session: &Session, page: &Page) -> String {
    let mut text = head(session, page);
    text.push('\n');
    text.push_str(&stages(session, page));
    text.push_str(&notes(page));
    text.push_str(&failures(page));
    text.push_str(&result(page));
    text.push_str(&decisions(page));
    let steps = page.next();
    if !steps.is_empty() {
        text.push_str("\nnext\n");
        for step in steps {
            let _ = writeln!(text, "  {step}");
        }
    }
    text
}

fn head(session: &Session, page: &Page) -> String {
    let (spec, state) = (&page.view.spec, &page.view.state);
    let mut text = String::new();
    let _ = writeln!(text, "run          {}", spec.id);
    let _ = writeln!(text, "status       {}", session.out.status(state.phase.word()));
    let _ = writeln!(text, "blueprint    {} ({})", spec.plan.blueprint, spec.plan.blueprint.digest.short());
    if let Some(item) = &spec.item {
        let _ = writeln!(text, "work item    {}: {}", item.id, one_line(&item.title, 100));
    }
    let _ = writeln!(
        text,
        "target       {}, branch {}, from {} at {}",
        spec.target.repository,
        spec.target.branch,
        spec.target.base_branch,
        short(&spec.target.base)
    );
    let _ = writeln!(text, "project      {}", spec.source.project_id);
    let _ = writeln!(
        text,
        "trigger      {} by {}: {}",
        spec.trigger.kind,
        printable(&spec.trigger.actor),
        one_line(&spec.trigger.detail, 100)
    );
    let commit = spec.definitions.commit.as_deref().map(|commit| format!(" at {}", short(commit))).unwrap_or_default();
    let dirty = if spec.definitions.dirty { ", not committed" } else { "" };
    let _ = writeln!(text, "definitions  {}{commit}{dirty}", spec.definitions.origin);
    if let Some(from) = &spec.definitions.contracts {
        let _ = writeln!(text, "contracts    {from}");
    }
    let took = state.updated_at.map(|at| at.millis_since(spec.created_at)).unwrap_or_default();
    let _ = writeln!(text, "started      {}, {}", moment(spec.created_at), duration(took));
    text
}

fn stages(session: &Session, page: &Page) -> String {
    let mut rows = Vec::new();
    for stage in &page.view.spec.plan.stages {
        let row = |name: String, status: &str, tries: String, time: String, files: String| {
            vec![name, status.to_owned(), tries, time, stage.performer(), files]
        };
        let none = || "—".to_owned();
        match page.view.state.stages.get(&stage.id) {
            None => rows.push(row(stage.id.to_string(), "waiting", none(), none(), none())),
            Some(StageState::Skipped { reason, .. }) => {
                rows.push(row(stage.id.to_string(), "skipped", none(), none(), one_line(reason, 80)));
            }
            Some(StageState::Open { tasks, .. }) => rows.extend(tasks.iter().map(|task| {
                let (time, files) = match &task.status {
                    TaskStatus::Done(output) => {
                        let time = if output.reused { "reused".to_owned() } else { duration(output.millis) };
                        let names: Vec<&str> = output.artifacts.iter().map(|file| file.path.as_str()).collect();
                        (time, files(&names))
                    }
                    TaskStatus::Failed(failure) => (none(), one_line(&failure.message, 80)),
                    TaskStatus::Dropped { reason } => (none(), one_line(reason, 80)),
                    TaskStatus::Waiting(question) => {
                        (none(), format!("{} of {} agreed", question.given.len(), question.min))
                    }
                    TaskStatus::Approved(question) => {
                        let names: Vec<&str> = question.given.iter().map(|it| it.name.as_str()).collect();
                        (none(), format!("by {}", printable(&names.join(", "))))
                    }
                    TaskStatus::Queued | TaskStatus::Ready { .. } | TaskStatus::Running { .. } => (none(), none()),
                };
                row(task.id.to_string(), task.status.word(), attempts(task).to_string(), time, files)
            })),
        }
    }
    session.out.table(&["STAGE", "STATUS", "TRIES", "TIME", "AGENT", "FILES"], &rows)
}

fn files(names: &[&str]) -> String {
    match names {
        [] => "—".to_owned(),
        [one] => printable(one),
        [first, rest @ ..] => format!("{} and {} more", printable(first), rest.len()),
    }
}

/// What validators and fixers said about files that were accepted.
fn notes(page: &Page) -> String {
    let mut text = String::new();
    for task in page.view.state.tasks() {
        let TaskStatus::Done(output) = &task.status else { continue };
        for note in output.findings.iter().filter(|note| note.verdict != NoteVerdict::Passed) {
            let word = if note.verdict == NoteVerdict::Corrected { "corrected" } else { "failed" };
            let message =
                if note.message.is_empty() { String::new() } else { format!(": {}", one_line(&note.message, 120)) };
            let _ = writeln!(text, "  {}  {word} by {} in {}{message}", task.id, note.check, printable(&note.path));
        }
    }
    if text.is_empty() { text } else { format!("\nnotes\n{text}") }
}

/// Every failed attempt with what its agent said.
fn failures(page: &Page) -> String {
    let mut text = String::new();
    for (fact, at) in &page.journal {
        let Fact::TaskFailed { task, attempt, failure, last } = fact else { continue };
        let next = if *last { "given up" } else { "tried again" };
        let _ = writeln!(text, "  {task}, attempt {attempt}, {} ({}), {next}", moment(*at), failure.kind);
        for line in failure.message.lines() {
            let _ = writeln!(text, "    {}", printable(line));
        }
    }
    if text.is_empty() { text } else { format!("\nfailed attempts\n{text}") }
}

fn result(page: &Page) -> String {
    let spec = &page.view.spec;
    let Some(outcome) = page.view.state.outcome() else { return String::new() };
    let said = report::outcome_text(spec, outcome);
    let mut text = format!("\nresult       {}\n", printable(said.lines().next().unwrap_or_default()));
    let gate = match outcome {
        Outcome::Published(publication) => {
            let _ = writeln!(text, "commit       {}", publication.commit);
            let _ = writeln!(text, "branch       {}", publication.branch);
            if let Some(it) = &publication.pull_request {
                let _ = writeln!(text, "pull request #{}", it.number);
            }
            if let Some(merged) = &page.merged {
                let _ = writeln!(text, "merged       {merged}");
            }
            Some(&publication.gate)
        }
        Outcome::Refused { gate, .. } => gate.as_ref(),
        Outcome::NoChange { .. } | Outcome::Failed { .. } | Outcome::Cancelled { .. } => None,
    };
    if let Some(verdict) = gate.and_then(|gate| serde_json::from_value::<Verdict>(gate.clone()).ok()) {
        let _ = write!(text, "\n{}", printable(&verdict.render()));
    }
    text
}

fn decisions(page: &Page) -> String {
    let mut text = String::new();
    for row in &page.decisions {
        let _ = writeln!(text, "  {}  {}: {}", moment(row.at), row.decision.rule, row.decision.verdict);
    }
    if text.is_empty() {
        text
    } else {
        format!("\ndecisions (`forgeline why {}` shows what each looked at)\n{text}", page.view.spec.id)
    }
}
