//! What the host asks of an agent's child process, and what it gets back: the typed pipe's messages.
//!
//! The agent holds nothing: no token, no path of the host, no network. Everything it may know is in the request and
//! everything it wants written is in the proposal, which the write gate judges.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{DefinitionRef, RegistryChange, RunId, StageId, Timestamp, TraceId, Usd};

/// An agent's files, sent once per child process before the first task that uses them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AgentBundle {
    /// Which agent.
    pub agent: DefinitionRef,
    /// Its files, `agent.yaml` and what lies beside it; UTF-8 only.
    pub files: BTreeMap<String, String>,
}

/// One element of a stage's matrix, or the stage itself when it has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRequest {
    /// Trace of the run, for spans and logs.
    pub trace_id: TraceId,
    /// The run.
    pub run: RunId,
    /// The stage.
    pub stage: StageId,
    /// The matrix element's name, if the stage has a matrix.
    pub item: Option<String>,
    /// From 1.
    pub attempt: u32,
    /// The agent, by name, version and digest.
    pub agent: DefinitionRef,
    /// The stage's `with`, unrendered: text in it is a template over `context`.
    pub with: Value,
    /// What templates may name: `inputs`, `work_item`, `project`, `run` (blueprint, branch), `stages.<id>.outputs`,
    /// `stages.<id>.artifacts`, the matrix variable by its name, `knowledge` (hits).
    pub context: Value,
    /// The registry that a pull request changes, for an agent that reviews contracts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_change: Option<Box<RegistryChange>>,
    /// What the stage says it produces.
    pub produces: Vec<Produces>,
    /// Event types that the stage says it emits.
    pub emits: Vec<EventRef>,
    /// Bounds of this task.
    pub limits: TaskLimits,
}

/// A file or a glob of files that a stage declares, with the artifact type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Produces {
    /// A path or glob; every file a proposal writes must match one of its stage's.
    pub path: String,
    /// Artifact type, `VisionDocument`.
    #[serde(rename = "type")]
    pub artifact_type: String,
}

/// An event contract at a version, `VisionDocumentCreated@1.0` in a blueprint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventRef {
    /// Contract name.
    pub event_type: String,
    /// `major.minor`.
    pub version: String,
}

/// Bounds of one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLimits {
    /// Wall time of the attempt, milliseconds.
    pub timeout_ms: u64,
    /// Address space of the child, bytes.
    pub memory_bytes: u64,
    /// All files of the proposal together, bytes.
    pub output_bytes: u64,
    /// Files in the proposal.
    pub files: u32,
}

impl Default for TaskLimits {
    fn default() -> Self {
        Self { timeout_ms: 600_000, memory_bytes: 1 << 30, output_bytes: 4 << 20, files: 100 }
    }
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum TaskOutcome {
    /// The agent proposes this.
    Done(Proposal),
    /// The agent failed.
    Failed(TaskFailure),
    /// A provider takes nothing more for now. That is nobody's failure: the same task goes on later.
    Parked {
        /// When the provider takes more.
        until: Timestamp,
        /// Which provider, and what it said.
        reason: String,
    },
}

/// What work cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Model calls, US dollars.
    pub usd: Usd,
    /// Model tokens, in and out.
    pub tokens: u64,
}

impl Usage {
    /// Whether it cost nothing.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { usd: self.usd + other.usd, tokens: self.tokens.saturating_add(other.tokens) }
    }
}

/// What an agent asks to be written and told. Nothing of it has happened yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Files to write.
    pub files: Vec<ProposedFile>,
    /// Values for later stages: `stages.<id>.outputs.<name>`.
    #[serde(default)]
    pub outputs: Map<String, Value>,
    /// Events to tell, with their own fields only; the host adds the envelope and validates.
    #[serde(default)]
    pub events: Vec<ProposedEvent>,
    /// What was checked, corrected and found, in order.
    #[serde(default)]
    pub validation: Vec<ValidationNote>,
    /// Skill that did the work, and why that one.
    #[serde(default)]
    pub skill: String,
    /// What it cost.
    #[serde(default, skip_serializing_if = "Usage::is_nothing")]
    pub usage: Usage,
}

/// A file to write. Regular, UTF-8, not executable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedFile {
    /// Path in the target repository, unchecked: the gate parses it.
    pub path: String,
    /// Artifact type from `produces`.
    pub artifact_type: String,
    /// The text.
    pub content: String,
}

/// An event to tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposedEvent {
    /// Contract name.
    pub event_type: String,
    /// `major.minor`.
    pub version: String,
    /// Own fields, without the envelope.
    pub fields: Map<String, Value>,
}

/// One validator's or fixer's word on a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidationNote {
    /// Validator or fixer, `yaml`, `fix:newline`.
    pub check: String,
    /// File it looked at; empty for the whole proposal.
    pub path: String,
    /// What came of it.
    pub verdict: NoteVerdict,
    /// For people; empty when it passed.
    pub message: String,
}

/// What a validator or fixer found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteVerdict {
    /// Nothing to say.
    Passed,
    /// A deterministic fixer changed the file.
    Corrected,
    /// The file is not as it must be.
    Failed,
}

/// Why a task failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct TaskFailure {
    /// Whether trying again can help.
    pub class: FailureClass,
    /// Stable kind for the dead letter queue: `template`, `validation`, `timeout`, `crash`, `limit`, `contract`.
    pub kind: String,
    /// What happened and what to do.
    pub message: String,
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The same task may succeed later.
    Retryable,
    /// It will fail in the same way again.
    Terminal,
}

/// What a child process is told, one message a line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum ToAgent {
    /// Remember this agent.
    Load(AgentBundle),
    /// Do this task; answered by one [`TaskOutcome`].
    Run(Box<TaskRequest>),
}
