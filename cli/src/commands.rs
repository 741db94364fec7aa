//! One command, one file.

pub mod agents;
pub mod artifacts;
pub mod audit;
pub mod blueprints;
pub mod bot;
pub mod completions;
pub mod config;
pub mod contracts;
pub mod demo;
pub mod dlq;
pub mod doctor;
pub mod events;
pub mod explain;
pub mod gate;
pub mod hold;
pub mod init;
pub mod knowledge;
pub mod local;
mod lookup;
pub mod plan;
pub mod projects;
pub mod rebuild;
mod reuse;
pub mod run;
pub mod runs;
pub mod schema;
pub mod serve;
pub mod validate;
pub mod verify;
pub mod why;
pub mod wording;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    app,
    args::{Cli, Command},
    ci::{Ci, job},
    exit::Exit,
    input,
    operator::Operator,
    output::{self, Output},
    telemetry,
};

/// Longest description of what started a job that is read, bytes. GitHub's are at most 25 MiB.
const MOST_EVENT: u64 = 32 << 20;

/// What a command gets.
#[derive(Clone)]
pub struct Session {
    /// Flags that hold for all commands.
    pub global: crate::args::Global,
    /// How to print.
    pub out: Output,
    /// The operator's file in force.
    pub operator: Arc<Operator>,
    /// Where state lies.
    pub state: PathBuf,
    /// The job that this is part of.
    pub ci: Option<Arc<Ci>>,
    /// How far back a first look at a repository elsewhere reaches, milliseconds; none when it only learns.
    pub since: Option<u64>,
    /// In a dry run, the copy that `state` is.
    pub copy_of: Option<Arc<crate::rehearsal::Copy>>,
}

/// Performs a command.
pub fn perform(cli: Cli) -> anyhow::Result<Exit> {
    let variable = |name: &str| std::env::var(name).ok();
    let read = |path: &Path| input::read(path, "event", MOST_EVENT).map_err(|error| error.to_string());
    let ci = if cli.global.no_ci { None } else { Ci::detect(&variable, &read).map(Arc::new) };
    if let Some(ci) = &ci {
        let secret = ci.secret(&variable).map(|secret| secret.expose().clone());
        output::in_job(ci.system, secret.into_iter().collect());
    }
    let has_outputs = matches!(cli.command, Command::Run(_));
    let done = perform_in(cli, ci.clone());
    if let (Err(error), Some(ci)) = (&done, &ci) {
        job::tell_error(ci, error, has_outputs);
    }
    done
}

fn perform_in(cli: Cli, ci: Option<Arc<Ci>>) -> anyhow::Result<Exit> {
    let operator = operator(&cli)?;
    let log_format = app::log_format(&cli.global, &operator);
    let _telemetry = telemetry::init(log_format, telemetry::Verbosity::from_flags(false, cli.global.verbose))?;
    let out = Output::new(cli.global.json, cli.global.color);
    let state = app::state_dir(&cli.global, &operator, ci.as_deref());
    let session =
        Session { global: cli.global, out, operator: Arc::new(operator), state, ci, since: None, copy_of: None };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let exit = runtime.block_on(dispatch(session, cli.command));
    // A blocking read of a dead pipe must not keep the program.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    exit
}

/// The operator's file. Commands that tell what is wrong with it, or need nothing of it, do without a broken one.
fn operator(cli: &Cli) -> anyhow::Result<Operator> {
    let found = Operator::find(&cli.global, |name| std::env::var(name).ok());
    let can_do_without = matches!(
        cli.command,
        Command::Doctor(_) | Command::Validate(_) | Command::Explain(_) | Command::Schema(_) | Command::Completions(_)
    );
    if can_do_without { Ok(found.unwrap_or_default()) } else { found?.usable() }
}

async fn dispatch(session: Session, command: Command) -> anyhow::Result<Exit> {
    let session = &session;
    match command {
        Command::Demo(command) => command.perform(session).await,
        Command::Init(command) => command.perform(session).await,
        Command::Doctor(command) => command.perform(session).await,
        Command::Validate(command) => command.perform(session),
        Command::Plan(command) => command.perform(session).await,
        Command::Run(command) => command.perform(session).await,
        Command::Runs(command) => command.perform(session).await,
        Command::Pause(command) => command.perform(session).await,
        Command::Resume(command) => command.perform(session).await,
        Command::Why(command) => command.perform(session).await,
        Command::Gate(command) => command.perform(session).await,
        Command::Verify(command) => command.perform(session),
        Command::Blueprints(command) => command.perform(session),
        Command::Agents(command) => command.perform(session),
        Command::Projects(command) => command.perform(session).await,
        Command::Contracts(command) => command.perform(session),
        Command::Events(command) => command.perform(session).await,
        Command::Knowledge(command) => command.perform(session).await,
        Command::Artifacts(command) => command.perform(session).await,
        Command::Dlq(command) => command.perform(session).await,
        Command::Audit(command) => command.perform(session).await,
        Command::Local(command) => command.perform(session).await,
        Command::Bot(command) => command.perform(session).await,
        Command::Serve(command) => command.perform(session).await,
        Command::Rebuild(command) => command.perform(session).await,
        Command::Config(command) => command.perform(session),
        Command::Schema(command) => command.perform(session),
        Command::Explain(command) => command.perform(session),
        Command::Completions(command) => command.perform(session),
    }
}
