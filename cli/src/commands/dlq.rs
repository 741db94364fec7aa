//! `forgeline dlq`: what was given up and why, and what to do about it.

mod replay;
mod settle;

use clap::{Args, Subcommand, ValueEnum};
use forgeline_model::{Cause, LetterSeverity};
use forgeline_store::{DeadLetterRow, LetterFilter, LetterState, Store};
use serde_json::{Value, json};

use super::{
    Session,
    wording::{moment, one_line, printable},
};
use crate::{
    exit::{Exit, Failure},
    rehearsal::DryRun,
};

/// Look at what was given up, and try it again, acknowledge it or drop it.
///
/// Example: `forgeline dlq show 3`
#[derive(Debug, Subcommand)]
pub enum Dlq {
    /// List dead letters, newest first.
    List(List),
    /// Show one of them whole.
    Show {
        /// Its number.
        number: i64,
    },
    /// Try one again: an event is handed in anew, a delivery decided again, a task's request run again.
    ///
    /// Twice does the thing once. A run that follows is carried out by `forgeline bot once`.
    Replay(replay::Replay),
    /// Say that somebody looks at a letter, or at all open ones of a cause; nobody else is told of it.
    Ack {
        /// Its number.
        #[arg(required_unless_present = "cause", conflicts_with = "cause")]
        number: Option<i64>,
        /// All open letters of this cause, `project/agent/kind`.
        #[arg(long, value_name = "CAUSE")]
        cause: Option<Cause>,
        #[command(flatten)]
        how: DryRun,
    },
    /// Give one up for good.
    Drop {
        /// Its number.
        number: i64,
        /// Why, for the record.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        how: DryRun,
    },
}

/// Which letters to list.
#[derive(Debug, Args)]
pub struct List {
    /// Only those of this project.
    #[arg(long, value_name = "ID")]
    project: Option<String>,
    /// Only those of this agent.
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Only those of this kind of error.
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only those of this severity.
    #[arg(long, value_enum)]
    severity: Option<Severity>,
    /// Only those in this state.
    #[arg(long, value_enum)]
    state: Option<State>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Severity {
    Info,
    Warning,
    Error,
    Critical,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Open,
    Acknowledged,
    Replayed,
    Dropped,
}

impl List {
    fn filter(self) -> LetterFilter {
        let severity = self.severity.map(|severity| match severity {
            Severity::Info => LetterSeverity::Info,
            Severity::Warning => LetterSeverity::Warning,
            Severity::Error => LetterSeverity::Error,
            Severity::Critical => LetterSeverity::Critical,
        });
        let state = self.state.map(|state| match state {
            State::Open => LetterState::Open.word(),
            State::Acknowledged => LetterState::Acknowledged.word(),
            State::Replayed => "replayed",
            State::Dropped => "dropped",
        });
        LetterFilter {
            project: self.project,
            agent: self.agent,
            error_kind: self.kind,
            severity,
            state: state.map(str::to_owned),
        }
    }
}

impl Dlq {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::List(asked) => {
                let letters = session.look().await?.store.dead_letters(&asked.filter()).await?;
                list(session, &letters);
            }
            Self::Show { number } => {
                let letter = find(&session.look().await?.store, number).await?;
                session.out.print("dead_letter", &whole(&letter), || text(&letter));
            }
            Self::Replay(asked) => return asked.perform(session).await,
            Self::Ack { number, cause, how } => {
                settle::acknowledge(&session.to_change(how).await?, number, cause).await?;
            }
            Self::Drop { number, reason, how } => settle::drop(&session.to_change(how).await?, number, &reason).await?,
        }
        Ok(Exit::Success)
    }
}

/// The letter with this number.
async fn find(store: &Store, number: i64) -> anyhow::Result<DeadLetterRow> {
    let missing =
        || Failure::new(Exit::NotFound, format!("there is no dead letter {number}; `forgeline dlq list` shows all"));
    Ok(store.dead_letter(number).await?.ok_or_else(missing)?)
}

fn list(session: &Session, letters: &[DeadLetterRow]) {
    let values: Vec<Value> = letters.iter().map(brief).collect();
    session.out.print("dead_letters", &values, || {
        if letters.is_empty() {
            return "nothing was given up\n".to_owned();
        }
        let row = |row: &DeadLetterRow| {
            let letter = &row.letter;
            vec![
                row.id.to_string(),
                moment(row.at),
                row.state.word().to_owned(),
                letter.severity().word().to_owned(),
                printable(&letter.cause().to_string()),
                one_line(&letter.subject.to_string(), 50),
                one_line(&letter.reason, 80),
            ]
        };
        session.out.table(
            &["NO", "WHEN", "STATE", "SEVERITY", "CAUSE", "WHAT", "WHY"],
            &letters.iter().map(row).collect::<Vec<_>>(),
        )
    });
}

/// Without the body, which can be long.
pub fn brief(row: &DeadLetterRow) -> Value {
    let letter = &row.letter;
    json!({
        "number": row.id, "state": row.state.word(), "outcome": outcome(&row.state), "project": letter.project,
        "criticality": letter.criticality, "agent": letter.agent, "kind": letter.error_kind,
        "severity": letter.severity(), "cause": letter.cause().to_string(), "subject": letter.subject.to_string(),
        "reason": letter.reason, "attempts": letter.attempts, "run": letter.run, "at": row.at.to_string(),
    })
}

/// What a replay made, or why it was dropped.
fn outcome(state: &LetterState) -> Option<&str> {
    match state {
        LetterState::Open | LetterState::Acknowledged => None,
        LetterState::Replayed(what) => Some(what),
        LetterState::Dropped(why) => Some(why),
    }
}

fn whole(row: &DeadLetterRow) -> Value {
    let mut value = brief(row);
    // A body that is JSON is shown as JSON.
    value["body"] = serde_json::from_str(&row.letter.body).unwrap_or_else(|_| Value::from(row.letter.body.as_str()));
    value
}

fn text(row: &DeadLetterRow) -> String {
    let letter = &row.letter;
    let run = letter.run.as_ref().map(|run| format!("run       {run}\n")).unwrap_or_default();
    let state = match &row.state {
        LetterState::Open | LetterState::Acknowledged => row.state.word().to_owned(),
        LetterState::Replayed(what) => format!("replayed as {}", printable(what)),
        LetterState::Dropped(why) => format!("dropped: {}", printable(why)),
    };
    format!(
        "what      {}\nstate     {state}\nwhen      {}\nseverity  {}\nkind      {}\nproject   {} ({})\nagent     {}\n{run}\
         attempts  {}\nwhy       {}\n\n{}\n",
        printable(&letter.subject.to_string()),
        moment(row.at),
        letter.severity().word(),
        letter.error_kind,
        letter.project,
        letter.criticality.word(),
        printable(&letter.agent),
        letter.attempts,
        printable(&letter.reason),
        printable(&pretty(&letter.body)),
    )
}

fn pretty(body: &str) -> String {
    match serde_json::from_str::<Value>(body) {
        Ok(value) => format!("{value:#}"),
        Err(_) => body.to_owned(),
    }
}
