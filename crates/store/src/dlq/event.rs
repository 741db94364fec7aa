//! The event `DeadLettered`: what a compensating blueprint listens to.

use forgeline_engine::RunSpec;
use forgeline_model::{Digest, Event, Timestamp, TraceId, event::EventSource};
use serde_json::{Map, Value, json};
use sqlx::SqliteConnection;

use super::{DeadLetter, Subject};
use crate::StoreError;

/// Its contract.
const TYPE: &str = "DeadLettered";
const VERSION: &str = "1.1";
/// Longest name that the contract allows.
const NAME_CHARS: usize = 200;

/// The event that tells of a letter. None for a letter about such an event: one would follow from the other for ever.
pub(super) async fn of(
    tx: &mut SqliteConnection,
    id: i64,
    letter: &DeadLetter,
    now: Timestamp,
) -> Result<Option<Event>, StoreError> {
    let about: Option<Event> = serde_json::from_str(&letter.body).ok();
    if about.as_ref().is_some_and(|event| event.event_type == TYPE) {
        return Ok(None);
    }
    let source = match (&letter.run, &about) {
        (Some(run), _) => {
            let spec: String = sqlx::query_scalar("SELECT spec FROM run WHERE run_id = ?")
                .bind(run.as_str())
                .fetch_one(&mut *tx)
                .await?;
            let spec: RunSpec = serde_json::from_str(&spec).map_err(StoreError::unreadable("run"))?;
            spec.source
        }
        (None, Some(event)) => EventSource {
            trace_id: event.trace_id.clone(),
            correlation_id: event.correlation_id.clone(),
            project_id: event.project_id.clone(),
        },
        (None, None) => of_its_own(letter),
    };
    // The tries are part of it: a letter that is opened again is told again.
    let identity = format!("dead-letter {} {} {}", letter.subject, letter.error_kind, letter.attempts);
    let fields = fields(id, letter, about.as_ref());
    Ok(Some(Event::derived(&source, &identity, TYPE, VERSION, "forgeline", now, fields)))
}

/// The source of a letter that belongs to nothing else.
fn of_its_own(letter: &DeadLetter) -> EventSource {
    let subject = letter.subject.to_string();
    let trace = Digest::of_bytes(subject.as_bytes()).hex();
    EventSource {
        trace_id: trace[..32].parse::<TraceId>().expect("32 hex digits are a trace id"),
        correlation_id: cut(&subject),
        project_id: letter.project.parse().unwrap_or_else(|_| "default".parse().expect("`default` is a project id")),
    }
}

fn fields(id: i64, letter: &DeadLetter, about: Option<&Event>) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    put("dead_letter_id", json!(id.to_string()));
    put("error_kind", json!(letter.error_kind));
    put("severity", json!(letter.severity()));
    put("criticality", json!(letter.criticality));
    put("reason", json!(letter.reason));
    put("attempts", json!(letter.attempts));
    put("cause", json!(cut(&letter.cause().to_string())));
    if let Some(run) = &letter.run {
        put("run_id", json!(run));
    }
    if let Some(stage) = letter.subject.stage() {
        put("stage", json!(stage));
    }
    if !letter.agent.is_empty() {
        put("agent", json!(cut(&letter.agent)));
    }
    if let Some(event) = about {
        put("subject_type", json!(cut(&event.event_type)));
    }
    let subject = match &letter.subject {
        Subject::Event(id) | Subject::Offer { event: id, .. } | Subject::Published(id) | Subject::Delivery(id) => id,
        Subject::Task { .. } | Subject::Run(_) | Subject::Schedule(_) => return fields,
    };
    put("subject_id", json!(cut(subject)));
    fields
}

fn cut(text: &str) -> String {
    text.chars().take(NAME_CHARS).collect()
}
