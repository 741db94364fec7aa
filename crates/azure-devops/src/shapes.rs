//! What is read of the answers, and no more.
//!
//! `azure_devops_rust_api` has a type for each answer, but takes many fields for certain that servers of other versions leave
//! out (`isDraft`, `createdBy` of what somebody made who is gone) and one that cannot be read loses a whole page.

use std::collections::BTreeMap;

use forgeline_forge::remote::Trouble;
use forgeline_model::Timestamp;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

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
        when(&text).map(Self).ok_or_else(|| serde::de::Error::custom("no point in time"))
    }
}

/// A point in time; servers leave out the zone now and then, and mean UTC.
pub(crate) fn when(text: &str) -> Option<Timestamp> {
    let parsed = text.parse::<jiff::Timestamp>().or_else(|_| format!("{text}Z").parse());
    Some(Timestamp::from_millis(parsed.ok()?.as_millisecond()))
}

/// A list, or one page of it. `null` is none.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct List<T> {
    #[serde(default = "Vec::new", deserialize_with = "or_empty")]
    pub(crate) value: Vec<T>,
}

fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct IdentityRef {
    pub(crate) id: Option<String>,
    pub(crate) unique_name: Option<String>,
    pub(crate) descriptor: Option<String>,
}

/// Who asks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectionData {
    pub(crate) authenticated_user: Identity,
}

/// Somebody, as the identity service knows them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Identity {
    pub(crate) id: String,
    /// What permissions are kept under.
    pub(crate) descriptor: Option<String>,
    pub(crate) subject_descriptor: Option<String>,
    pub(crate) provider_display_name: Option<String>,
    pub(crate) properties: BTreeMap<String, Value>,
}

