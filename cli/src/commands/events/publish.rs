//! `forgeline events publish`: an event by hand.

use std::path::Path;

use forgeline_model::{Criticality, Digest, Event};
use forgeline_registry::Registry;
use forgeline_store::{DeadLetter, Delivery, Received, Store, Subject};
use serde_json::{Value, json};

use crate::{
    app,
    commands::Session,
    definitions,
    exit::{Exit, Failure},
    input,
};

/// Longest event, bytes.
const MAX_BYTES: u64 = 1 << 20;
/// Most of a refused event that is kept.
const KEPT_BYTES: usize = 64 << 10;

/// Why an event is refused.
#[derive(Debug, PartialEq, Eq)]
struct Refused {
    subject: Subject,
    project: String,
    agent: String,
    kind: &'static str,
    reason: String,
}

pub(super) async fn perform(session: &Session, file: &Path) -> anyhow::Result<Exit> {
    let bytes = read(file)?;
    let in_force = definitions::usable(definitions::load(session)?)?;
    let checked = check(&bytes, &in_force.registry);
    let runner = app::open(session, in_force.registry.clone(), forgeline_runner::Watch::nobody()).await?;
    let now = runner.clock.now();
    match checked {
        Ok(event) => {
            let received = receive(&runner.store, &event, bytes, now).await?;
            say(session, &event, received);
            Ok(Exit::Success)
        }
        Err(refused) => {
            let reason = refused.reason.clone();
            let project = in_force.factory.config.project(&refused.project);
            let criticality = project.map(|project| project.criticality).unwrap_or_default();
            runner.store.give_up(&letter(refused, criticality, &bytes), now).await?;
            let kept = if session.is_rehearsal() { "would be" } else { "is" };
            let message = format!("{reason}; it {kept} kept in the dead letter queue: `forgeline dlq list`");
            Err(Failure::new(Exit::Invalid, message).into())
        }
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = input::read(file, "event", MAX_BYTES + 1)?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!(
            "`{}` is larger than 1 MiB; an event names what it speaks of and does not carry it",
            file.display()
        );
        return Err(Failure::new(Exit::Invalid, message).into());
    }
    Ok(bytes)
}

/// The event, if it keeps its contract.
fn check(bytes: &[u8], registry: &Registry) -> Result<Event, Refused> {
    let unreadable = |reason: String| Refused {
        subject: Subject::Published(Digest::of_bytes(bytes).short()),
        project: "default".into(),
        agent: "publish".into(),
        kind: "contract",
        reason,
    };
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| unreadable(format!("the event is not JSON: {error}")))?;
    let text =
        |name: &str, otherwise: &str| value[name].as_str().unwrap_or(otherwise).chars().take(100).collect::<String>();
    let refused = |reason: String| match value["event_id"].as_str() {
        None => unreadable(reason),
        Some(_) => Refused {
            subject: Subject::Event(text("event_id", "")),
            project: text("project_id", "default"),
            agent: text("originating_agent", "publish"),
            kind: "contract",
            reason,
        },
    };
    registry.validate_consumed(&value).map_err(|violation| refused(violation.to_string()))?;
    serde_json::from_value(value.clone())
        .map_err(|error| refused(format!("the event's envelope cannot be read: {error}")))
}

fn letter(refused: Refused, criticality: Criticality, bytes: &[u8]) -> DeadLetter {
    let kept = &bytes[..bytes.len().min(KEPT_BYTES)];
    DeadLetter {
        project: refused.project,
        criticality,
        agent: refused.agent,
        error_kind: refused.kind.into(),
        subject: refused.subject,
        body: String::from_utf8_lossy(kept).into_owned(),
        reason: refused.reason,
        attempts: 1,
        run: None,
    }
}

async fn receive(
    store: &Store,
    event: &Event,
    body: Vec<u8>,
    now: forgeline_model::Timestamp,
) -> anyhow::Result<Received> {
    let delivery = Delivery { key: event.event_id.to_string(), source: "publish".into(), kind: "event".into(), body };
    let received = store.receive(&[delivery], now).await?;
    Ok(received.into_iter().next().expect("one answer for one delivery"))
}

fn say(session: &Session, event: &Event, received: Received) {
    let word = match received {
        Received::New => "received",
        Received::Duplicate => "duplicate",
    };
    session.out.print("published", &json!({"event_id": event.event_id, "status": word}), || match received {
        Received::New => format!(
            "received {}@{} as {}\n\nnext: `forgeline bot once` lets the blueprints that listen to it start, \
             `forgeline why {}` tells what came of it\n",
            event.event_type, event.version, event.event_id, event.event_id
        ),
        Received::Duplicate => {
            format!("event {} was handed in before; nothing is done twice\n", event.event_id)
        }
    });
}

#[cfg(test)]
mod tests {
    use forgeline_registry::Registry;

    use super::check;

    #[track_caller]
    fn refused(bytes: &[u8], subject: &str, reason: &str) {
        let refused = check(bytes, Registry::built_in()).expect_err("refused");
        assert!(refused.subject.to_string().starts_with(subject), "{refused:?}");
        assert!(refused.reason.contains(reason), "{refused:?}");
    }

    #[test]
    fn what_is_no_event_is_refused_with_its_reason() {
        refused(b"\xff", "published ", "not JSON");
        refused(b"{}", "published ", "no text field `event_type`");
        refused(br#"{"event_id":"7","event_type":"Nope","version":"1.0"}"#, "event 7", "no contract is named `Nope`");
        refused(br#"{"event_id":"7","event_type":"RunStarted","version":"9.0"}"#, "event 7", "no version `9.0`");
    }
}
