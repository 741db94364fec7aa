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
mod wording;

use std::{path::PathBuf, sync::Arc};

use crate::{
    app,
    args::{Cli, Command},
    exit::Exit,
    operator::Operator,
    output::Output,
    telemetry,
};

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
    /// In a dry run, the copy that `state` is.
    pub copy_of: Option<Arc<crate::rehearsal::Copy>>,
}

/// Performs a command.
pub fn perform(cli: Cli) -> anyhow::Result<Exit> {
    let operator = operator(&cli)?;
    let log_format = app::log_format(&cli.global, &operator);
    let _telemetry = telemetry::init(log_format, telemetry::Verbosity::from_flags(false, cli.global.verbose))?;
    let out = Output::new(cli.global.json, cli.global.color);
    let state = app::state_dir(&cli.global, &operator);
    let session = Session { global: cli.global, out, operator: Arc::new(operator), state, copy_of: None };
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
