//! How an attempt fails: in words, and with what the retry policy needs.

use forgeline_blueprints::text::{TextError, TextErrorKind};
use forgeline_model::task::{FailureClass, TaskFailure};
use forgeline_pipe::{Exit, PipeError};

/// A failure that comes again with the same definitions and inputs.
pub(crate) fn terminal(kind: &str, message: impl Into<String>) -> TaskFailure {
    TaskFailure { class: FailureClass::Terminal, kind: kind.to_owned(), message: message.into() }
}

/// A failure that another try may not meet.
pub(crate) fn retryable(kind: &str, message: impl Into<String>) -> TaskFailure {
    TaskFailure { class: FailureClass::Retryable, kind: kind.to_owned(), message: message.into() }
}

/// A fault in a template; `place` says which text when it has no file.
pub(crate) fn of_text(place: &str, error: &TextError) -> TaskFailure {
    let kind = if error.kind == TextErrorKind::Limit { "limit" } else { "template" };
    let file = if error.file == "text" { place } else { &error.file };
    terminal(kind, format!("{file}:{}:{}: {}", error.line, error.column, error.message))
}

/// What a child's end means for the attempt; none when the child could not even be started.
pub(crate) fn of_pipe(error: PipeError, memory_bytes: u64) -> Result<TaskFailure, PipeError> {
    Ok(match error {
        PipeError::Spawn { .. } => return Err(error),
        PipeError::Timeout { after_ms } => {
            retryable("timeout", format!("the task gave no answer within {after_ms} ms; raise `timeout` or do less"))
        }
        PipeError::Crashed { exit, .. } if exit.is_limit() => {
            terminal("limit", format!("the task used more than its share and was ended ({exit})"))
        }
        PipeError::Crashed { stderr, .. } if ran_out_of_memory(&stderr) => {
            terminal("limit", format!("the task needs more than {} MiB of memory", memory_bytes >> 20))
        }
        PipeError::Crashed { exit: Exit::Code(crate::child::UNCONFINED), stderr } => {
            terminal("crash", format!("the task's process could not be confined: {stderr}"))
        }
        PipeError::Oversized { .. } => terminal("limit", error.to_string()),
        PipeError::Encode(_) => terminal("crash", error.to_string()),
        PipeError::Crashed { .. } | PipeError::Garbage { .. } | PipeError::Gone => {
            retryable("crash", error.to_string())
        }
    })
}

/// What the standard library says before it ends a process that cannot allocate.
fn ran_out_of_memory(stderr: &str) -> bool {
    stderr.contains("memory allocation of") || stderr.contains("Cannot allocate memory")
}
