//! `forgeline doctor`: what Forgeline needs on this machine, tried out.

mod agent;
mod definitions;
mod machine;
mod services;

use clap::Args;
use serde_json::{Value, json};

use super::Session;
use crate::exit::Exit;

/// Check what Forgeline needs on this machine, by trying it out.
///
/// Exit code 1 when something is wrong that must be right.
///
/// Example: `forgeline doctor`
#[derive(Debug, Args)]
pub struct Doctor {}

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

impl Doctor {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let state = crate::app::state_dir(&session.global);
        let mut checks = vec![machine::git().await, machine::state_dir(&state)];
        checks.push(machine::file_system(&state));
        checks.push(machine::space(&state));
        checks.extend(definitions::check(session));
        match session.look().await {
            Ok(runner) => {
                checks.push(Check::ok(
                    "database",
                    format!("SQLite opens `{}` and finds no damage", state.join("forgeline.db").display()),
                ));
                checks.push(agent::check(&runner).await);
                checks.push(services::knowledge(&runner).await);
                runner.store.close().await;
            }
            Err(error) => {
                checks.push(Check::failed("database", format!("{error:#}"), "see the check of the state directory"))
            }
        }
        checks.extend(services::telemetry(std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok()).await);
        print(session, &checks);
        let is_broken = checks.iter().any(|check| check.state == State::Failed);
        Ok(if is_broken { Exit::Failed } else { Exit::Success })
    }
}

fn print(session: &Session, checks: &[Check]) {
    let values: Vec<Value> = checks
        .iter()
        .map(|check| json!({"check": check.name, "status": check.state.word(), "detail": check.detail, "todo": check.todo}))
        .collect();
    session.out.print("checks", &values, || {
        let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
        let mut text = String::new();
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
