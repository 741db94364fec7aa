//! What a run that has not ended is at, and what it waits for.

use std::fmt::Write as _;

use forgeline_blueprints::text::neutralise_markdown as plain;
use forgeline_engine::{
    RunSpec,
    plan::Work,
    run::{Phase, Question, TaskStatus},
};
use forgeline_model::StageId;
use forgeline_store::RunView;

/// Lines for the comment on the work item.
pub(super) fn text(view: &RunView, waits: Option<&str>) -> String {
    let (spec, state) = (&view.spec, &view.state);
    let mut text = String::new();
    match &state.phase {
        Phase::Queued { behind } => {
            let _ = writeln!(text, "waits for run `{behind}`, which is of the same group");
        }
        _ if state.paused_by.is_some() => {
            let by = plain(state.paused_by.as_deref().unwrap_or_default());
            let _ = writeln!(
                text,
                "paused by {by}; `/forgeline retry` is not needed, `forgeline runs resume {}` lets it go on",
                spec.id
            );
        }
        _ => {}
    }
    if let Some(waits) = waits {
        let _ = writeln!(text, "{waits}; it goes on by itself then");
    }
    for (stage, question) in state.questions() {
        text.push_str(&ask(spec, stage, question));
    }
    let parked = state.tasks().filter(|task| task.parkings > 0);
    for task in parked {
        if let TaskStatus::Ready { at } = task.status {
            let _ = writeln!(text, "`{}` waits until {at}: a provider takes nothing more before", task.id);
        }
    }
    let _ = write!(text, "{}: `forgeline runs show {}`", if text.is_empty() { "at work" } else { "\nmore" }, spec.id);
    text
}

/// The question of an approval stage, with the exact lines that answer it.
fn ask(spec: &RunSpec, stage: &StageId, question: &Question) -> String {
    let roles = match spec.plan.stage(stage).map(|stage| &stage.work) {
        Some(Work::Approval { approval }) => approval.roles.join(" or "),
        Some(Work::Agent { .. }) | None => String::new(),
    };
    let mut text = format!("**Stage `{stage}` waits for {} of role {roles}**", people(question));
    if let Some(at) = question.expires_at {
        let _ = write!(text, ", until {at}");
    }
    let _ = write!(
        text,
        ". Not who asked for the run. Paste one of these lines:\n\n```\n/forgeline approve {stage} {} {}\n/forgeline reject {stage} <why>\n```\n",
        &spec.target.base[..12.min(spec.target.base.len())],
        question.subject.short(),
    );
    if !question.given.is_empty() {
        let names: Vec<String> = question.given.iter().map(|it| plain(&it.name)).collect();
        let _ = writeln!(text, "\nAgreed so far: {}.", names.join(", "));
    }
    text
}

fn people(question: &Question) -> String {
    match question.min as usize - question.given.len() {
        1 => "one person".to_owned(),
        n => format!("{n} people"),
    }
}
