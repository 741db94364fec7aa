//! An event that a subscription could not take, offered to it once more.

use forgeline_store::InboxRow;
use serde_json::{Value, json};

use super::{Offered, listeners};
use crate::pass::{Bot, PassError, Passed, ruling};

impl Bot {
    /// Offers the event that a replayed dead letter speaks of to the subscription that it speaks of, and to no other.
    pub(in crate::pass) async fn offer_again(
        &self,
        row: &InboxRow,
        body: &Value,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        let store = &self.runner.store;
        let (event, subscription) = (text(body, "event"), text(body, "subscription"));
        let Some(event) = store.event(event).await? else {
            return self.bury(row, "unreadable", "it names no event of the log").await;
        };
        let grounds = self.grounds().await?;
        let mut all = grounds.iter().flat_map(listeners);
        let Some(listener) = all.find(|listener| listener.name == subscription) else {
            let known: Vec<String> = grounds.iter().flat_map(listeners).map(|listener| listener.name).collect();
            let detail = json!({"expected": subscription, "actual": known});
            self.note_event(&event, "event.subscription", "ignore", detail, passed).await?;
            return self.rule(ruling::on(row), |_| Vec::new(), passed).await;
        };
        match self.offer(&listener, &event, row.attempts, passed).await? {
            // A crash in between offers it again; the run's trigger key makes that harmless.
            Offered::Done => self.rule(ruling::on(row), |_| Vec::new(), passed).await,
            // The decision says what is wrong; the delivery waits like any other.
            Offered::Waits => {
                let later = self.runner.clock.now().plus_millis(1_000 << row.attempts.min(10));
                Ok(store.postpone(row.seq, later).await?)
            }
        }
    }
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}
