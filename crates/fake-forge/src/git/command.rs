//! Runs `git` in an environment of its own: no configuration of the machine or of the person who tests.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// A git command that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    #[error("cannot start `git` ({0}); install it")]
    Start(#[from] std::io::Error),
    #[error("`git {command}` failed: {message}")]
    Failed { command: String, message: String },
}

/// What a command wrote, and whether it ended well.
pub(super) struct Output {
    pub(super) code: i32,
    pub(super) stdout: Vec<u8>,
}

impl Output {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end().to_owned()
    }
}

/// Variables for every git process.
pub(super) const ENVIRONMENT: [(&str, &str); 5] = [
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("HOME", "/nonexistent"),
    ("LC_ALL", "C"),
];

/// Runs git and expects it to end well.
pub(super) fn git(folder: &Path, arguments: &[&str]) -> Result<String, GitError> {
    Ok(run(folder, arguments, &[], b"", &[0])?.text())
}

/// Runs git with variables and input; an exit code that is not one of `fine` is an error.
pub(super) fn run(
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
    input: &[u8],
    fine: &[i32],
) -> Result<Output, GitError> {
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs(ENVIRONMENT)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read its input has its own reasons; what it says counts.
        let _ = stdin.write_all(input);
    }
    let output = child.wait_with_output()?;
    let code = output.status.code().unwrap_or(-1);
    if fine.contains(&code) {
        return Ok(Output { code, stdout: output.stdout });
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(GitError::Failed { command: arguments.join(" "), message })
}
