//! The story of a run, line by line as it happens. Pure.

use forgeline_engine::{Fact, Outcome, RunSpec, Step, TaskId, TaskOutput};
use forgeline_model::task::NoteVerdict;
use forgeline_runner::{Notice, report};

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
        Fact::StageSkipped { stage, reason } => Some(format!("  skipped   {stage}: {reason}")),
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
    let agent = spec.plan.stage(&task.stage).map_or_else(String::new, |stage| stage.agent.to_string());
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
