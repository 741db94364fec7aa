//! ChatOps: commands in comments.
//!
//! A command is a line that begins with `/forgeline` or `/fl`, in what its author wrote and a reader sees as text:
//! quotes, code and HTML comments do not count. The parser knows every command of the language, also those that this
//! build cannot carry out, so that it can say so.

mod grammar;
mod inputs;
mod text;
mod token;
mod verb;

use std::{collections::BTreeMap, fmt};

use forgeline_model::{RunId, StageId, Usd};

pub use inputs::{InputFault, typed_inputs};
pub use verb::Verb;

/// Most commands that one comment may give.
pub const MAX_COMMANDS: usize = 5;
/// Longest line that is read as a command, bytes. A longer one is refused, not cut.
pub const MAX_LINE_BYTES: usize = 4096;

/// A comment as the forge holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment<'a> {
    /// Markdown.
    pub body: &'a str,
    /// What kind of account wrote it.
    pub author: AuthorKind,
    /// Whether this is a change of a comment that was there before.
    pub edited: bool,
    /// Whether the item under which it stands is closed.
    pub on_closed_item: bool,
}

/// What kind of account wrote a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorKind {
    /// A person.
    Human,
    /// Another bot or application.
    Bot,
    /// Forgeline itself, by its own account id.
    Forgeline,
}

/// What a comment asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Nothing is done with it, for this reason.
    Ignored(Ignored),
    /// It has commands, in the order of its lines.
    Commands {
        /// The first five.
        commands: Vec<CommandLine>,
        /// How many more there were.
        unread: usize,
    },
}

/// Why a comment is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// No line of it is a command.
    NoCommand,
    /// Only new comments count.
    Edited,
    /// The item is closed.
    ClosedItem,
    /// A bot wrote it.
    Bot,
    /// Forgeline wrote it.
    Own,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCommand => "no line of it is a command",
            Self::Edited => "it was edited, and only new comments count",
            Self::ClosedItem => "the item is closed",
            Self::Bot => "a bot wrote it",
            Self::Own => "Forgeline wrote it",
        })
    }
}

/// One line that is meant as a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// Line of the comment, from 1.
    pub line: usize,
    /// The line.
    pub text: String,
    /// The command, or what is wrong with it.
    pub parsed: Result<Command, CommandFault>,
}

/// A command, parsed. [`Display`](fmt::Display) is its canonical form: one spelling for each meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Start a blueprint.
    Run {
        /// Its name.
        blueprint: String,
        /// Inputs as typed; [`typed_inputs`] gives them the types of the blueprint's schema.
        inputs: BTreeMap<String, String>,
        /// What the run may spend at most.
        max_usd: Option<Usd>,
    },
    /// Run the failed part again.
    Retry {
        /// From this stage on; else what failed.
        stage: Option<StageId>,
        /// Also where a stored result is known.
        fresh: bool,
    },
    /// A new attempt that takes a person's words into account.
    Revise {
        /// The words; the first may name a stage, which only the run knows. None when what reviewers wrote says it all.
        text: String,
    },
    /// Stop.
    Cancel {
        /// The run; else the one of this item.
        run: Option<RunId>,
    },
    /// Release a waiting stage.
    Approve {
        /// The stage.
        stage: StageId,
        /// Head that the approval is for.
        sha: String,
        /// Plan that the approval is for.
        digest: Option<String>,
    },
    /// Refuse a waiting stage.
    Reject {
        /// The stage.
        stage: StageId,
        /// Why.
        reason: String,
    },
    /// Trust one revision of an outsider.
    OkToTest {
        /// The revision.
        sha: String,
    },
    /// Take that trust back.
    OkToTestCancel,
    /// Show what a run would do.
    Plan {
        /// The blueprint.
        blueprint: String,
        /// Inputs as typed.
        inputs: BTreeMap<String, String>,
    },
    /// Show a recorded decision.
    Why {
        /// An event or run; else the last of this item.
        subject: Option<String>,
    },
    /// What runs.
    Status,
    /// What the asker may do here.
    Help,
    /// No new runs on this item.
    Hold,
    /// New runs again.
    HoldCancel,
    /// Publish the contract versions that this pull request proposes.
    Release,
}

