//! `forgeline`: the runner in a job, the bot on a server, the tool on a laptop.
//!
//! This crate parses, wires and picks the exit code; what happens is in the crates below it. stdout is data, stderr is
//! for people.

#![expect(unreachable_pub, reason = "nothing reaches into a program; `pub` says what a module offers the others")]

mod app;
mod args;
mod ci;
mod commands;
mod definitions;
mod exit;
mod factories;
mod forges;
mod input;
mod once_more;
mod operator;
mod output;
mod rehearsal;
mod request;
mod signals;
mod story;
mod telemetry;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Cli;

fn main() -> ExitCode {
    // The agent's child process knows no command line, no state and no telemetry.
    if std::env::args_os().nth(1).is_some_and(|first| first == forgeline_agents::child::SUBCOMMAND) {
        return forgeline_agents::child::main();
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            if !error.use_stderr() {
                return exit::Exit::Success.into();
            }
            if std::env::args_os().any(|word| word == "--json") {
                exit::document(exit::Exit::Usage, error.to_string().trim_end(), &[]);
            }
            return exit::Exit::Usage.into();
        }
    };
    let json = cli.global.json;
    match commands::perform(cli) {
        Ok(exit) => exit.into(),
        Err(error) => exit::report(&error, json).into(),
    }
}
