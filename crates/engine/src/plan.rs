//! A plan: everything a run will do, resolved to digests. An approval binds to its digest.

use forgeline_model::{
    DefinitionRef, Digest, StageId, Usd,
    task::{EventRef, Produces},
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

/// One node of the graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedStage {
    /// Its id in the blueprint.
    pub id: StageId,
    /// Who does the work.
    pub agent: DefinitionRef,
    /// Stages that must have ended well, or been skipped by their own condition.
    pub needs: Vec<StageId>,
    /// A CEL condition over `inputs`, `work_item`, `project` and `stages`; false skips the stage.
    pub when: Option<String>,
    /// Parameters, unrendered.
    pub with: Value,
    /// Fan-out over a list known when the stage becomes ready.
    pub matrix: Option<Matrix>,
    /// Most tasks of the matrix at once.
    pub max_parallel: u32,
    /// Files it may write.
    pub produces: Vec<Produces>,
    /// Events it may tell.
    pub emits: Vec<EventRef>,
    /// When and how often to try again.
    pub retry: RetryPolicy,
    /// Wall time of one attempt, milliseconds.
    pub timeout_ms: u64,
    /// Worker pool.
    pub pool: String,
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
}

impl Default for Budget {
    /// 2 USD and 2 hours.
    fn default() -> Self {
        Self { usd: Usd::from_micros(2_000_000), tokens: None, wall_ms: 7_200_000 }
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
