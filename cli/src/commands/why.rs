//! `forgeline why`: the recorded decision behind something that happened, or did not.

mod subject;
mod text;

use clap::Args;
use forgeline_blueprints::blueprint::Trigger;
use forgeline_store::{DeadLetterRow, DecisionRow, EventRow, LetterFilter, RunView, Store};
use serde_json::{Value, json};

use super::{Session, dlq};
use crate::{
    definitions::{self, InForce},
    exit::{Exit, Failure},
};

/// Tell why something happened, or did not.
///
/// Shows each blueprint that was considered, the first condition that failed with what was expected and found, and the
/// line of the rule; for a run also why each stage ran or did not, and what the write gate said.
///
/// Example: `forgeline why @latest`
#[derive(Debug, Args)]
pub struct Why {
    /// A run, an event id, a delivery, a work item (`owner/name#7`), a commit.
    pub subject: String,
}

/// All that is known about a subject.
#[derive(Default)]
pub(crate) struct Known {
    runs: Vec<RunView>,
    decisions: Vec<DecisionRow>,
    event: Option<EventRow>,
    /// Blueprints that listen to events of its type, each with its rule.
    listeners: Vec<String>,
    letters: Vec<DeadLetterRow>,
    /// A delivery of this name waits to be looked at.
    waits: bool,
}

impl Known {
    fn is_nothing(&self) -> bool {
        self.runs.is_empty()
            && self.decisions.is_empty()
            && self.event.is_none()
            && self.letters.is_empty()
            && !self.waits
    }
}

impl Why {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let runner = session.look().await?;
        let mut known = find(&runner.store, &self.subject, runner.clock.now()).await?;
        if let Some(row) = &known.event {
            known.listeners = listeners(&definitions::load(session)?, &row.event.event_type);
        }
        if known.is_nothing() {
            anyhow::bail!(Failure::new(
                Exit::NotFound,
                format!(
                    "nothing is known about `{}`: no run, event, delivery, work item, commit, decision or dead letter has this \
                     name; `forgeline runs list` and `forgeline events tail` show what there is",
                    self.subject
                )
            ));
        }
        session.out.print("why", &value(&self.subject, &known), || text::all(session, &known));
        Ok(Exit::Success)
    }
}

/// Blueprints that listen to events of a type, by the definitions in force.
fn listeners(in_force: &InForce, event_type: &str) -> Vec<String> {
    let mut found = Vec::new();
    for blueprint in in_force.factory.blueprints() {
        for (index, trigger) in blueprint.manifest.on.iter().enumerate() {
            let Trigger::Event(event) = trigger else { continue };
            if event.event_type == event_type {
                let line = blueprint.document.place(&format!("/on/{index}")).line;
                let when = event.when.as_ref().map(|when| format!(" when {when}")).unwrap_or_default();
                found.push(format!(
                    "{} listens to {event_type}@{}{when} ({}:{line})",
                    blueprint.reference, event.version, blueprint.document.file
                ));
            }
        }
    }
    found
}

async fn find(store: &Store, name: &str, now: forgeline_model::Timestamp) -> anyhow::Result<Known> {
    let mut known = Known::default();
    for id in subject::runs(store, name).await? {
        let view = store.run(&id).await?;
        for subject in [Some(id.to_string()), subject::item(&view), subject::cause(&view)].into_iter().flatten() {
            known.decisions.extend(about(store, &subject).await?);
        }
        known.runs.push(view);
    }
    known.event = subject::event(store, name).await?;
    known.decisions.extend(about(store, name).await?);
    let mut seen = Vec::new();
    known.decisions.retain(|row| {
        let is_new = !seen.contains(row);
        if is_new {
            seen.push(row.clone());
        }
        is_new
    });
    known.letters = store.dead_letters(&LetterFilter::default()).await?;
    known.letters.retain(|row| {
        subject::mentions(&row.name(), name)
            || row.letter.run.as_ref().is_some_and(|run| known.runs.iter().any(|view| view.spec.id == *run))
    });
    known.waits = store.pending(now).await?.iter().any(|row| subject::mentions(&row.delivery.key, name));
    Ok(known)
}

/// Decisions whose subject names it as a whole word.
async fn about(store: &Store, name: &str) -> anyhow::Result<Vec<DecisionRow>> {
    if name.is_empty() || name.starts_with('@') {
        return Ok(Vec::new());
    }
    let mut rows = store.decisions(name).await?;
    rows.retain(|row| subject::mentions(&row.decision.subject, name));
    Ok(rows)
}

fn value(name: &str, known: &Known) -> Value {
    json!({
        "subject": name,
        "decisions": known.decisions.iter().map(|row| json!({
            "subject": row.decision.subject, "rule": row.decision.rule, "verdict": row.decision.verdict,
            "detail": row.decision.detail, "at": row.at.to_string(),
        })).collect::<Vec<_>>(),
        "runs": known.runs.iter().map(text::run_value).collect::<Vec<_>>(),
        "listeners": known.listeners,
        "event": known.event.as_ref().map(|row| row.event.to_value()),
        "dead_letters": known.letters.iter().map(dlq::brief).collect::<Vec<_>>(),
        "waits": known.waits,
    })
}
