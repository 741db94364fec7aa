//! A button of a check that somebody pressed, as a webhook tells it. Only a hint: who it was, what they may do and what stands
//! on the check is asked of the forge before anything is done.

use forgeline_forge::remote::button::{CANCEL, RERUN};
use serde::{Deserialize, Serialize};

/// Somebody pressed a button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Press {
    /// `owner/name`.
    pub repo: String,
    /// The check, by the forge's number.
    pub check: u64,
    /// The commit that it stands on, 40 hex digits.
    pub commit: String,
    /// What they want.
    pub wants: Wants,
    /// The login of who pressed it.
    pub login: String,
    /// The number of that account, which no other one ever has.
    pub account: u64,
    /// The forge's own number of the delivery; a redelivery has the same.
    pub delivery: String,
}

/// What a button asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wants {
    /// Once more.
    Rerun,
    /// No more.
    Cancel,
}

#[derive(Deserialize)]
struct Payload {
    action: String,
    requested_action: Option<Requested>,
    check_run: CheckRun,
    repository: Repository,
    sender: Sender,
}

#[derive(Deserialize)]
struct Requested {
    identifier: String,
}

#[derive(Deserialize)]
struct CheckRun {
    id: u64,
    head_sha: String,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

#[derive(Deserialize)]
struct Sender {
    login: String,
    id: u64,
}

impl Press {
    /// Reads GitHub's `check_run`; none when nobody pressed a button of Forgeline's there.
    pub fn of_github(body: &[u8], delivery: &str) -> Option<Self> {
        let payload: Payload = serde_json::from_slice(body).ok()?;
        let wants = match (payload.action.as_str(), payload.requested_action.map(|it| it.identifier).as_deref()) {
            ("rerequested", _) | ("requested_action", Some(RERUN)) => Wants::Rerun,
            ("requested_action", Some(CANCEL)) => Wants::Cancel,
            _ => return None,
        };
        Some(Self {
            repo: payload.repository.full_name,
            check: payload.check_run.id,
            commit: payload.check_run.head_sha,
            wants,
            login: payload.sender.login,
            account: payload.sender.id,
            delivery: delivery.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Press, Wants};

    fn read(action: &str, more: &Value) -> Option<Wants> {
        let mut payload = json!({
            "action": action, "check_run": {"id": 7, "head_sha": "0".repeat(40)},
            "repository": {"full_name": "acme/shop"}, "sender": {"login": "ana", "id": 3},
        });
        payload.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        Press::of_github(payload.to_string().as_bytes(), "d1").map(|press| {
            assert_eq!((press.login.as_str(), press.account, press.check), ("ana", 3, 7));
            press.wants
        })
    }

    #[test]
    fn only_buttons_of_forgeline_are_pressed() {
        let button = |identifier: &str| json!({"requested_action": {"identifier": identifier}});
        assert_eq!(read("rerequested", &json!({})), Some(Wants::Rerun));
        assert_eq!(read("requested_action", &button("re-run")), Some(Wants::Rerun));
        assert_eq!(read("requested_action", &button("cancel")), Some(Wants::Cancel));
        assert_eq!(read("requested_action", &button("fix")), None);
        assert_eq!(read("requested_action", &json!({})), None);
        assert_eq!(read("completed", &json!({})), None);
        assert_eq!(Press::of_github(b"{", "d1"), None);
        assert_eq!(Press::of_github(b"{\"action\":\"rerequested\"}", "d1"), None);
    }
}
