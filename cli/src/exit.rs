//! Exit codes, and how an error becomes one.

use std::{fmt, process::ExitCode};

use forgeline_bot::pass::PassError;
use forgeline_forge::{
    ForgeError,
    remote::{RemoteError, Trouble},
};
use forgeline_model::Diagnostic;
use forgeline_repo::RepoError;
use forgeline_runner::{NotServed, RunnerError, TargetError};
use forgeline_store::StoreError;
use serde_json::json;

use crate::output::{self, Output};

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
    /// A forge refuses the credential, or there is none for it.
    Unauthenticated = 4,
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

/// Prints an error to stderr, with `--json` as a document too, and picks its code.
pub fn report(error: &anyhow::Error, json: bool) -> Exit {
    let diagnostics = error.downcast_ref::<Failure>().map_or(&[][..], |failure| &failure.diagnostics);
    for diagnostic in diagnostics {
        output::note(&diagnostic.render());
    }
    let (exit, message) = (code(error), message(error));
    output::note(&format!("error: {message}"));
    if json {
        document(exit, &message, diagnostics);
    }
    exit
}

/// The failure for machines, unless an answer was printed before it: there is one document.
pub fn document(exit: Exit, message: &str, diagnostics: &[Diagnostic]) {
    if !output::said() {
        let error = json!({"exit": exit as u8, "message": message, "diagnostics": diagnostics});
        Output { json: true, colour: false, dry_run: false }.print("error", &error, String::new);
    }
}

/// What happened and why, nothing twice: many errors quote their cause.
pub fn message(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |mut said, cause| {
        if !said.contains(&cause) {
            if !said.is_empty() {
                said.push_str(": ");
            }
            said.push_str(&cause);
        }
        said
    })
}

/// The code of the first cause that has one; an error without is the machine's.
fn code(error: &anyhow::Error) -> Exit {
    error.chain().find_map(of_cause).unwrap_or(Exit::Infrastructure)
}

fn of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    None.or_else(|| cause.downcast_ref().map(|failure: &Failure| failure.exit))
        .or_else(|| cause.downcast_ref().map(of_pass))
        .or_else(|| cause.downcast_ref().map(of_runner))
        .or_else(|| cause.downcast_ref().map(of_target))
        .or_else(|| cause.downcast_ref().map(of_forge))
        .or_else(|| cause.downcast_ref().map(of_repo))
        .or_else(|| cause.downcast_ref().map(of_store))
}

fn of_pass(error: &PassError) -> Exit {
    match error {
        PassError::Store(error) => of_store(error),
        PassError::Forge(error) => of_forge(error),
        PassError::Runner(error) => of_runner(error),
        PassError::Target(error) => of_target(error),
    }
}

fn of_runner(error: &RunnerError) -> Exit {
    match error {
        RunnerError::Store(error) => of_store(error),
        RunnerError::Target(error) => of_target(error),
        RunnerError::Forge(error) => of_forge(error),
        RunnerError::Publish(_) if !error.is_transient() => Exit::Failed,
        RunnerError::Publish(_) | RunnerError::Host(_) | RunnerError::Knowledge(_) | RunnerError::Bug(_) => {
            Exit::Infrastructure
        }
    }
}

fn of_target(error: &TargetError) -> Exit {
    match error {
        TargetError::Repo(error) => of_repo(error),
        TargetError::Forge(error) => of_forge(error),
        TargetError::NoBase { .. } => Exit::NotFound,
        TargetError::Empty(_) | TargetError::Name(_) => Exit::Invalid,
        TargetError::NotServed(error) => match error {
            NotServed::Nobody { .. } => Exit::Denied,
            NotServed::Tie { .. } => Exit::Invalid,
            NotServed::Unread { .. } => Exit::Infrastructure,
        },
        TargetError::Job(_) => Exit::Infrastructure,
    }
}

