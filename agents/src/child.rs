//! The agent's process: the hidden subcommand `__agent`.

use std::{collections::BTreeMap, process::ExitCode};

use forgeline_model::{
    Digest,
    task::{TaskLimits, TaskOutcome, ToAgent},
};
use forgeline_pipe::{Limits, MAX_MESSAGE_BYTES};

use crate::{LoadedAgent, failure::terminal, perform_loaded, protocol::FromAgent};

/// The hidden subcommand that runs [`main`].
pub const SUBCOMMAND: &str = "__agent";
/// Environment variable with the child's address space in bytes; the only variable that it has.
pub(crate) const MEMORY_VARIABLE: &str = "FORGELINE_AGENT_MEMORY";
/// Exit code of a child that could not be confined, and so did not start.
pub(crate) const UNCONFINED: i32 = 77;

/// Processor time of one child, seconds. Its parent's deadlines end a task long before; this one ends a child that has
/// no parent any more.
const CPU_SECONDS: u64 = 3_600;
/// A child writes no file.
const FILE_BYTES: u64 = 0;
/// Its three streams and what the runtime needs.
const OPEN_FILES: u64 = 16;
/// macOS puts it into every process.
const SYSTEM_VARIABLES: [&str; 1] = ["__CF_USER_TEXT_ENCODING"];

/// Confines this process, then does tasks until its input ends.
pub fn main() -> ExitCode {
    if let Err(message) = confine() {
        eprintln!("{message}");
        return ExitCode::from(u8::try_from(UNCONFINED).expect("below 256"));
    }
    let mut agents = BTreeMap::new();
    match forgeline_pipe::serve(MAX_MESSAGE_BYTES, |message| answer(&mut agents, message)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Gives up what a task does not need, and makes sure that nothing was handed over by mistake.
///
/// # Errors
/// What could not be given up. The process must not serve then.
pub fn confine() -> Result<(), String> {
    let memory = std::env::var(MEMORY_VARIABLE).ok().and_then(|text| text.parse().ok());
    let memory_bytes = memory.unwrap_or(TaskLimits::default().memory_bytes);
    let limits = Limits { memory_bytes, cpu_seconds: CPU_SECONDS, file_bytes: FILE_BYTES, open_files: OPEN_FILES };
    forgeline_pipe::confine(&limits).map_err(|error| error.to_string())?;
    let foreign = forgeline_pipe::foreign_variables(&[&[MEMORY_VARIABLE], &SYSTEM_VARIABLES[..]].concat());
    match foreign.first() {
        Some(name) => Err(format!("the environment holds `{}`; an agent is given nothing", name.display())),
        None => Ok(()),
    }
}

fn answer(agents: &mut BTreeMap<Digest, LoadedAgent>, message: ToAgent) -> FromAgent {
    match message {
        ToAgent::Load(bundle) => match LoadedAgent::load(&bundle) {
            Ok(agent) => {
                agents.insert(bundle.agent.digest, agent);
                FromAgent::Loaded
            }
            Err(failure) => FromAgent::Refused(failure),
        },
        ToAgent::Run(request) => match agents.get(&request.agent.digest) {
            Some(agent) => FromAgent::Ended(Box::new(perform_loaded(agent, &request))),
            None => {
                let message = format!("agent `{}` was not sent to its process", request.agent);
                FromAgent::Ended(Box::new(TaskOutcome::Failed(terminal("crash", message))))
            }
        },
    }
}
