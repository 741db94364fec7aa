//! `forgeline runs logs`: the journal, for people.

use forgeline_engine::{Fact, TaskOutput};
use forgeline_model::{Timestamp, task::NoteVerdict};
use forgeline_runner::report;
use forgeline_store::RunView;
use serde_json::{Value, json};

use crate::{
    commands::{
        Session,
        lookup::find_run,
        wording::{count, duration, printable},
    },
    exit::Exit,
};

pub(super) async fn perform(session: &Session, name: &str) -> anyhow::Result<Exit> {
    let store = session.look().await?.store.clone();
    let id = find_run(&store, name).await?;
    let (view, journal) = (store.run(&id).await?, store.journal(&id).await?);
    let entries: Vec<Value> = journal
        .iter()
        .map(|(fact, at)| json!({"at": at.to_string(), "fact": fact, "text": lines(&view, fact)}))
        .collect();
    session.out.print("log", &json!({"run": id, "entries": entries}), || text(&view, &journal));
    Ok(Exit::Success)
}

fn text(view: &RunView, journal: &[(Fact, Timestamp)]) -> String {
    let mut text = String::new();
    for (fact, at) in journal {
        for (index, line) in lines(view, fact).iter().enumerate() {
            let time = if index == 0 { at.to_string() } else { " ".repeat(24) };
            text.push_str(&format!("{time}  {}\n", printable(line)));
        }
    }
    text
}

/// What a fact says, the first line alone and the rest below it.
pub(super) fn lines(view: &RunView, fact: &Fact) -> Vec<String> {
    match fact {
        Fact::Started => {
            vec![format!("started    {} on {}", view.spec.plan.blueprint, view.spec.target.repository)]
        }
        Fact::StageOpened { stage, items: None } => vec![format!("open       {stage}")],
        Fact::StageOpened { stage, items: Some(items) } => {
            let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
            vec![format!("open       {stage}: {} tasks ({})", items.len(), names.join(", "))]
        }
        Fact::Queued { behind } => vec![format!("queued     behind {behind}, which is of the same group")],
        Fact::ApprovalRequested { stage, subject, min, expires_at } => {
            let until = expires_at.map_or_else(String::new, |at| format!(", until {at}"));
            vec![format!("asks       {stage}: {min} must agree to {}{until}", subject.short())]
        }
        Fact::Approved { stage, approval } => {
            let own = if approval.self_approved { ", self-approved" } else { "" };
            vec![format!("approved   {stage} by {} ({}{own})", approval.name, approval.role)]
        }
        Fact::TaskParked { task, reason } => vec![format!("parked     {task}: {reason}")],
        Fact::TaskDropped { task, reason } => vec![format!("dropped    {task}: {reason}")],
        Fact::RanOut { kind, message } => vec![format!("ran out    {kind}: {message}")],
        Fact::Paused { by } => vec![format!("paused     by {by}")],
        Fact::Resumed { by } => vec![format!("resumed    by {by}")],
        Fact::StageSkipped { stage, reason, .. } => vec![format!("skipped    {stage}: {reason}")],
        Fact::TaskReady { task, at } => vec![format!("ready      {task}, not before {at}")],
        Fact::TaskStarted { task, attempt } => vec![format!("attempt    {task}, attempt {attempt}")],
        Fact::TaskDone { task, output, .. } => done(&task.to_string(), output),
        Fact::TaskFailed { task, attempt, failure, last } => {
            let next = if *last { "given up" } else { "will be tried again" };
            let mut lines = vec![format!("failed     {task}, attempt {attempt} ({}), {next}", failure.kind)];
            lines.extend(failure.message.lines().map(|line| format!("           {line}")));
            lines
        }
        Fact::TaskLost { task } => vec![format!("lost       {task}: its worker is gone; the attempt does not count")],
        Fact::CancelRequested { by } => vec![format!("cancel     asked for by {by}")],
        Fact::Publishing => vec!["publishing the files of all stages go through the write gate into Git".to_owned()],
        Fact::Finished { outcome } => {
            let text = report::outcome_text(&view.spec, outcome);
            let mut lines = text.lines().filter(|line| !line.is_empty()).map(str::to_owned);
            let first = lines.next().unwrap_or_default();
            let mut all = vec![format!("{:<10} {first}", outcome.word())];
            all.extend(lines.map(|line| format!("           {line}")));
            all
        }
    }
}

fn done(task: &str, output: &TaskOutput) -> Vec<String> {
    let how = if output.reused { "result reused".to_owned() } else { duration(output.millis) };
    let mut lines = vec![format!(
        "done       {task}: {}, {}, by {}, {how}",
        count(output.artifacts.len(), "file"),
        count(output.checks_passed as usize, "check") + " passed",
        output.skill
    )];
    lines
        .extend(output.artifacts.iter().map(|file| format!("           wrote {} ({})", file.path, file.artifact_type)));
    for note in &output.findings {
        let word = match note.verdict {
            NoteVerdict::Passed => "passed",
            NoteVerdict::Corrected => "corrected",
            NoteVerdict::Failed => "failed",
        };
        lines.push(
            format!("           {word} {} {}: {}", note.check, note.path, note.message)
                .trim_end_matches(": ")
                .to_owned(),
        );
    }
    lines
}
