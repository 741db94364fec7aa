//! A plan: everything a run will do, resolved to digests. An approval binds to its digest.

use forgeline_model::{
    DefinitionRef, Digest, StageId, Usd,
    task::{EventRef, Produces, Usage},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a run will do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The blueprint at the version used.
    pub blueprint: DefinitionRef,
    /// Every agent that a stage names, in name order.
    pub agents: Vec<DefinitionRef>,
    /// Digest of the contracts in force.
    pub contracts: Digest,
    /// Inputs after validation, defaults filled in.
    pub inputs: Value,
    /// Stages in an order in which each follows what it needs.
    pub stages: Vec<PlannedStage>,
    /// What the run may spend.
    pub budget: Budget,
    /// Protected paths that the blueprint asks to write.
    pub writes: Vec<WriteGrant>,
    /// What happens to independent stages once one has failed for good.
    #[serde(default, skip_serializing_if = "OnFailure::is_default")]
    pub on_failure: OnFailure,
    /// Which of several runs is worked on first; 0 to 100, higher first.
    #[serde(default = "default_priority", skip_serializing_if = "is_default_priority")]
    pub priority: u8,
}

/// The priority of a run whose blueprint names none.
pub const DEFAULT_PRIORITY: u8 = 50;

fn default_priority() -> u8 {
    DEFAULT_PRIORITY
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_default_priority(priority: &u8) -> bool {
    *priority == DEFAULT_PRIORITY
}

impl Plan {
    /// What an approval binds to.
    pub fn digest(&self) -> Digest {
        Digest::of(self)
    }

    /// A stage by id.
    pub fn stage(&self, id: &StageId) -> Option<&PlannedStage> {
        self.stages.iter().find(|stage| &stage.id == id)
    }
}

/// What happens to independent stages once one has failed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// Nothing more is started.
    #[default]
    FailFast,
    /// Stages that do not need the failed one go on; the run fails when they have ended.
    KeepGoing,
}

impl OnFailure {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// One node of the graph. What was added to it later is left out of the text when it says nothing, so that a plan has the same
/// digest as before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedStage {
    /// Its id in the blueprint.
    pub id: StageId,
    /// What is done.
    #[serde(flatten)]
    pub work: Work,
    /// Stages that come before.
    pub needs: Vec<StageId>,
    /// How those must have ended.
    #[serde(default, skip_serializing_if = "RunOn::is_default")]
    pub run_on: RunOn,
    /// The stage that this one undoes; it runs only when the run ends badly after that stage has ended well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compensates: Option<StageId>,
    /// Whether the run may end well though this stage fails.
    #[serde(default, skip_serializing_if = "is_false")]
    pub allow_failure: bool,
    /// A CEL condition over `inputs`, `work_item`, `project` and `stages`; false skips the stage.
    pub when: Option<String>,
    /// Parameters, unrendered.
    pub with: Value,
    /// Fan-out over a list known when the stage becomes ready.
    pub matrix: Option<Matrix>,
    /// Most tasks of the matrix at once.
    pub max_parallel: u32,
    /// Whether the other tasks of a matrix are still started once one has failed for good.
    #[serde(default, skip_serializing_if = "OnFailure::is_default")]
    pub on_item_failure: OnFailure,
    /// Files it may write.
    pub produces: Vec<Produces>,
    /// Events it may tell.
    pub emits: Vec<EventRef>,
    /// When and how often to try again.
    pub retry: RetryPolicy,
    /// Wall time of one attempt, milliseconds.
    pub timeout_ms: u64,
    /// Wall time of the whole stage with all its attempts, milliseconds; none means that only the run's own bounds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_timeout_ms: Option<u64>,
    /// What one attempt is expected to use at most; that much of the budget is set aside before it starts.
    #[serde(default, skip_serializing_if = "Usage::is_nothing")]
    pub reserve: Usage,
    /// Worker pool.
    pub pool: String,
}

impl PlannedStage {
    /// The agent that does the work, unless people do.
    pub fn agent(&self) -> Option<&DefinitionRef> {
        match &self.work {
            Work::Agent { agent } => Some(agent),
            Work::Approval { .. } => None,
        }
    }

    /// Who does the work, for people: `name@version`, or `approval`.
    pub fn performer(&self) -> String {
        self.agent().map_or_else(|| "approval".to_owned(), ToString::to_string)
    }

    /// Whether it may still start when the run is ending badly.
    pub fn is_cleanup(&self) -> bool {
        self.compensates.is_some() || matches!(self.run_on, RunOn::Failure | RunOn::Always)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// What a stage does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Work {
    /// An agent's task, or one for each element of a matrix.
    Agent {
        /// Which agent.
        agent: DefinitionRef,
    },
    /// People say yes or no. Nobody works meanwhile.
    Approval {
        /// Who, and how many.
        approval: ApprovalRule,
    },
}

/// Who must agree before a run goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// Roles that count, or higher ones.
    pub roles: Vec<String>,
    /// How many people, at least 1.
    pub min: u32,
    /// When the question lapses, milliseconds after it was asked; none means never.
    pub expires_ms: Option<u64>,
}

/// How the stages that a stage needs must have ended for it to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunOn {
    /// All ended well, or were skipped by their own condition.
    #[default]
    Success,
    /// At least one ended well; it does not wait for the others.
    Any,
    /// All ended, at least one badly.
    Failure,
    /// All ended, however; also when the run was cancelled.
    Always,
}

impl RunOn {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A stage's fan-out: one task for each element of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Matrix {
    /// Name under which the element stands in the task's context.
    pub variable: String,
    /// The list: a JSON array, or a reference `{{inputs.x}}`, `{{stages.api.outputs.entities}}`.
    pub over: Value,
}

/// Retries of a failed task. A lost worker does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryPolicy {
    /// Tries in all, at least 1.
    pub max_attempts: u32,
    /// Wait before the second, third, … try, milliseconds, before jitter; the last one repeats.
    pub backoff_ms: Vec<u64>,
}

impl Default for RetryPolicy {
    /// One try and three retries after 5 s, 45 s and 7 min (`DURABILITY`, REQUIREMENTS S6).
    fn default() -> Self {
        Self { max_attempts: 4, backoff_ms: vec![5_000, 45_000, 420_000] }
    }
}

/// What a run may spend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Model calls, US dollars.
    pub usd: Usd,
    /// Model tokens; none means no cap of its own.
    pub tokens: Option<u64>,
    /// Wall time of the run, milliseconds.
    pub wall_ms: u64,
    /// Attempts of tasks; none means no cap of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<u32>,
}

impl Default for Budget {
    /// 2 USD and 2 hours.
    fn default() -> Self {
        Self { usd: Usd::from_micros(2_000_000), tokens: None, wall_ms: 7_200_000, tasks: None }
    }
}

/// A protected path that a blueprint asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteGrant {
    /// Which paths.
    pub glob: String,
    /// What it wants to do there.
    pub mode: WriteMode,
}

/// What a blueprint wants to do with a protected path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WriteMode {
    /// Write it where the base has no such file; the pull request is labelled for a person.
    Create,
    /// Change it, if the factory's policy allows that to this blueprint.
    Change,
}
