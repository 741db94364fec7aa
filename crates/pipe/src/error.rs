//! How a call can fail.

use std::{fmt, os::unix::process::ExitStatusExt as _, process::ExitStatus};

/// Why a call got no answer. After any of these but [`PipeError::Encode`] and a request that is too long, the child is
/// dead.
#[derive(Debug, thiserror::Error)]
pub enum PipeError {
    /// The program could not be started.
    #[error("cannot start `{program}`")]
    Spawn {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// No answer in time; the process group was killed.
    #[error("the child process gave no answer within {after_ms} ms and was killed")]
    Timeout {
        /// How long it had, milliseconds.
        after_ms: u128,
    },
    /// The child ended instead of answering.
    #[error("the child process ended: {exit}{}", told(stderr))]
    Crashed {
        /// How.
        exit: Exit,
        /// The end of what it wrote to its standard error.
        stderr: String,
    },
    /// The child wrote something that is not an answer.
    #[error("the child process wrote something that is not an answer ({reason}): `{excerpt}`")]
    Garbage {
        /// What the parser says.
        reason: String,
        /// The start of it.
        excerpt: String,
    },
    /// A message is longer than the pipe takes.
    #[error("the {direction} is longer than {most} bytes")]
    Oversized {
        /// Which message.
        direction: Direction,
        /// The bound.
        most: usize,
    },
    /// The request has no JSON form.
    #[error("the request has no JSON form")]
    Encode(#[source] serde_json::Error),
    /// The child died in an earlier call, or that call was given up halfway.
    #[error("the child process is gone since an earlier call")]
    Gone,
}

fn told(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!("; it said: {stderr}") }
}

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the child.
    Request,
    /// From the child.
    Answer,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Answer => "answer",
        })
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// The system does not say.
    Unknown,
}

impl Exit {
    /// Killed for using more processor time or writing larger files than its limits allow.
    pub fn is_limit(self) -> bool {
        let limits = [rustix::process::Signal::XCPU, rustix::process::Signal::XFSZ];
        matches!(self, Self::Signal(number) if limits.iter().any(|signal| signal.as_raw() == number))
    }
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Unknown,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::Unknown => f.write_str("no reason given"),
        }
    }
}