impl Identity {
    /// The account's name.
    pub(crate) fn account(&self) -> Option<&str> {
        let account = self.properties.get("Account")?;
        account.as_str().or_else(|| account.get("$value")?.as_str())
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) visibility: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Repository {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) default_branch: Option<String>,
    #[serde(default)]
    pub(crate) is_disabled: Option<bool>,
    #[serde(default)]
    pub(crate) project: Option<Project>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pull {
    pub(crate) pull_request_id: i32,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) created_by: Option<IdentityRef>,
    #[serde(default)]
    pub(crate) closed_by: Option<IdentityRef>,
    pub(crate) creation_date: When,
    #[serde(default)]
    pub(crate) closed_date: Option<When>,
    #[serde(default)]
    pub(crate) is_draft: Option<bool>,
    pub(crate) source_ref_name: String,
    pub(crate) target_ref_name: String,
    /// Lists of some versions leave it out.
    #[serde(default)]
    pub(crate) labels: Option<Vec<Label>>,
    #[serde(default)]
    pub(crate) last_merge_source_commit: Option<CommitRef>,
    #[serde(default)]
    pub(crate) last_merge_commit: Option<CommitRef>,
    #[serde(default)]
    pub(crate) fork_source: Option<ForkSource>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ForkSource {
    #[serde(default)]
    pub(crate) repository: Option<Repository>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommitRef {
    #[serde(default)]
    pub(crate) commit_id: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Label {
    #[serde(default)]
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    /// False when it was taken off.
    #[serde(default)]
    pub(crate) active: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ref {
    pub(crate) name: String,
    pub(crate) object_id: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Thread {
    pub(crate) id: i32,
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) comments: Vec<ThreadComment>,
    #[serde(default)]
    pub(crate) is_deleted: Option<bool>,
    #[serde(default)]
    pub(crate) last_updated_date: Option<When>,
    #[serde(default)]
    pub(crate) properties: Option<BTreeMap<String, Value>>,
    /// `active`, `pending`, and what stands for settled: `fixed`, `wontFix`, `closed`, `byDesign`.
    #[serde(default)]
    pub(crate) status: Option<String>,
    /// Present where it is about a file.
    #[serde(default)]
    pub(crate) thread_context: Option<ThreadContext>,
}

/// Which lines of which file.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadContext {
    #[serde(default)]
    pub(crate) file_path: Option<String>,
    #[serde(default)]
    pub(crate) left_file_start: Option<Position>,
    #[serde(default)]
    pub(crate) left_file_end: Option<Position>,
    #[serde(default)]
    pub(crate) right_file_start: Option<Position>,
    #[serde(default)]
    pub(crate) right_file_end: Option<Position>,
}

/// A place in a file.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Position {
    #[serde(default)]
    pub(crate) line: Option<u32>,
}

impl Thread {
    /// Whether it stands on a file.
    pub(crate) fn is_on_a_file(&self) -> bool {
        self.thread_context.as_ref().is_some_and(|context| context.file_path.is_some())
    }

    /// Whether somebody said that it is settled.
    pub(crate) fn is_settled(&self) -> bool {
        matches!(self.status.as_deref(), Some("fixed" | "wontFix" | "closed" | "byDesign"))
    }

    /// A property's text.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        let value = self.properties.as_ref()?.get(name)?;
        value.as_str().or_else(|| value.get("$value")?.as_str())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadComment {
    pub(crate) id: i32,
    #[serde(default)]
    pub(crate) author: Option<IdentityRef>,
    #[serde(default)]
    pub(crate) content: Option<String>,
    #[serde(default)]
    pub(crate) comment_type: Option<String>,
    #[serde(default)]
    pub(crate) is_deleted: Option<bool>,
    pub(crate) published_date: When,
    /// Of the text; likes change `lastUpdatedDate` too.
    #[serde(default)]
    pub(crate) last_content_updated_date: Option<When>,
    #[serde(default)]
    pub(crate) last_updated_date: Option<When>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkItem {
    pub(crate) id: i32,
    #[serde(default)]
    pub(crate) rev: Option<i64>,
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Value>,
    /// `markdown` where the text is that.
    #[serde(default)]
    pub(crate) multiline_fields_format: Option<BTreeMap<String, String>>,
}

impl WorkItem {
    pub(crate) fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn person(&self, field: &str) -> Option<IdentityRef> {
        serde_json::from_value(self.fields.get(field)?.clone()).ok()
    }

    pub(crate) fn time(&self, field: &str) -> Option<Timestamp> {
        when(self.text(field))
    }
}

/// What a query found.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found {
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) work_items: Vec<FoundItem>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FoundItem {
    pub(crate) id: i32,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct WorkItemType {
    pub(crate) name: String,
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) states: Vec<StateOfType>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StateOfType {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) category: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Comments {
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) comments: Vec<WorkItemComment>,
    #[serde(default)]
    pub(crate) continuation_token: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkItemComment {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) text: Option<String>,
    #[serde(default)]
    pub(crate) format: Option<String>,
    #[serde(default)]
    pub(crate) created_by: Option<IdentityRef>,
    pub(crate) created_date: When,
    #[serde(default)]
    pub(crate) modified_date: Option<When>,
    #[serde(default)]
    pub(crate) is_deleted: Option<bool>,
}

/// One change of a work item.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Update {
    #[serde(default)]
    pub(crate) revised_by: Option<IdentityRef>,
    #[serde(default)]
    pub(crate) fields: Option<BTreeMap<String, FieldUpdate>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FieldUpdate {
    pub(crate) old_value: Value,
    pub(crate) new_value: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Push {
    #[serde(default)]
    pub(crate) pushed_by: Option<IdentityRef>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) ref_updates: Vec<RefUpdate>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefUpdate {
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) new_object_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessControlList {
    #[serde(default)]
    pub(crate) aces_dictionary: Option<BTreeMap<String, AccessControlEntry>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessControlEntry {
    #[serde(default)]
    pub(crate) allow: u32,
    #[serde(default)]
    pub(crate) deny: u32,
    #[serde(default)]
    pub(crate) extended_info: Option<ExtendedInfo>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExtendedInfo {
    #[serde(default)]
    pub(crate) effective_allow: Option<u32>,
    #[serde(default)]
    pub(crate) effective_deny: Option<u32>,
}