/// What is wrong with a command line, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CommandFault {
    /// What is wrong: lower case, the object in backticks.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// Column of the line, in characters, from 1.
    pub column: usize,
    /// Length in characters, at least 1.
    pub length: usize,
}

/// Reads a comment.
pub fn read(comment: &Comment<'_>) -> Reading {
    let ignored = match comment.author {
        AuthorKind::Forgeline => Some(Ignored::Own),
        AuthorKind::Bot => Some(Ignored::Bot),
        AuthorKind::Human if comment.edited => Some(Ignored::Edited),
        AuthorKind::Human => None,
    };
    if let Some(reason) = ignored {
        return Reading::Ignored(reason);
    }
    let lines: Vec<(usize, &str)> = text::command_lines(comment.body);
    if lines.is_empty() {
        return Reading::Ignored(Ignored::NoCommand);
    }
    if comment.on_closed_item {
        return Reading::Ignored(Ignored::ClosedItem);
    }
    let commands = lines
        .iter()
        .take(MAX_COMMANDS)
        .map(|&(line, text)| CommandLine { line, text: text.to_owned(), parsed: parse(text) })
        .collect();
    Reading::Commands { commands, unread: lines.len().saturating_sub(MAX_COMMANDS) }
}

/// A comment without its commands: what it says to readers.
pub fn without_commands(body: &str) -> String {
    let commands: Vec<usize> = text::command_lines(body).into_iter().map(|(line, _)| line).collect();
    let lines = body.split('\n').enumerate().filter(|(at, _)| !commands.contains(&(at + 1)));
    lines.map(|(_, line)| line).collect::<Vec<_>>().join("\n")
}

/// Parses one command line, with or without the leading `/forgeline`.
pub fn parse(line: &str) -> Result<Command, CommandFault> {
    grammar::parse(line)
}

impl Command {
    /// Which command it is.
    pub fn verb(&self) -> Verb {
        match self {
            Self::Run { .. } => Verb::Run,
            Self::Retry { .. } => Verb::Retry,
            Self::Revise { .. } => Verb::Revise,
            Self::Cancel { .. } => Verb::Cancel,
            Self::Approve { .. } => Verb::Approve,
            Self::Reject { .. } => Verb::Reject,
            Self::OkToTest { .. } | Self::OkToTestCancel => Verb::OkToTest,
            Self::Plan { .. } => Verb::Plan,
            Self::Why { .. } => Verb::Why,
            Self::Status => Verb::Status,
            Self::Help => Verb::Help,
            Self::Hold | Self::HoldCancel => Verb::Hold,
            Self::Release => Verb::Release,
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb().word())?;
        let mut word = |text: &str| write!(f, " {}", token::quoted(text));
        match self {
            Self::Run { blueprint, inputs, max_usd } => {
                word(blueprint)?;
                for (name, value) in inputs {
                    write!(f, " {name}={}", token::quoted(value))?;
                }
                max_usd.map_or(Ok(()), |usd| write!(f, " --max-usd {usd}"))
            }
            Self::Plan { blueprint, inputs } => {
                word(blueprint)?;
                inputs.iter().try_for_each(|(name, value)| write!(f, " {name}={}", token::quoted(value)))
            }
            Self::Retry { stage, fresh } => {
                stage.iter().try_for_each(|stage| word(stage.as_str()))?;
                if *fresh { f.write_str(" --fresh") } else { Ok(()) }
            }
            Self::Cancel { run } => run.iter().try_for_each(|run| word(run.as_str())),
            Self::Approve { stage, sha, digest } => {
                word(stage.as_str())?;
                word(sha)?;
                digest.iter().try_for_each(|digest| word(digest))
            }
            Self::Reject { stage, reason } => write!(f, " {stage} {reason}"),
            Self::Revise { text } if text.is_empty() => Ok(()),
            Self::Revise { text } => write!(f, " {text}"),
            Self::OkToTest { sha } => word(sha),
            Self::Why { subject } => subject.iter().try_for_each(|subject| word(subject)),
            Self::OkToTestCancel | Self::HoldCancel => f.write_str(" cancel"),
            Self::Status | Self::Help | Self::Hold | Self::Release => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
