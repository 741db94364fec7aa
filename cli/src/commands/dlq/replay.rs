//! `forgeline dlq replay`: once more, perhaps with other inputs.

mod event;
mod run;

use std::collections::BTreeMap;

use clap::Args;
use forgeline_runner::{Runner, Watch};
use forgeline_store::{DeadLetterRow, Delivery, LetterState, Replayed, Subject};
use serde_json::json;

use super::find;
use crate::{
    app,
    commands::{Session, wording::printable},
    definitions::{self, InForce},
    exit::{Exit, Failure},
    rehearsal::DryRun,
    request::user,
};

/// What to try again.
#[derive(Debug, Args)]
pub struct Replay {
    /// Number of the letter.
    number: i64,
    /// Another value: of a field of the event (`a.b=…` reaches inside, values may be JSON), or of an input of the run.
    #[arg(long = "input", value_name = "NAME=VALUE")]
    inputs: Vec<String>,
    #[command(flatten)]
    how: DryRun,
}

/// What is done for a letter.
struct Attempt<'a> {
    runner: &'a Runner,
    in_force: &'a InForce,
    row: &'a DeadLetterRow,
    /// As they were typed.
    given: Vec<String>,
    inputs: BTreeMap<String, String>,
}

/// What came of it: the kind and name of what was made, and what `forgeline bot once` does with it.
struct Outcome {
    kind: &'static str,
    id: String,
    replayed: Replayed,
    next: &'static str,
}

impl Replay {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let session = &session.to_change(self.how).await?;
        let in_force = definitions::usable(definitions::load(session)?)?;
        let runner = app::open(session, in_force.registry.clone(), Watch::nobody()).await?;
        let row = find(&runner.store, self.number).await?;
        let inputs = pairs(&self.inputs)?;
        match &row.state {
            LetterState::Open | LetterState::Acknowledged => {}
            LetterState::Replayed(what) => {
                say(session, row.id, &Outcome::before(what));
                return Ok(Exit::Success);
            }
            LetterState::Dropped(why) => {
                let message = format!("dead letter {} was dropped: {why}; it is not tried again", row.id);
                anyhow::bail!(Failure::new(Exit::Failed, message));
            }
        }
        let attempt = Attempt {
            runner: &runner,
            in_force: &in_force,
            row: &row,
            given: self.inputs,
            inputs,
            dry_run: self.dry_run,
        };
        let outcome = attempt.perform().await?;
        runner.store.close().await;
        say(session, row.id, &outcome);
        Ok(Exit::Success)
    }
}

impl Attempt<'_> {
    async fn perform(&self) -> anyhow::Result<Outcome> {
        match &self.row.letter.subject {
            Subject::Event(_) | Subject::Published(_) => self.event().await,
            // What somebody handed in is an event as well; with other fields it is a new one.
            Subject::Delivery(_) if !self.inputs.is_empty() && self.row.letter.error_kind == "contract" => {
                self.event().await
            }
            Subject::Delivery(key) => self.delivery(key).await,
            Subject::Offer { event, subscription } => self.offer(event, subscription).await,
            Subject::Task { run, .. } | Subject::Run(run) => self.run(run).await,
        }
    }

    /// A delivery is decided again as it came.
    async fn delivery(&self, key: &str) -> anyhow::Result<Outcome> {
        self.refuse_inputs("a delivery is decided again as it came")?;
        let now = self.runner.clock.now();
        let replayed = self.runner.store.replay_delivery(self.row, key, &user(), now).await?;
        let replayed = replayed.ok_or_else(|| {
            let message = format!("delivery `{key}` is not in the inbox any more; nothing can be decided again");
            Failure::new(Exit::NotFound, message)
        })?;
        Ok(Outcome { kind: "delivery", id: key.to_owned(), replayed, next: "decides it again" })
    }

    /// An event is offered again to the one subscription that could not take it.
    async fn offer(&self, event: &str, subscription: &str) -> anyhow::Result<Outcome> {
        self.refuse_inputs("others have dealt with this event as it is")?;
        let body = json!({"event": event, "subscription": subscription});
        let delivery = Delivery {
            key: format!("replay/{}/{}", self.row.id, self.row.letter.attempts),
            source: "replay".into(),
            kind: "offer".into(),
            body: body.to_string().into_bytes(),
        };
        let now = self.runner.clock.now();
        let replayed = self.runner.store.replay_as_delivery(self.row, &delivery, &user(), now).await?;
        Ok(Outcome { kind: "delivery", id: delivery.key, replayed, next: "offers it to the subscription again" })
    }

    fn refuse_inputs(&self, why: &str) -> anyhow::Result<()> {
        if self.inputs.is_empty() {
            return Ok(());
        }
        let message = format!("`--input` does not fit: {why}; hand in a changed event with `forgeline events publish`");
        Err(Failure::new(Exit::Usage, message).into())
    }
}

fn pairs(inputs: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut pairs = BTreeMap::new();
    for pair in inputs {
        let (name, text) = pair
            .split_once('=')
            .ok_or_else(|| Failure::new(Exit::Usage, format!("`{pair}` is not an input; write it as `name=value`")))?;
        pairs.insert(name.to_owned(), text.to_owned());
    }
    Ok(pairs)
}

impl Outcome {
    /// Of a letter that was replayed before.
    fn before(what: &str) -> Self {
        let kind = if what.starts_with("run_") { "run" } else { "delivery" };
        Self { kind, id: what.to_owned(), replayed: Replayed::Before, next: "" }
    }
}

fn say(session: &Session, number: i64, outcome: &Outcome) {
    let Outcome { kind, id, replayed, next } = outcome;
    let (status, done) = match replayed {
        Replayed::Now => ("now", format!("replayed as {kind} {id}\n\nnext: `forgeline bot once` {next}")),
        Replayed::Before => ("before", format!("replayed before, as {id}; nothing is done twice")),
    };
    session.out.print("replayed", &json!({"number": number, "kind": kind, "as": id, "status": status}), || {
        format!("dead letter {number} is {}\n", printable(&done))
    });
}
