//! Acknowledging and dropping.

use forgeline_model::Cause;
use forgeline_store::{Acknowledged, LetterState};
use serde_json::json;

use super::find;
use crate::{
    commands::{
        Session,
        wording::{count, printable},
    },
    exit::{Exit, Failure},
    request::user,
};

pub(super) async fn acknowledge(session: &Session, number: Option<i64>, cause: Option<Cause>) -> anyhow::Result<()> {
    let runner = session.look().await?;
    let now = runner.clock.now();
    let (what, done) = match (number, cause) {
        (Some(number), _) => {
            let row = find(&runner.store, number).await?;
            (format!("dead letter {number}"), runner.store.acknowledge(&row, &user(), now).await?)
        }
        (None, Some(cause)) => {
            let done = runner.store.acknowledge_cause(&cause, &user(), now).await?;
            (format!("cause {cause}"), done)
        }
        (None, None) => anyhow::bail!(Failure::new(Exit::Usage, "name a letter, or a cause with `--cause`")),
    };
    let Acknowledged { letters, withdrawn } = done;
    session.out.print("acknowledged", &json!({"letters": letters, "withdrawn": withdrawn}), || {
        if letters == 0 {
            return format!("{}: no open letter; nothing was done\n", printable(&what));
        }
        let letters = count(usize::try_from(letters).unwrap_or(usize::MAX), "letter");
        let notices = match withdrawn {
            0 => String::new(),
            _ => format!(", {withdrawn} not yet sent to anybody will not be"),
        };
        format!("{}: {letters} acknowledged{notices}\n", printable(&what))
    });
    Ok(())
}

pub(super) async fn drop(session: &Session, number: i64, reason: &str) -> anyhow::Result<()> {
    if reason.trim().is_empty() {
        anyhow::bail!(Failure::new(Exit::Usage, "`--reason` is empty; say why, so that others understand it later"));
    }
    let runner = session.look().await?;
    let row = find(&runner.store, number).await?;
    if !runner.store.drop_letter(&row, reason, &user(), runner.clock.now()).await? {
        let how = match &row.state {
            LetterState::Replayed(what) => format!("was replayed as {what}"),
            LetterState::Dropped(why) => format!("was dropped before: {why}"),
            LetterState::Open | LetterState::Acknowledged => "was settled a moment ago".to_owned(),
        };
        anyhow::bail!(Failure::new(Exit::Failed, format!("dead letter {number} {how}; there is nothing to drop")));
    }
    session.out.print("dropped", &json!({"number": number, "reason": reason}), || {
        format!("dead letter {number} is dropped\n")
    });
    Ok(())
}
