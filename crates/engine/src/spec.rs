//! What is fixed about a run when it starts, and never changes.

use std::{collections::BTreeMap, fmt};

use forgeline_model::{RunId, RunKey, StageId, Timestamp, WorkItem, event::EventSource};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Plan, TaskId};

/// A run's fixed part, stored with its first journal entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSpec {
    /// Derived from `trigger_key`.
    pub id: RunId,
    /// Derived from `trigger_key`; the commit trailer.
    pub key: RunKey,
    /// What was asked, in terms that delivery, redelivery and rescan all yield.
    pub trigger_key: String,
    /// What started it, for people and for the record.
    pub trigger: Trigger,
    /// What its events have in common.
    pub source: EventSource,
    /// Where artifacts go.
    pub target: Target,
    /// The work item, if there is one.
    pub item: Option<WorkItem>,
    /// The pull request that it looks at, if it was started by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<PullRequestAt>,
    /// What it will do.
    pub plan: Plan,
    /// Where the definitions came from.
    pub definitions: Definitions,
    /// What the factory says about writing, at the protected base.
    pub policy: WritePolicy,
    /// Root of what conditions and templates may name: `inputs`, `work_item`, `project`, `run`, `event`.
    pub context: Value,
    /// Runs with the same name do not run at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<Concurrency>,
    /// The run that this one tries again, and what it may not take over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Again>,
    /// When it was decided; commits of the run carry this date, so that a retry gives the same id.
    pub created_at: Timestamp,
}

/// A pull request at one head. What stands there later is another matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequestAt {
    /// Its number.
    pub number: u64,
    /// The commit that is looked at, 40 hex digits.
    pub head: String,
    /// Where it left the branch that it would merge into, 40 hex digits.
    pub fork: String,
}

/// Runs of a group run one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concurrency {
    /// The group's name within the repository.
    pub group: String,
    /// Whether a newer run cancels the older ones of its group instead of waiting for them.
    pub cancel_in_progress: bool,
}

/// A run that tries another one again. Results are taken over by their digests, but for the stages named here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// The earlier run.
    pub of: RunId,
    /// From 2.
    pub attempt: u32,
    /// Tasks that are done anew though their result is known; one without an item stands for all of its stage.
    pub fresh: Vec<TaskId>,
    /// What a person wants otherwise, from a stage on.
    pub revision: Option<Revision>,
}

/// What a person wants otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The first stage that hears of it; those that need it hear of it too.
    pub stage: StageId,
    /// In their own words.
    pub text: String,
}

/// What started a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// `cli`, `command`, `label`, `work_item`, `event`, `schedule`.
    pub kind: String,
    /// Who, as the forge names them.
    pub actor: String,
    /// The command, label or event type.
    pub detail: String,
    /// How many runs led to this one by events; zero for one that a person asked for.
    #[serde(default)]
    pub chain_depth: u32,
}

/// Where artifacts go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// `local` for a repository of the local forge, `git` for a plain repository on this machine.
    pub forge: Forge,
    /// `owner/name` on a forge, the path of a plain repository.
    pub repository: String,
    /// Branch that a pull request would merge into.
    pub base_branch: String,
    /// Its commit when the run was decided, 40 hex digits.
    pub base: String,
    /// The run's own branch, without `refs/heads/`.
    pub branch: String,
}

/// Which kind of place a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Forge {
    /// Repository, issues and pull requests kept by Forgeline itself.
    Local,
    /// A plain Git repository: a branch, no pull request.
    Git,
}

/// Where the definitions of a run came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definitions {
    /// For people: a repository and commit, a folder, or `built in`.
    pub origin: String,
    /// The commit, when they came from one.
    pub commit: Option<String>,
    /// Whether they came from a working tree that is not committed.
    pub dirty: bool,
    /// Where the contracts came from; with the definitions when there is nothing here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contracts: Option<ContractsFrom>,
}

/// The repository that the contracts of a run came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractsFrom {
    /// `owner/name`, or a path.
    pub repository: String,
    /// The commit that is in force.
    pub commit: String,
    /// The branch's newest commit, when that one is not in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_back: Option<String>,
}

impl fmt::Display for ContractsFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |commit: &str| commit.get(..12).unwrap_or(commit).to_owned();
        write!(f, "{} at {}", self.repository, short(&self.commit))?;
        match &self.held_back {
            Some(tip) => write!(f, " ({} is newer and not in order)", short(tip)),
            None => Ok(()),
        }
    }
}

/// What a factory says about writing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WritePolicy {
    /// What may be done with protected paths, beyond the default.
    pub protected: Vec<ProtectionRule>,
    /// Whether pull requests are opened as drafts.
    pub draft: bool,
    /// What files must begin with.
    #[serde(default)]
    pub licence_headers: Vec<LicenceHeader>,
    /// The factory's own rules for the write gate.
    #[serde(default)]
    pub rules: Vec<PolicyRule>,
    /// Roles that may approve in this factory, or higher ones; it narrows what a stage asks for. None: it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvers: Option<Vec<String>>,
    /// Label of the work item by how far the run is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// State of the work item by how far the run is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub states: BTreeMap<String, String>,
}

/// Files that must begin with a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceHeader {
    /// Which files.
    pub glob: String,
    /// What their first line holds.
    pub text: String,
    /// Where it says so, `forgeline.yaml:12`.
    #[serde(default)]
    pub place: Option<String>,
}

/// A rule of the factory's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRule {
    /// Its id.
    pub id: String,
    /// A CEL condition over `file`, `change`, `project`, `blueprint` and `run`.
    pub when: String,
    /// What happens where it holds.
    pub verdict: PolicyVerdict,
    /// For people: why, and what to do.
    pub message: String,
    /// Where it stands, `forgeline.yaml:12`.
    #[serde(default)]
    pub place: Option<String>,
}

/// What happens where a rule's condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyVerdict {
    /// A person must look at the pull request.
    NeedsHuman,
    /// Nothing is written.
    Block,
}

/// What a factory says about writing to some paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// May be written.
    Allow,
    /// A person must look at the pull request.
    NeedsHuman,
    /// May not be written, whatever a blueprint asks for.
    Block,
}

/// One line of the factory's policy on protected paths. Where several match, the strictest counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtectionRule {
    /// Which paths.
    pub glob: String,
    /// What may be done there.
    pub mode: Protection,
    /// Blueprints that the line is for; empty means all.
    #[serde(default)]
    pub blueprints: Vec<String>,
    /// Where it stands, `forgeline.yaml:12`.
    #[serde(default)]
    pub place: Option<String>,
}