fn of_forge(error: &ForgeError) -> Exit {
    match error {
        ForgeError::NoRepository { .. } | ForgeError::NoItem { .. } | ForgeError::NoUser { .. } => Exit::NotFound,
        ForgeError::Forbidden { .. } => Exit::Denied,
        ForgeError::WrongState { .. }
        | ForgeError::NothingToMerge { .. }
        | ForgeError::Unmergeable { .. }
        | ForgeError::RepositoryExists(_) => Exit::Failed,
        ForgeError::Invalid { .. } => Exit::Invalid,
        ForgeError::KeptElsewhere { .. } | ForgeError::Gone { .. } => Exit::Failed,
        ForgeError::NotConnected { .. } => Exit::Unauthenticated,
        ForgeError::Remote(error) => of_remote(error),
        ForgeError::Repo(error) => of_repo(error),
        ForgeError::Store(error) => of_store(error),
        ForgeError::BaseMoves(_) | ForgeError::File { .. } | ForgeError::Unreadable { .. } => Exit::Infrastructure,
    }
}

fn of_remote(error: &RemoteError) -> Exit {
    match error.trouble {
        Trouble::Unauthorized(_) => Exit::Unauthenticated,
        Trouble::Forbidden(_) => Exit::Denied,
        Trouble::Missing(_) => Exit::NotFound,
        Trouble::Exists(_) | Trouble::Refused(_) => Exit::Failed,
        Trouble::Limited { .. } | Trouble::Unavailable { .. } | Trouble::Unreadable(_) => Exit::Infrastructure,
    }
}

fn of_repo(error: &RepoError) -> Exit {
    match error {
        RepoError::NotARepository(_) | RepoError::MissingBranch { .. } | RepoError::DetachedHead(_) => Exit::NotFound,
        RepoError::Empty { .. } | RepoError::Unsupported { .. } => Exit::Invalid,
        _ => Exit::Infrastructure,
    }
}

fn of_store(error: &StoreError) -> Exit {
    match error {
        StoreError::NoRun(_) => Exit::NotFound,
        _ => Exit::Infrastructure,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;
    use forgeline_bot::pass::PassError;
    use forgeline_forge::ForgeError;
    use forgeline_runner::{RunnerError, TargetError};
    use forgeline_store::StoreError;

    use super::{Exit, Failure, code, message};

    fn forbidden() -> ForgeError {
        let repo = "acme/shop".parse().expect("a name");
        ForgeError::Forbidden {
            actor: "eve".into(),
            action: "merge",
            repo,
            needs: forgeline_forge::types::Role::Editor,
            has: None,
        }
    }

    fn nobody() -> ForgeError {
        ForgeError::NoUser { login: "eve".into(), known: Vec::new() }
    }

    #[test]
    fn every_refusal_has_its_code() {
        let no_run = || StoreError::NoRun("run_0123456789abcdef".parse().expect("a run id"));
        let cases = [
            (nobody().into(), Exit::NotFound),
            (forbidden().into(), Exit::Denied),
            (ForgeError::RepositoryExists("acme/shop".parse().expect("a name")).into(), Exit::Failed),
            (ForgeError::Invalid { what: "a title", reason: "it is empty".into() }.into(), Exit::Invalid),
            (PassError::from(forbidden()).into(), Exit::Denied),
            (PassError::from(RunnerError::from(TargetError::from(nobody()))).into(), Exit::NotFound),
            (TargetError::Empty("here".into()).into(), Exit::Invalid),
            (ForgeError::from(no_run()).into(), Exit::NotFound),
            (anyhow::Error::from(no_run()).context("while looking"), Exit::NotFound),
            (Failure::new(Exit::Usage, "which?").into(), Exit::Usage),
            (anyhow!("the disk is gone"), Exit::Infrastructure),
        ];
        for (error, expected) in cases {
            assert_eq!(code(&error), expected, "{error}");
        }
    }

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow!("it is full").context("`a` cannot be made: it is full").context("no state");
        assert_eq!(message(&error), "no state: `a` cannot be made: it is full");
    }
}
