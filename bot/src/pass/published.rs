//! An event that a person or another system published.

use forgeline_model::Event;
use forgeline_store::{Decision, InboxRow};
use serde_json::{Value, json};

use super::{Bot, PassError, Passed};

impl Bot {
    pub(super) async fn published(&self, row: &InboxRow, body: Value, _: &mut Passed) -> Result<(), PassError> {
        let runner = &self.runner;
        if let Err(violation) = runner.registries.own().validate_consumed(&body) {
            return self.bury(row, "contract", &violation.to_string()).await;
        }
        let event: Event = match serde_json::from_value(body) {
            Ok(event) => event,
            Err(error) => return self.bury(row, "contract", &format!("it has no envelope: {error}")).await,
        };
        let decision = Decision {
            subject: format!("event {}", event.event_id),
            rule: "event.published".into(),
            verdict: "accept".into(),
            detail: json!({"event_type": event.event_type, "version": event.version}),
        };
        runner.store.tell(&[(None, event)], &[decision], Some(row.seq), runner.clock.now()).await?;
        Ok(())
    }
}
