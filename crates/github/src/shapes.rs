//! What is read of GitHub's answers, and no more: servers of other versions lack some fields and have others.

use std::collections::BTreeMap;

use forgeline_forge::remote::Trouble;
use forgeline_model::Timestamp;
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};

/// Reads an answer; an empty one as `null`.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Trouble> {
    let body = if body.is_empty() { b"null" } else { body };
    // The text of the answer is in no error: it is not ours to show.
    serde_json::from_slice(body).map_err(|error| {
        let what = if error.is_data() { "it lacks what was promised" } else { "it is no JSON" };
        Trouble::Unreadable(format!("{what}, at line {} column {}", error.line(), error.column()))
    })
}

/// A point in time, RFC 3339.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When(pub(crate) Timestamp);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time: jiff::Timestamp = text.parse().map_err(|_| D::Error::custom("no point in time"))?;
        Ok(Self(Timestamp::from_millis(time.as_millisecond())))
    }
}

/// A point in time as GitHub takes it in queries: whole seconds, the earlier one.
pub(crate) fn whole_seconds(time: Timestamp) -> String {
    match jiff::Timestamp::from_second(time.seconds().max(0)) {
        Ok(time) => time.to_string(),
        Err(_) => "1970-01-01T00:00:00Z".into(),
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Actor {
    pub(crate) login: String,
}

/// An account with its number, which no other account ever gets.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Numbered {
    pub(crate) id: u64,
}

/// The login, empty when the account is gone.
pub(crate) fn login(actor: Option<Actor>) -> String {
    actor.map(|actor| actor.login).unwrap_or_default()
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Label {
    Name(String),
    Full { name: Option<String> },
}

/// The names of labels.
pub(crate) fn names(labels: Vec<Label>) -> Vec<String> {
    let name = |label| match label {
        Label::Name(name) => Some(name),
        Label::Full { name } => name,
    };
    labels.into_iter().filter_map(name).collect()
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Repository {
    #[serde(default)]
    pub(crate) id: Option<u64>,
    pub(crate) full_name: String,
    #[serde(default)]
    pub(crate) private: bool,
    #[serde(default)]
    pub(crate) visibility: Option<String>,
    #[serde(default)]
    pub(crate) archived: bool,
    #[serde(default)]
    pub(crate) default_branch: Option<String>,
    #[serde(default)]
    pub(crate) pushed_at: Option<When>,
}

impl Repository {
    /// Whether not everybody may read it; an internal one is open to an enterprise only.
    pub(crate) fn is_private(&self) -> bool {
        self.private || self.visibility.as_deref().is_some_and(|word| word != "public")
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Repositories {
    pub(crate) repositories: Vec<Repository>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Installation {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) permissions: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) suspended_at: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Token {
    pub(crate) token: String,
    #[serde(default)]
    pub(crate) expires_at: Option<When>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct App {
    pub(crate) slug: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Issue {
    pub(crate) number: u64,
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) body: Option<String>,
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) user: Option<Actor>,
    #[serde(default)]
    pub(crate) labels: Vec<Label>,
    pub(crate) created_at: When,
    pub(crate) updated_at: When,
    #[serde(default)]
    pub(crate) closed_by: Option<Actor>,
    #[serde(default)]
    pub(crate) pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Pull {
    pub(crate) number: u64,
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) body: Option<String>,
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) user: Option<Actor>,
    #[serde(default)]
    pub(crate) labels: Vec<Label>,
    pub(crate) created_at: When,
    pub(crate) updated_at: When,
    #[serde(default)]
    pub(crate) draft: Option<bool>,
    #[serde(default)]
    pub(crate) merged: Option<bool>,
    #[serde(default)]
    pub(crate) merged_at: Option<String>,
    #[serde(default)]
    pub(crate) merged_by: Option<Actor>,
    #[serde(default)]
    pub(crate) merge_commit_sha: Option<String>,
    pub(crate) head: Side,
    pub(crate) base: Side,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Side {
    #[serde(rename = "ref")]
    pub(crate) name: String,
    pub(crate) sha: String,
    #[serde(default)]
    pub(crate) repo: Option<Named>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Named {
    pub(crate) full_name: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) issue_url: Option<String>,
    #[serde(default)]
    pub(crate) user: Option<Actor>,
    #[serde(default)]
    pub(crate) body: Option<String>,
    pub(crate) created_at: When,
    pub(crate) updated_at: When,
}

/// A comment on lines of a pull request.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ReviewComment {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) pull_request_review_id: Option<u64>,
    #[serde(default)]
    pub(crate) in_reply_to_id: Option<u64>,
    #[serde(default)]
    pub(crate) path: String,
    /// None when the line has changed since.
    #[serde(default)]
    pub(crate) line: Option<u32>,
    #[serde(default)]
    pub(crate) original_line: Option<u32>,
    #[serde(default)]
    pub(crate) original_start_line: Option<u32>,
    #[serde(default)]
    pub(crate) side: Option<String>,
    #[serde(default)]
    pub(crate) original_commit_id: Option<String>,
    #[serde(default)]
    pub(crate) user: Option<Actor>,
    #[serde(default)]
    pub(crate) body: Option<String>,
    pub(crate) created_at: When,
    pub(crate) updated_at: When,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Review {
    pub(crate) id: u64,
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) user: Option<Actor>,
    #[serde(default)]
    pub(crate) body: Option<String>,
    #[serde(default)]
    pub(crate) submitted_at: Option<When>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Permission {
    #[serde(default)]
    pub(crate) permission: Option<String>,
    #[serde(default)]
    pub(crate) role_name: Option<String>,
}

/// That something happened in a repository.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Occurred {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    pub(crate) actor: Option<Actor>,
    #[serde(default)]
    payload: Made,
}

/// What was made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Made {
    #[serde(rename = "ref")]
    reference: Option<String>,
    ref_type: Option<String>,
}

impl Occurred {
    /// Whether it is that this tag was made.
    pub(crate) fn made_tag(&self, tag: &str) -> bool {
        self.kind.as_deref() == Some("CreateEvent")
            && self.payload.ref_type.as_deref() == Some("tag")
            && self.payload.reference.as_deref() == Some(tag)
    }
}

/// That a branch moved.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Activity {
    #[serde(default)]
    pub(crate) after: Option<String>,
    #[serde(default)]
    pub(crate) actor: Option<Actor>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct IssueEvent {
    #[serde(default)]
    pub(crate) event: String,
    #[serde(default)]
    pub(crate) actor: Option<Actor>,
    #[serde(default)]
    pub(crate) label: Option<Label>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CheckRuns {
    pub(crate) check_runs: Vec<CheckRun>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CheckRun {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) external_id: Option<String>,
    #[serde(default)]
    pub(crate) head_sha: Option<String>,
    #[serde(default)]
    pub(crate) app: Option<AppId>,
    #[serde(default)]
    pub(crate) output: Option<Output>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AppId {
    pub(crate) id: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Output {
    #[serde(default)]
    pub(crate) annotations_count: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Mark {
    pub(crate) path: String,
    pub(crate) start_line: u32,
    #[serde(default)]
    pub(crate) annotation_level: Option<String>,
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Status {
    #[serde(default)]
    pub(crate) context: String,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
}
