//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands;

/// The assembly line behind your forge: work items in, reviewed pull requests out.
#[derive(Debug, Parser)]
#[command(name = "forgeline", version, about, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// What holds for all commands.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for all commands.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Print one JSON document to stdout.
    #[arg(long, global = true)]
    pub json: bool,
    /// Colour in text.
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub color: Colour,
    /// Form of log lines on stderr; `human` otherwise.
    #[arg(long, global = true, env = "FORGELINE_LOG_FORMAT", value_enum, value_name = "FORM")]
    pub log_format: Option<crate::telemetry::LogFormat>,
    /// More log lines; twice for all.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Where state lies.
    #[arg(long, global = true, env = "FORGELINE_STATE_DIR", value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Operator file: places, secret references, ceilings; the user's or the system's otherwise.
    #[arg(long, global = true, env = "FORGELINE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder or repository with `forgeline.yaml`, `blueprints/`, `agents/`; the current folder by default.
    #[arg(long, global = true, env = "FORGELINE_FACTORY", value_name = "DIR")]
    pub factory: Option<PathBuf>,
    /// In a job of GitHub Actions or Azure Pipelines: behave as on any other machine.
    #[arg(long, global = true)]
    pub no_ci: bool,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do. Each command's help stands with the command.
#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(commands::demo::Demo),
    Init(commands::init::Init),
    Doctor(commands::doctor::Doctor),
    Validate(commands::validate::Validate),
    Plan(commands::plan::PlanCommand),
    Run(commands::run::Run),
    #[command(subcommand)]
    Runs(commands::runs::Runs),
    Pause(commands::hold::Pause),
    Resume(commands::hold::Resume),
    Why(commands::why::Why),
    #[command(subcommand)]
    Gate(commands::gate::Gate),
    Verify(commands::verify::Verify),
    #[command(subcommand)]
    Blueprints(commands::blueprints::Blueprints),
    #[command(subcommand)]
    Agents(commands::agents::Agents),
    #[command(subcommand)]
    Projects(commands::projects::Projects),
    #[command(subcommand)]
    Contracts(commands::contracts::Contracts),
    #[command(subcommand)]
    Events(commands::events::Events),
    #[command(subcommand)]
    Knowledge(commands::knowledge::Knowledge),
    #[command(subcommand)]
    Artifacts(commands::artifacts::Artifacts),
    #[command(subcommand)]
    Dlq(commands::dlq::Dlq),
    #[command(subcommand)]
    Audit(commands::audit::Audit),
    #[command(subcommand)]
    Local(commands::local::Local),
    #[command(subcommand)]
    Bot(commands::bot::Bot),
    Serve(commands::serve::Serve),
    Rebuild(commands::rebuild::Rebuild),
    #[command(subcommand)]
    Config(commands::config::Config),
    Schema(commands::schema::Schema),
    Explain(commands::explain::Explain),
    Completions(commands::completions::Completions),
}
