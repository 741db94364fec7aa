//! `forgeline dlq`: what was given up, and why.

use clap::Subcommand;
use forgeline_store::DeadLetterRow;
use serde_json::{Value, json};

use super::{
    Session,
    wording::{moment, one_line, printable},
};
use crate::exit::{Exit, Failure};

/// Look at what was given up.
///
/// Example: `forgeline dlq show 3`
#[derive(Debug, Subcommand)]
pub enum Dlq {
    /// List dead letters, newest first.
    List,
    /// Show one of them whole.
    Show {
        /// Its number.
        number: i64,
    },
}

impl Dlq {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let letters = session.look().await?.store.dead_letters().await?;
        match self {
            Self::List => list(session, &letters),
            Self::Show { number } => {
                let letter = letters.iter().find(|letter| letter.id == number).ok_or_else(|| {
                    Failure::new(
                        Exit::NotFound,
                        format!("there is no dead letter {number}; `forgeline dlq list` shows all"),
                    )
                })?;
                session.out.print("dead_letter", &whole(letter), || text(letter));
            }
        }
        Ok(Exit::Success)
    }
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
                letter.severity.clone(),
                letter.error_kind.clone(),
                one_line(&letter.subject, 50),
                one_line(&letter.reason, 80),
            ]
        };
        session
            .out
            .table(&["NO", "WHEN", "SEVERITY", "KIND", "WHAT", "WHY"], &letters.iter().map(row).collect::<Vec<_>>())
    });
}

/// Without the body, which can be long.
pub fn brief(row: &DeadLetterRow) -> Value {
    let letter = &row.letter;
    json!({
        "number": row.id, "project": letter.project, "agent": letter.agent, "kind": letter.error_kind,
        "severity": letter.severity, "subject": letter.subject, "reason": letter.reason, "attempts": letter.attempts,
        "run": row.run, "at": row.at.to_string(),
    })
}

fn whole(row: &DeadLetterRow) -> Value {
    let mut value = brief(row);
    // A body that is JSON is shown as JSON.
    value["body"] = serde_json::from_str(&row.letter.body).unwrap_or_else(|_| Value::from(row.letter.body.as_str()));
    value
}

fn text(row: &DeadLetterRow) -> String {
    let letter = &row.letter;
    let run = row.run.as_ref().map(|run| format!("run       {run}\n")).unwrap_or_default();
    format!(
        "what      {}\nwhen      {}\nkind      {} ({})\nproject   {}\nagent     {}\n{run}attempts  {}\nwhy       {}\n\n{}\n",
        printable(&letter.subject),
        moment(row.at),
        letter.error_kind,
        letter.severity,
        letter.project,
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
