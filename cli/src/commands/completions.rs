//! `forgeline completions`: for a shell.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Session;
use crate::{args::Cli, exit::Exit};

/// Print shell completions.
///
/// Example: `forgeline completions bash > ~/.local/share/bash-completion/completions/forgeline`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

impl Completions {
    pub fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "forgeline", &mut script);
        let script = String::from_utf8_lossy(&script).into_owned();
        session.out.print("completions", &script, || script.clone());
        Ok(Exit::Success)
    }
}
