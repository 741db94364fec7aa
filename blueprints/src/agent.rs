//! An agent: what it needs, the skills it has, what it hands over and what it may do.

mod shape;

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use shape::SHAPE;

/// An agent as its manifest `agent.yaml` states it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// Name, version, owners, group.
    pub metadata: Metadata,
    /// JSON Schema of its parameters: a stage's `with` and its matrix variable.
    #[serde(default = "any_object")]
    pub inputs: Value,
    /// Ways of doing the work; the first that is available does it.
    pub skills: Vec<Skill>,
    /// What it is told besides its parameters.
    #[serde(default)]
    pub context: Context,
    /// What it hands over.
    pub output: Output,
    /// How small failures are put right.
    #[serde(default)]
    pub correction: Correction,
    /// What it may do; nothing when left out.
    #[serde(default)]
    pub permissions: Permissions,
}

/// Who an agent is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Kebab-case name, the folder's too.
    pub name: String,
    /// Changed with every published change.
    pub version: Version,
    /// Users and teams that answer for it.
    #[serde(default)]
    pub owners: Vec<String>,
    /// Group in the catalogue, `development`.
    #[serde(default)]
    pub group: String,
    /// One line for people.
    #[serde(default)]
    pub title: String,
    /// A paragraph for people.
    #[serde(default)]
    pub description: String,
}

/// One way of doing the work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Skill {
    /// Its id, unique in the agent.
    pub id: String,
    /// What it does.
    #[serde(flatten)]
    pub work: Work,
}

/// What a skill does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Renders files.
    Template(TemplateWork),
    /// Asks a language model.
    Model(ModelWork),
    /// Runs a command in the sandbox.
    Command(CommandWork),
    /// Calls tools of an MCP server.
    Tool(ToolWork),
    /// Does other skills of this agent one after the other.
    Composite(CompositeWork),
    /// Judges the contracts that a pull request changes; its output `review` is shown on the pull request.
    ContractReview,
}

/// Renders files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TemplateWork {
    /// What to render, in this order.
    #[serde(default)]
    pub templates: Vec<TemplateFile>,
    /// Values for later stages, by name. A text that is exactly one `{{reference}}` keeps the value's type.
    #[serde(default)]
    pub outputs: BTreeMap<String, Value>,
    /// Fields of the events that it emits, by contract name.
    #[serde(default)]
    pub events: BTreeMap<String, BTreeMap<String, Value>>,
}

/// A file or a folder to render.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateFile {
    /// File, or folder with `/` at its end, beside `agent.yaml`. Files ending in `.hbs` are rendered and lose the
    /// ending, others are copied as they are.
    pub from: String,
    /// Path in the target repository; a folder ends in `/`. May hold `{{…}}`, as may the names of files in a folder.
    pub to: String,
    /// A reference to a list: once for each element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// Name of the element; `item` when left out.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// CEL; false leaves it out. It may name `with`, the element, and what a stage's condition may name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// Asks a language model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelWork {
    /// Template of the prompt, beside `agent.yaml`.
    pub prompt: String,
    /// JSON Schema of the answer, beside `agent.yaml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<String>,
    /// Name of a model of the operator's configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Bounds of one task.
    #[serde(default)]
    pub limits: ModelLimits,
}

/// Bounds of a model skill in one task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelLimits {
    /// Calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<u32>,
    /// Tokens in and out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
}

/// Runs a command in the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandWork {
    /// Program and arguments; never a shell.
    pub run: Vec<String>,
    /// Files that it may read, globs.
    #[serde(default)]
    pub reads: Vec<String>,
}

/// Calls tools of an MCP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolWork {
    /// Name of a server of the operator's configuration.
    pub server: String,
    /// Tools that it may call.
    #[serde(default)]
    pub tools: Vec<String>,
}

/// Does other skills one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositeWork {
    /// Ids of skills of the same agent.
    pub steps: Vec<String>,
}

/// What an agent is told besides its parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// Types of earlier artifacts of the run.
    #[serde(default)]
    pub artifacts: Vec<String>,
    /// Hits of the knowledge index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub knowledge: Option<KnowledgeRequest>,
    /// Files of the target repository, globs.
    #[serde(default)]
    pub files: Vec<String>,
}

/// A question to the knowledge index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnowledgeRequest {
    /// What to look for, with `{{…}}`; the work item's title when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Most hits.
    #[serde(default = "eight")]
    pub k: u32,
    /// Most tokens of all hits together.
    #[serde(default = "three_thousand")]
    pub max_tokens: u32,
}

/// What an agent hands over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Artifact type of what it writes.
    #[serde(rename = "type")]
    pub artifact_type: String,
    /// Validators that every file must pass.
    #[serde(default)]
    pub validators: Vec<String>,
    /// Artifact types of other files, by glob; the first match in alphabetical order of the globs counts.
    #[serde(default)]
    pub types: BTreeMap<String, String>,
}

/// How small failures are put right.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Deterministic fixers, in this order.
    #[serde(default)]
    pub fixers: Vec<String>,
    /// Model calls for what the fixers leave.
    #[serde(default)]
    pub model_repairs: u32,
}

/// What an agent may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permissions {
    /// Network: there is none.
    #[serde(default)]
    pub network: Network,
    /// Programs that a command skill may start.
    #[serde(default)]
    pub commands: Vec<String>,
}

/// Network of an agent's process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// None at all.
    #[default]
    None,
}

impl Agent {
    /// The skill that does the work in this build: the first whose kind is available.
    pub fn skill(&self) -> Option<&Skill> {
        self.skills.iter().find(|skill| match &skill.work {
            Work::Template(_) | Work::ContractReview => true,
            Work::Model(_) | Work::Command(_) | Work::Tool(_) | Work::Composite(_) => false,
        })
    }

    /// The same, when it renders files.
    pub fn template(&self) -> Option<(&Skill, &TemplateWork)> {
        self.skill().and_then(|skill| match &skill.work {
            Work::Template(work) => Some((skill, work)),
            _ => None,
        })
    }
}

impl Work {
    /// The kind, as the manifest names it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Template(_) => "template",
            Self::Model(_) => "model",
            Self::Command(_) => "command",
            Self::Tool(_) => "tool",
            Self::Composite(_) => "composite",
            Self::ContractReview => "contract_review",
        }
    }
}

impl TemplateFile {
    /// Name under which an element of `each` stands.
    pub fn variable(&self) -> &str {
        self.variable.as_deref().unwrap_or("item")
    }
}

fn any_object() -> Value {
    json!({"type": "object"})
}

const fn eight() -> u32 {
    8
}

const fn three_thousand() -> u32 {
    3000
}
