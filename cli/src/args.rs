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
    /// Form of log lines on stderr.
    #[arg(long, global = true, value_enum, default_value = "human", value_name = "FORM")]
    pub log_format: crate::telemetry::LogFormat,
    /// More log lines; twice for all.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Where state lies.
    #[arg(long, global = true, env = "FORGELINE_STATE_DIR", value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Operator file: forges, endpoints, secret references, ceilings.
    #[arg(long, global = true, env = "FORGELINE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder or repository with `forgeline.yaml`, `blueprints/`, `agents/`; the current folder by default.
    #[arg(long, global = true, env = "FORGELINE_FACTORY", value_name = "DIR")]
    pub factory: Option<PathBuf>,
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

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the main job offline: a work item becomes a pull request.
    Demo(commands::demo::Demo),
    /// Write `forgeline.yaml` and work-item forms into a repository.
    Init(commands::init::Init),
    /// Check what Forgeline needs on this machine.
    Doctor(commands::doctor::Doctor),
    /// Check all definitions and contracts.
    Validate(commands::validate::Validate),
    /// Show what a run would do; writes nothing.
    Plan(commands::plan::PlanCommand),
    /// Run a blueprint.
    Run(commands::run::Run),
    /// Look at runs.
    #[command(subcommand)]
    Runs(commands::runs::Runs),
    /// Tell why something happened, or did not.
    Why(commands::why::Why),
    /// Look at blueprints, or start a new one.
    #[command(subcommand)]
    Blueprints(commands::blueprints::Blueprints),
    /// Look at agents, or start a new one.
    #[command(subcommand)]
    Agents(commands::agents::Agents),
    /// Look at projects.
    #[command(subcommand)]
    Projects(commands::projects::Projects),
    /// Look at event contracts.
    #[command(subcommand)]
    Contracts(commands::contracts::Contracts),
    /// Look at events, or publish one.
    #[command(subcommand)]
    Events(commands::events::Events),
    /// Index repositories and search them.
    #[command(subcommand)]
    Knowledge(commands::knowledge::Knowledge),
    /// Look at artifacts.
    #[command(subcommand)]
    Artifacts(commands::artifacts::Artifacts),
    /// Look at what was given up.
    #[command(subcommand)]
    Dlq(commands::dlq::Dlq),
    /// The forge inside Forgeline: repositories, issues, pull requests.
    #[command(subcommand)]
    Local(commands::local::Local),
    /// Let the bot look once at all that is new.
    #[command(subcommand)]
    Bot(commands::bot::Bot),
    /// Show settings and where each comes from.
    #[command(subcommand)]
    Config(commands::config::Config),
    /// Print the JSON Schema of a kind of file.
    Schema(commands::schema::Schema),
    /// Explain a diagnostic code.
    Explain(commands::explain::Explain),
    /// Print shell completions.
    Completions(commands::completions::Completions),
}
