//! `forgeline events`: the log of what happened, and a door for one more.

mod publish;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand};
use forgeline_store::{EventRow, Store};
use serde_json::json;

use super::{Session, lookup::find_run};
use crate::{exit::Exit, rehearsal::DryRun, signals};

/// Events that are read at once.
const PAGE: u32 = 500;
/// Events shown when nobody says where to begin.
const LAST: i64 = 50;
/// How often a follower looks.
const PAUSE: Duration = Duration::from_millis(300);

/// Look at events, or publish one.
///
/// Example: `forgeline events tail --type ArtifactMerged --follow`
#[derive(Debug, Subcommand)]
pub enum Events {
    /// Show events, oldest first; with `--json` one document a line.
    Tail(Tail),
    /// Hand an event in: blueprints that listen to it start at the next `forgeline bot once`.
    Publish {
        /// JSON file with one event, `-` for stdin.
        file: PathBuf,
        #[command(flatten)]
        how: DryRun,
    },
}

/// Show events.
#[derive(Debug, Args)]
pub struct Tail {
    /// Wait for more, until Ctrl-C.
    #[arg(long, short)]
    follow: bool,
    /// Only events of this type.
    #[arg(long = "type", value_name = "NAME")]
    event_type: Option<String>,
    /// Only events of this run: id, prefix, `@latest` or `@failed`.
    #[arg(long)]
    run: Option<String>,
    /// Begin after this place in the log; the last fifty events otherwise.
    #[arg(long, value_name = "NUMBER")]
    from: Option<i64>,
}

impl Events {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::Tail(tail) => tail.perform(session).await,
            Self::Publish { file, how } => publish::perform(&session.to_change(how).await?, &file).await,
        }
    }
}

impl Tail {
    async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let store = session.look().await?.store.clone();
        let run = match &self.run {
            Some(name) => Some(find_run(&store, name).await?.to_string()),
            None => None,
        };
        let narrowed = run.is_some() || self.event_type.is_some();
        let mut seen = match self.from {
            Some(from) => from,
            None if narrowed => 0,
            None => (store.last_event().await? - LAST).max(0),
        };
        let fits = |row: &EventRow| {
            self.event_type.as_ref().is_none_or(|wanted| row.event.event_type == *wanted)
                && run.as_ref().is_none_or(|wanted| row.run.as_ref() == Some(wanted))
        };
        let mut stop = self.follow.then(|| signals::stop(session));
        loop {
            seen = show_after(session, &store, seen, &fits).await?;
            let Some(stop) = &mut stop else { return Ok(Exit::Success) };
            tokio::select! {
                _ = stop.changed() => return Ok(Exit::Interrupted),
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }
}

/// Shows what came after a place, and says how far it got.
async fn show_after(
    session: &Session,
    store: &Store,
    from: i64,
    fits: &impl Fn(&EventRow) -> bool,
) -> anyhow::Result<i64> {
    let mut seen = from;
    loop {
        let rows = store.events_after(seen, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(seen) };
        seen = last.seq;
        for row in rows.iter().filter(|row| fits(row)) {
            session.out.line(&line(session, row));
        }
    }
}

fn line(session: &Session, row: &EventRow) -> String {
    let event = &row.event;
    if session.out.json {
        return json!({"schemaVersion": 1, "seq": row.seq, "run": row.run, "event": event.to_value()}).to_string();
    }
    let place = match (&row.run, &event.artifact_uri) {
        (Some(run), Some(artifact)) => format!("{run} {artifact}"),
        (Some(run), None) => run.clone(),
        (None, Some(artifact)) => artifact.clone(),
        (None, None) => event.correlation_id.clone(),
    };
    format!(
        "{:>6}  {}  {:<26} {:<24} {}",
        row.seq,
        event.timestamp,
        format!("{}@{}", event.event_type, event.version),
        event.originating_agent,
        super::wording::printable(&place),
    )
}
