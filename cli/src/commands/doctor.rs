//! `forgeline doctor`: what Forgeline needs on this machine, tried out.

mod agent;
mod definitions;
mod machine;
mod repair;
mod secrets;
mod services;

use clap::Args;
use serde_json::{Value, json};

use self::repair::Repair;
use super::Session;
use crate::{
    exit::{Exit, message},
    rehearsal::DryRun,
};

/// Check what Forgeline needs on this machine, by trying it out.
///
/// Exit code 1 when something is wrong that must be right.
///
/// Example: `forgeline doctor --fix`
#[derive(Debug, Args)]
pub struct Doctor {
    /// Repair what can be repaired safely first: who may read the state, what killed processes left, ONNX Runtime.
    #[arg(long)]
    fix: bool,
    /// With `--fix`: show what would be repaired, and change nothing.
    #[arg(long, requires = "fix")]
    dry_run: bool,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    name: &'static str,
    state: State,
    detail: String,
    /// Empty when there is nothing to do.
    todo: String,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// As it must be.
    Ok,
    /// Forgeline works without it, with less.
    Less,
    /// Forgeline does not work.
    Failed,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Less => "limited",
            Self::Failed => "failed",
        }
    }
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, state: State::Ok, detail: detail.into(), todo: String::new() }
    }

    fn less(name: &'static str, detail: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { name, state: State::Less, detail: detail.into(), todo: todo.into() }
    }

    fn failed(name: &'static str, detail: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { name, state: State::Failed, detail: detail.into(), todo: todo.into() }
    }
}

/// Whether agents can work here: a small one does a task in a child process. The error says why not.
pub(super) async fn agent_works(runner: &forgeline_runner::Runner) -> Result<(), String> {
    let check = agent::check(runner).await;
    if check.state == State::Ok { Ok(()) } else { Err(check.detail) }
}

impl Doctor {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let state = session.state.clone();
        let how = DryRun { dry_run: self.dry_run };
        if how.dry_run {
            return rehearse(session, how).await;
        }
        let mut repairs = if self.fix { repair::state(&state, how).await } else { Vec::new() };
        let mut checks = vec![machine::git().await, machine::state_dir(&state)];
        checks.push(machine::file_system(&state));
        checks.push(machine::space(&state));
        checks.extend(definitions::check(session));
        match session.look().await {
            Ok(runner) => {
                let shown = state.join(forgeline_store::DATABASE).display().to_string();
                checks.push(match runner.store.check_health().await {
                    Ok(()) => Check::ok("database", format!("SQLite opens `{shown}` and finds no damage")),
                    Err(error) => Check::failed("database", error.to_string(), "finished work is in Git"),
                });
                if self.fix {
                    repairs.extend(repair::search(&runner, how).await);
                }
                checks.extend(definitions::factories(session, &runner).await);
                checks.push(agent::check(&runner).await);
                checks.push(services::knowledge(&runner).await);
                runner.store.close().await;
            }
            Err(error) => {
                checks.push(Check::failed("database", message(&error), "see the check of the state directory"))
            }
        }
        checks.extend(services::telemetry(std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok()).await);
        print(session, how, &repairs, &checks);
        let is_broken = checks.iter().any(|check| check.state == State::Failed);
        Ok(if is_broken { Exit::Failed } else { Exit::Success })
    }
}

/// What would be repaired. The checks try things out, so a dry run leaves them.
async fn rehearse(session: &Session, how: DryRun) -> anyhow::Result<Exit> {
    let mut repairs = repair::state(&session.state, how).await;
    if session.state.join(forgeline_store::DATABASE).is_file() {
        let runner = session.look().await?;
        repairs.extend(repair::search(&runner, how).await);
        runner.store.close().await;
    }
    print(session, how, &repairs, &[]);
    Ok(Exit::Success)
}

fn print(session: &Session, how: DryRun, repairs: &[Repair], checks: &[Check]) {
    let repaired: Vec<Value> = repairs.iter().map(Repair::value).collect();
    let values: Vec<Value> = checks
        .iter()
        .map(|check| json!({"check": check.name, "status": check.state.word(), "detail": check.detail, "todo": check.todo}))
        .collect();
    let document = json!({"checks": values, "repairs": repaired});
    session.out.rehearsing(how).print("doctor", &document, || {
        let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
        let mut text: String = repairs.iter().map(Repair::line).collect();
        if how.dry_run && text.is_empty() {
            text.push_str("there is nothing to repair\n");
        } else if !text.is_empty() {
            text.push('\n');
        }
        for check in checks {
            // The word is padded before it is coloured: colour has no width.
            let pad = " ".repeat("limited".len() - check.state.word().len());
            text.push_str(&format!(
                "{:<width$}  {}{pad}  {}\n",
                check.name,
                session.out.status(check.state.word()),
                check.detail
            ));
            if !check.todo.is_empty() {
                text.push_str(&format!("{:<width$}           → {}\n", "", check.todo));
            }
        }
        text
    });
}
