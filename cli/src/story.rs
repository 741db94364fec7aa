//! The story of a run, line by line as it happens.

use std::sync::{Arc, OnceLock};

use forgeline_engine::{Fact, Outcome, RunSpec, Step, TaskId, TaskOutput, plan::PlannedStage};
use forgeline_model::task::NoteVerdict;
use forgeline_runner::{Notice, Watch, report};

use crate::output;

/// The run whose story is told, once it is known.
#[derive(Clone, Default)]
pub struct Told(Arc<OnceLock<RunSpec>>);

impl Told {
    /// It is this one.
    pub fn set(&self, spec: RunSpec) {
        // A second run has no place in the story of the first.
        let _ = self.0.set(spec);
    }
}

/// Tells a run's story on stderr as it happens.
pub fn watch() -> (Watch, Told) {
    let told = Told::default();
    let spec = told.0.clone();
    let watch = Watch::with(move |notice| {
        for line in spec.get().map(|spec| lines(spec, &notice)).unwrap_or_default() {
            output::note(&line);
        }
    });
    (watch, told)
}

/// Lines for a notice of a run.
pub fn lines(spec: &RunSpec, notice: &Notice) -> Vec<String> {
    match notice {
        Notice::Step { step, .. } => step_lines(spec, step),
        Notice::Indexing { text } => vec![format!("  index     {text}")],
        Notice::Warning { text } => vec![format!("  warning   {text}")],
    }
}

fn step_lines(spec: &RunSpec, step: &Step) -> Vec<String> {
    let mut lines: Vec<String> = step.facts.iter().filter_map(|fact| fact_line(spec, fact)).collect();
    let told: Vec<&str> = step
        .events
        .iter()
        .map(|event| event.event_type.as_str())
        .filter(|event_type| !matches!(*event_type, "ArtifactProduced" | "StageCompleted" | "RunStarted"))
        .collect();
    if !told.is_empty() {
        lines.push(format!("  event     {}", told.join(", ")));
    }
    lines
}

fn fact_line(spec: &RunSpec, fact: &Fact) -> Option<String> {
    match fact {
        Fact::TaskDone { task, output, .. } => Some(done_line(spec, task, output)),
        Fact::TaskFailed { task, attempt, failure, last } => {
            let next = if *last { "given up" } else { "will be tried again" };
            Some(format!("  failed    {task}, attempt {attempt} ({}), {next}: {}", failure.kind, failure.message))
        }
        Fact::TaskLost { task } => Some(format!("  lost      {task}: its worker is gone; it is done again")),
        Fact::Queued { behind } => Some(format!("  waits     for run {behind}, which is of the same group")),
        Fact::ApprovalRequested { stage, min, .. } => Some(format!("  asks      {stage}: {min} must agree")),
        Fact::Approved { stage, approval } => {
            Some(format!("  approved  {stage} by {} ({})", approval.name, approval.role))
        }
        Fact::TaskParked { task, reason } => Some(format!("  parked    {task}: {reason}")),
        Fact::TaskDropped { task, reason } => Some(format!("  dropped   {task}: {reason}")),
        Fact::RanOut { message, .. } => Some(format!("  stops     {message}")),
        Fact::Paused { by } => Some(format!("  paused    by {by}")),
        Fact::Resumed { by } => Some(format!("  resumed   by {by}")),
        Fact::StageSkipped { stage, reason, .. } => Some(format!("  skipped   {stage}: {reason}")),
        Fact::CancelRequested { by } => Some(format!("  cancel    asked for by {by}")),
        Fact::Finished { outcome } => Some(finished_line(spec, outcome)),
        Fact::Started
        | Fact::StageOpened { .. }
        | Fact::TaskReady { .. }
        | Fact::TaskStarted { .. }
        | Fact::Publishing => None,
    }
}

fn done_line(spec: &RunSpec, task: &TaskId, output: &TaskOutput) -> String {
    let agent = spec.plan.stage(&task.stage).map_or_else(String::new, PlannedStage::performer);
    let corrected = output.findings.iter().filter(|note| note.verdict == NoteVerdict::Corrected).count();
    let files = match output.artifacts.len() {
        0 => "no file".to_owned(),
        1 => output.artifacts[0].path.clone(),
        n => format!("{n} files"),
    };
    let mut line = format!("  stage     {:<16} {agent:<32} {files}", task.to_string());
    if output.checks_passed > 0 {
        line.push_str(&format!(", {} checks passed", output.checks_passed));
    }
    if corrected > 0 {
        line.push_str(&format!(", {corrected} corrected"));
    }
    if output.reused {
        line.push_str(", result reused");
    } else {
        line.push_str(&format!(", {} ms", output.millis));
    }
    line
}

fn finished_line(spec: &RunSpec, outcome: &Outcome) -> String {
    let text = report::outcome_text(spec, outcome);
    let text = text.lines().next().unwrap_or_default();
    match outcome {
        Outcome::Published(publication) => {
            format!("  commit    {} on {}\n  result    {text}", &publication.commit[..12], publication.branch)
        }
        _ => format!("  result    {text}"),
    }
}
