//! The event envelope, as it stands on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{Digest, ProjectId, Timestamp, TraceId};

/// An event: the standard envelope with the event's own fields as siblings.
///
/// On the wire: `{"event_id", "event_type", "trace_id", "correlation_id", "project_id", "originating_agent",
/// "version", "timestamp", "artifact_uri"?, …own fields}`. `version` is the contract's `major.minor`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Identity: the same fact, told twice, has the same id.
    pub event_id: Uuid,
    /// Contract name, `VisionDocumentCreated`.
    pub event_type: String,
    /// Trace of the run that told it.
    pub trace_id: TraceId,
    /// What it belongs to across runs: the work item's or first event's correlation.
    pub correlation_id: String,
    /// Project it concerns.
    pub project_id: ProjectId,
    /// Agent or component that told it.
    pub originating_agent: String,
    /// Contract version, `major.minor`.
    pub version: String,
    /// RFC 3339, UTC.
    pub timestamp: String,
    /// Where the artifact is that it speaks of.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub artifact_uri: Option<String>,
    /// The event's own fields.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// What all events of a run have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSource {
    /// Trace of the run.
    pub trace_id: TraceId,
    /// Correlation handed on from the trigger.
    pub correlation_id: String,
    /// Project of the run.
    pub project_id: ProjectId,
}

impl Event {
    /// An event whose id is derived from `identity`, so that a repeated effect tells the same event again.
    pub fn derived(
        source: &EventSource,
        identity: &str,
        event_type: &str,
        version: &str,
        originating_agent: &str,
        at: Timestamp,
        fields: Map<String, Value>,
    ) -> Self {
        Self {
            event_id: derived_id(identity),
            event_type: event_type.to_owned(),
            trace_id: source.trace_id.clone(),
            correlation_id: source.correlation_id.clone(),
            project_id: source.project_id.clone(),
            originating_agent: originating_agent.to_owned(),
            version: version.to_owned(),
            timestamp: at.to_string(),
            artifact_uri: None,
            fields,
        }
    }

    /// The wire form.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("an event serialises: string keys, plain values")
    }
}

/// A version-8 UUID made of the digest of `identity`.
pub fn derived_id(identity: &str) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Digest::of_bytes(identity.as_bytes()).bytes()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::{Event, EventSource};
    use crate::{RunId, Timestamp, TraceId};

    #[test]
    fn own_fields_are_siblings_of_the_envelope_and_the_id_is_stable() {
        let run = RunId::of_trigger("t");
        let source = EventSource {
            trace_id: TraceId::of_run(&run),
            correlation_id: "item-7".into(),
            project_id: "shop".parse().expect("valid"),
        };
        let mut fields = Map::new();
        fields.insert("vision_summary".into(), json!("short"));
        let event =
            |at| Event::derived(&source, "x", "VisionDocumentCreated", "1.0", "vision-architect", at, fields.clone());
        let first = event(Timestamp::from_millis(0)).to_value();
        assert_eq!(first["vision_summary"], "short");
        assert_eq!(first["event_id"], event(Timestamp::from_millis(9)).to_value()["event_id"]);
        assert!(first.get("artifact_uri").is_none());
    }
}
