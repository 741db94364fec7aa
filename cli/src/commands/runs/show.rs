//! `forgeline runs show`: one page on a run.

mod record;
mod text;

use clap::Args;
use forgeline_engine::{Fact, run::TaskStatus};
use forgeline_model::Timestamp;
use forgeline_store::{DecisionRow, RunView};
use serde_json::{Value, json};

use super::next;
use crate::{
    commands::{Session, lookup::find_run, reuse},
    exit::Exit,
};

/// Show a run.
#[derive(Debug, Args)]
pub struct Show {
    /// The run.
    run: String,
    /// Print the run record instead: canonical JSON without ids, times and places, the same on every machine.
    #[arg(long)]
    record: bool,
    /// Say of each stage why its result was taken over from an earlier run, or not.
    #[arg(long)]
    explain_cache: bool,
}

/// A run with its history.
struct Page {
    view: RunView,
    journal: Vec<(Fact, Timestamp)>,
    decisions: Vec<DecisionRow>,
    /// The commit that merged it, if one did.
    merged: Option<String>,
}

impl Show {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let runner = session.look().await?;
        let id = find_run(&runner.store, &self.run).await?;
        let view = runner.store.run(&id).await?;
        if self.record {
            return record::perform(session, &runner, &view).await;
        }
        let journal = runner.store.journal(&id).await?;
        let decisions = runner.store.decisions(id.as_str()).await?;
        let artifacts = runner.store.artifacts(Some(&id), None).await?;
        let merged = artifacts.into_iter().find_map(|artifact| artifact.merged);
        let page = Page { view, journal, decisions, merged };
        let cache = if self.explain_cache { reuse::text(&runner, &page.view).await? } else { String::new() };
        session.out.print("run", &page.value(), || text::page(session, &page) + &cache);
        Ok(Exit::Success)
    }
}

impl Page {
    fn value(&self) -> Value {
        let spec = &self.view.spec;
        json!({
            "id": spec.id,
            "status": self.view.state.word(),
            "outcome": self.view.state.outcome(),
            "blueprint": spec.plan.blueprint,
            "plan": spec.plan.digest(),
            "trigger": spec.trigger,
            "item": spec.item.as_ref().map(|item| json!({"id": item.id, "title": item.title})),
            "target": spec.target,
            "project": spec.source.project_id,
            "definitions": spec.definitions,
            "created_at": spec.created_at.to_string(),
            "updated_at": self.view.state.updated_at.map(|at| at.to_string()),
            "stages": self.stages(),
            "failures": self.failures(),
            "decisions": self.decisions.iter().map(|row| json!({
                "rule": row.decision.rule, "verdict": row.decision.verdict, "detail": row.decision.detail,
                "at": row.at.to_string(),
            })).collect::<Vec<_>>(),
            "merged": self.merged,
            "next": self.next(),
        })
    }

    /// What to do next; nothing once it is merged.
    fn next(&self) -> Vec<String> {
        if self.merged.is_some() { Vec::new() } else { next::steps(&self.view) }
    }

    fn stages(&self) -> Vec<Value> {
        let state = &self.view.state;
        let mut rows = Vec::new();
        for stage in &self.view.spec.plan.stages {
            let Some(open) = state.stages.get(&stage.id) else {
                rows.push(json!({"stage": stage.id, "agent": stage.performer(), "status": "waiting"}));
                continue;
            };
            if let forgeline_engine::run::StageState::Skipped { reason, .. } = open {
                rows.push(
                    json!({"stage": stage.id, "agent": stage.performer(), "status": "skipped", "reason": reason}),
                );
            }
            for task in open.tasks() {
                let mut row = json!({
                    "stage": stage.id, "item": task.id.item, "agent": stage.performer(),
                    "status": task.status.word(), "attempts": attempts(task),
                });
                if let TaskStatus::Done(output) = &task.status {
                    row["millis"] = output.millis.into();
                    row["reused"] = output.reused.into();
                    row["artifacts"] = json!(output.artifacts);
                    row["notes"] = json!(output.findings);
                    row["checks_passed"] = output.checks_passed.into();
                }
                rows.push(row);
            }
        }
        rows
    }

    fn failures(&self) -> Vec<Value> {
        let failed = self.journal.iter().filter_map(|(fact, at)| match fact {
            Fact::TaskFailed { task, attempt, failure, last } => Some(json!({
                "task": task.to_string(), "attempt": attempt, "kind": failure.kind, "message": failure.message,
                "given_up": last, "at": at.to_string(),
            })),
            _ => None,
        });
        failed.collect()
    }
}

/// Attempts so far.
fn attempts(task: &forgeline_engine::run::Task) -> u32 {
    match task.status {
        TaskStatus::Running { .. } | TaskStatus::Done(_) => task.failures + 1,
        TaskStatus::Queued
        | TaskStatus::Ready { .. }
        | TaskStatus::Waiting(_)
        | TaskStatus::Approved(_)
        | TaskStatus::Failed(_)
        | TaskStatus::Dropped { .. } => task.failures,
    }
}
