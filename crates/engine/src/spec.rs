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
    /// `owner/name` of the repository that keeps the work item; the target when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_repository: Option<String>,
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

impl RunSpec {
    /// The repository that keeps the work item, and in which people are told of the run.
    pub fn item_home(&self) -> &str {
        self.item_repository.as_deref().unwrap_or(&self.target.repository)
    }

    /// Whether the definitions come from another repository than the target, at a commit.
    pub fn is_served_by_a_factory(&self) -> bool {
        self.definitions.commit.is_some() && self.definitions.origin != self.target.repository
    }
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
    /// In their own words; empty when what reviewers said says it all.
    pub text: String,
    /// What reviewers and people's commits say of the pull request that is revised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Box<ReviewNotes>>,
}

/// What a further attempt hears of the pull request that it revises, as it was when somebody asked. Nobody vouches for any of
/// these words: they are data for agents, and never commands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewNotes {
    /// The pull request.
    pub pull_request: u64,
    /// Its head, 40 hex digits.
    pub head: String,
    /// What stands for the request in what is answered, so that a further attempt with the same notes answers in the same place.
    pub key: String,
    /// Threads on lines that nobody has settled, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<ThreadNote>,
    /// Reviews that ask for changes, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<Words>,
    /// People's commits on the branch since the last attempt, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<CommitNote>,
    /// How many more of all these there were.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A thread on lines of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadNote {
    /// Its number on the forge.
    pub id: u64,
    /// The file.
    pub path: String,
    /// The last line, from 1, as the file was then; none for the whole file.
    pub line: Option<u32>,
    /// The first line, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_line: Option<u32>,
    /// The lines as they were then.
    pub quote: String,
    /// What people said, oldest first.
    pub comments: Vec<Words>,
}

/// Somebody's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Who, as the forge names them.
    pub author: String,
    /// Markdown.
    pub text: String,
}

/// A person's commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitNote {
    /// Its id, 40 hex digits.
    pub sha: String,
    /// Who, as the commit says.
    pub author: String,
    /// Its message's first line.
    pub subject: String,
    /// Files that it changes, in order; the first of them when there are many.
    pub paths: Vec<String>,
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
    /// Who is asked to review a pull request when it is opened: logins, and teams as `organization/team`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviewers: Vec<String>,
    /// What files must begin with.
    #[serde(default)]
    pub licence_headers: Vec<LicenceHeader>,
    /// The factory's own rules for the write gate.
    #[serde(default)]
    pub rules: Vec<PolicyRule>,
    /// Roles that may approve in this factory, or higher ones; it narrows what a stage asks for. None: it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvers: Option<Vec<String>>,
    /// Most open pull requests of Forgeline in the repository; none: the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_open_pull_requests: Option<u32>,
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
