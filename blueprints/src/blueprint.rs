//! A blueprint: what starts it, what it asks for, and the stages that do the work.

mod shape;
mod trigger;
mod trigger_shape;

use std::collections::BTreeMap;

use forgeline_engine::plan::{RunOn, WriteGrant};
use forgeline_model::task::Produces;
use forgeline_model::{StageId, Usd};
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{agent_use::AgentUse, period::Period};

pub use shape::SHAPE;
pub use trigger::{
    CheckUse, Drafts, LabelFilter, PeopleFilter, PullRequestAction, PullRequestTrigger, PushTrigger, SizeFilter,
    Trigger, WorkItemTrigger, fits,
};

/// A blueprint as its manifest `blueprint.yaml` states it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Blueprint {
    /// Name, version, owners.
    pub metadata: Metadata,
    /// What starts it; any of them.
    #[serde(default)]
    pub on: Vec<Trigger>,
    /// JSON Schema of the inputs; an object without fields when left out.
    #[serde(default = "no_inputs")]
    pub inputs: Value,
    /// What a run may spend.
    #[serde(default)]
    pub budget: Budget,
    /// Protected paths that it needs.
    #[serde(default)]
    pub writes: Vec<WriteGrant>,
    /// Whether nothing more is started once a stage has failed for good.
    #[serde(default = "yes")]
    pub fail_fast: bool,
    /// Runs that must not be under way at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<Concurrency>,
    /// Which of several runs comes first; 0 to 100, higher first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// The graph's nodes, in the order of the file.
    pub stages: Vec<Stage>,
    /// What to start when a stage has failed for good.
    #[serde(default)]
    pub on_failure: Vec<OnFailure>,
}

/// Who a blueprint is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Kebab-case name, the folder's too.
    pub name: String,
    /// Changed with every published change.
    pub version: Version,
    /// Users and teams that answer for it.
    #[serde(default)]
    pub owners: Vec<String>,
    /// One line for people.
    #[serde(default)]
    pub title: String,
    /// A paragraph for people.
    #[serde(default)]
    pub description: String,
    /// Kinds of project it fits.
    #[serde(default)]
    pub project_types: Vec<String>,
}

/// A repeated time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleTrigger {
    /// Minute, hour, day of month, month, day of week.
    pub cron: String,
    /// IANA name.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// What becomes of times at which nobody looked.
    #[serde(default)]
    pub misfire: Misfire,
}

/// What becomes of the times of a schedule that passed while nobody looked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misfire {
    /// They are left out.
    Skip,
    /// The last of them is made up for.
    #[default]
    Once,
    /// Each of them is made up for, the last 24 at most.
    All,
}

/// An event of the registry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventTrigger {
    /// Contract name.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Contract versions that it understands.
    #[serde(default)]
    pub version: VersionReq,
    /// CEL over `event`, the whole envelope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// What a run may spend; what is left out has the engine's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Model calls, US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd: Option<Usd>,
    /// Model tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Wall time of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall: Option<Period>,
    /// Attempts of tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks: Option<u32>,
}

/// Runs that must not be under way at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concurrency {
    /// Name within the repository; may refer to inputs and the work item.
    pub group: String,
    /// Whether a newer run cancels the older ones instead of waiting for them.
    #[serde(default)]
    pub cancel_in_progress: bool,
}

/// A node of the graph: an agent's work, or an approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Its id.
    pub id: StageId,
    /// One line for people.
    #[serde(default)]
    pub title: String,
    /// Who does the work; none for an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uses: Option<AgentUse>,
    /// Stages that come before.
    #[serde(default)]
    pub needs: Vec<StageId>,
    /// How those must have ended.
    #[serde(default)]
    pub run_on: RunOn,
    /// The stage that this one undoes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compensates: Option<StageId>,
    /// Whether the run may end well though this stage fails.
    #[serde(default)]
    pub allow_failure: bool,
    /// CEL over `inputs`, `work_item`, `project`, `run`, `event` and `stages`; false skips the stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Parameters of the agent; texts may refer to values.
    #[serde(default)]
    pub with: BTreeMap<String, Value>,
    /// One task for each element of a list: variable and list.
    #[serde(default)]
    pub matrix: BTreeMap<String, Value>,
    /// Most tasks at once.
    #[serde(default = "four")]
    pub max_parallel: u32,
    /// Whether a failed task of the matrix lets the rest go.
    #[serde(default = "yes")]
    pub fail_fast: bool,
    /// Files it may write.
    #[serde(default)]
    pub produces: Vec<Produces>,
    /// Event contracts it may emit, `Name@1.0`.
    #[serde(default)]
    pub emits: Vec<String>,
    /// When and how often to try again.
    #[serde(default)]
    pub retries: Retries,
    /// Wall time of one attempt; ten minutes when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Period>,
    /// Wall time of all attempts together; half an hour when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_timeout: Option<Period>,
    /// Worker pool.
    #[serde(default = "default_pool")]
    pub pool: String,
    /// Who must agree before what needs this stage goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

/// Retries of a failed task; what is left out has the engine's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retries {
    /// Tries in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// Waits before the second, third, … try; the last one repeats.
    #[serde(default)]
    pub backoff: Vec<Period>,
}

/// Who must agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Roles that count.
    pub roles: Vec<String>,
    /// How many people.
    #[serde(default = "one")]
    pub min: u32,
    /// When the question lapses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Period>,
}

/// What to start when a stage has failed for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnFailure {
    /// The stage.
    pub stage: StageId,
    /// The blueprint to start.
    pub run: String,
}

fn no_inputs() -> Value {
    json!({"type": "object", "properties": {}, "additionalProperties": false})
}

fn utc() -> String {
    "UTC".to_owned()
}

fn default_pool() -> String {
    "default".to_owned()
}

const fn yes() -> bool {
    true
}

const fn one() -> u32 {
    1
}

const fn four() -> u32 {
    4
}
