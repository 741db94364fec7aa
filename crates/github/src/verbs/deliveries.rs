//! Webhooks of the App that did not arrive.

use std::collections::{BTreeMap, BTreeSet};

use forgeline_forge::remote::MissedHook;
use forgeline_model::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    api::{Api, Result},
    auth::Identity,
    shapes::When,
};

/// One attempt to deliver.
#[derive(Debug, Clone, Deserialize)]
struct Attempt {
    id: u64,
    /// Names what is told; a redelivery has the same.
    guid: String,
    delivered_at: When,
    status_code: u16,
    event: String,
    #[serde(default)]
    action: Option<String>,
}

#[derive(Deserialize)]
struct Full {
    request: Sent,
}

#[derive(Deserialize)]
struct Sent {
    payload: Option<Value>,
}

/// What was told at `since` or later, of these events, and never taken: the oldest first. None without an App, whose list it is,
/// and where no webhook is set up.
pub(crate) async fn missed(api: &Api, since: Timestamp, events: &[&str]) -> Result<Vec<MissedHook>> {
    if api.app().is_none() {
        return Ok(Vec::new());
    }
    let talk = api.talk(Identity::Own, "list the deliveries of webhooks");
    // The newest first: the rest is older still.
    let is_wanted = |attempt: &Attempt| attempt.delivered_at.0 >= since;
    let all = match talk.pages_while(talk.path(&["app", "hook", "deliveries"])?, is_wanted).await {
        Ok(all) => all,
        Err(error) if matches!(error.trouble, forgeline_forge::remote::Trouble::Missing(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    Ok(never_taken(all, events))
}

/// One attempt of each delivery of which no attempt was taken.
fn never_taken(all: Vec<Attempt>, events: &[&str]) -> Vec<MissedHook> {
    let taken: BTreeSet<String> =
        all.iter().filter(|it| (200..300).contains(&it.status_code)).map(|it| it.guid.clone()).collect();
    let mut found: BTreeMap<String, Attempt> = BTreeMap::new();
    for attempt in all.into_iter().filter(|it| events.contains(&it.event.as_str()) && !taken.contains(&it.guid)) {
        found.insert(attempt.guid.clone(), attempt);
    }
    let mut found: Vec<Attempt> = found.into_values().collect();
    found.sort_by_key(|it| (it.delivered_at.0, it.id));
    let missed = |it: Attempt| MissedHook { id: it.id, delivery: it.guid, event: it.event, action: it.action };
    found.into_iter().map(missed).collect()
}

/// What such a delivery told; none when GitHub does not keep it any more.
pub(crate) async fn body(api: &Api, id: u64) -> Result<Option<Vec<u8>>> {
    let doing = format!("read the delivery {id} of a webhook");
    let talk = api.talk(Identity::Own, &doing);
    let found: Option<Full> = talk.get_fresh(&talk.path(&["app", "hook", "deliveries", &id.to_string()])?).await?;
    Ok(found.and_then(|it| it.request.payload).map(|payload| payload.to_string().into_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Attempt, never_taken};

    fn attempt(id: u64, guid: &str, status: u16, event: &str) -> Attempt {
        let at = format!("2023-11-14T22:13:{id:02}Z");
        let shown = json!({
            "id": id, "guid": guid, "delivered_at": at, "status_code": status, "event": event, "action": "rerequested",
        });
        serde_json::from_value(shown).expect("an attempt")
    }

    #[test]
    fn one_attempt_that_was_taken_is_enough() {
        let all = vec![
            attempt(6, "c", 502, "check_run"),
            attempt(5, "d", 0, "check_run"),
            attempt(4, "a", 202, "check_run"),
            attempt(3, "c", 502, "check_run"),
            attempt(2, "b", 502, "push"),
            attempt(1, "a", 502, "check_run"),
        ];
        let found: Vec<(u64, String)> =
            never_taken(all, &["check_run"]).into_iter().map(|it| (it.id, it.delivery)).collect();
        assert_eq!(found, [(3, "c".to_owned()), (5, "d".to_owned())]);
    }
}
