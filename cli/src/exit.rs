//! Exit codes, and how an error becomes one.

use std::{fmt, process::ExitCode};

use forgeline_model::Diagnostic;

/// How the program ends. The numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Success = 0,
    /// The run or check failed.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A definition, input or work item is wrong.
    Invalid = 3,
    /// Refused by policy: the write gate, a right, a closed pull request.
    Denied = 5,
    /// It waits for approval or input.
    Waiting = 6,
    /// It took too long.
    TimedOut = 7,
    /// The machine, the disk, the network; safe to try again.
    Infrastructure = 8,
    /// There is no such thing.
    NotFound = 9,
    /// Stopped by a signal.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error that knows its exit code.
#[derive(Debug)]
pub struct Failure {
    /// The code.
    pub exit: Exit,
    /// What to say: one sentence, then what to do next.
    pub message: String,
    /// Findings on files, all of them.
    pub diagnostics: Vec<Diagnostic>,
}

impl Failure {
    /// An error with this code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), diagnostics: Vec::new() }
    }

    /// Definitions, inputs or work items that are wrong.
    pub fn invalid(message: impl Into<String>, diagnostics: Vec<Diagnostic>) -> Self {
        Self { exit: Exit::Invalid, message: message.into(), diagnostics }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Prints an error to stderr and picks its code; one that does not know its own is the machine's.
pub fn report(error: &anyhow::Error) -> Exit {
    match error.downcast_ref::<Failure>() {
        Some(failure) => {
            for diagnostic in &failure.diagnostics {
                eprintln!("{}", diagnostic.render());
            }
            eprintln!("error: {}", failure.message);
            failure.exit
        }
        None => {
            eprintln!("error: {error:#}");
            Exit::Infrastructure
        }
    }
}
