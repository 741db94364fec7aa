//! The statement: in-toto v1 around a predicate of Forgeline's own, with SLSA's names where they fit.
//! <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>

use std::collections::BTreeMap;

use forgeline_model::Digest;
use serde::{Deserialize, Serialize};

/// Type of the statement.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// Type of the predicate. A change that a reader must know of gets another number.
const PREDICATE: &str = "https://forgeline.dev/provenance/v1";
/// Key of a SHA-256 digest in a digest set.
const SHA256: &str = "sha256";

/// Algorithm to hex digits, as in-toto writes digests.
pub(super) type DigestSet = BTreeMap<String, String>;

/// What was made, and out of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    #[serde(rename = "_type")]
    statement_type: String,
    /// The generated files, in the order of their paths.
    pub subject: Vec<Subject>,
    predicate_type: String,
    /// How they came about.
    pub predicate: Predicate,
}

/// A generated file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Path in the repository.
    pub name: String,
    /// Its content.
    digest: DigestSet,
}

/// How the files came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Predicate {
    /// What went in.
    pub build_definition: BuildDefinition,
    /// Which run it was.
    pub run_details: RunDetails,
    /// What each task did, in the order of the plan.
    pub stages: Vec<Stage>,
    /// Models that were asked.
    pub models: Vec<Model>,
    /// Who approved it.
    pub approvals: Vec<Approval>,
    /// What it cost.
    pub cost: Cost,
    /// What the write gate said.
    pub gate: Gate,
}

/// What went in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildDefinition {
    /// What the parameters mean.
    pub build_type: String,
    /// What somebody asked for.
    pub external_parameters: ExternalParameters,
    /// What followed from it.
    pub internal_parameters: InternalParameters,
    /// Definitions and the base, by digest.
    pub resolved_dependencies: Vec<Dependency>,
}

/// What somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalParameters {
    /// `name@version`.
    pub blueprint: String,
    /// `cli`, `command`, `label`, `work_item`, `event`.
    pub trigger: String,
    /// Digest of the inputs.
    pub inputs: Digest,
    /// Id of the work item; with its repository before it, `acme/tracker#7`, when that is not the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
}

/// What followed from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternalParameters {
    /// Digest of the plan.
    pub plan: Digest,
    /// Digest of the event contracts in force.
    pub contracts: Digest,
}

/// Something that the run used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// `blueprint/<name>@<version>`, `agent/<name>@<version>`, `base`, `factory/<repository>`.
    pub name: String,
    /// `sha256` of a definition's files; `gitTree` of the base; `gitCommit` of a factory that is another repository.
    pub digest: DigestSet,
}

/// Which run it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDetails {
    /// Who made it.
    pub builder: Builder,
    /// Key and time.
    pub metadata: Metadata,
}

/// Who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Builder {
    /// Always the same; who ran it is told by the signature.
    pub id: String,
    /// Version of Forgeline.
    pub version: BTreeMap<String, String>,
}

/// Key and time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The run's key, also a trailer of its commit.
    pub invocation_id: String,
    /// When the run was decided, RFC 3339; the commit has the same date.
    pub started_on: String,
}

/// What one task did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The stage.
    pub id: String,
    /// The matrix element.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Digest of all that its result depends on.
    pub key: Digest,
    /// What it proposed; a person's edits may have been merged into what was written.
    pub outputs: Vec<Output>,
}

/// A proposed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Path in the repository.
    pub path: String,
    /// Artifact type.
    #[serde(rename = "type")]
    pub artifact_type: String,
    /// Digest of the content.
    pub digest: Digest,
}

/// A model that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Its name, as the provider reports it.
    pub name: String,
    /// Digest of the prompt's text.
    pub prompt: Digest,
}

/// Somebody who approved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// The stage that waited for it.
    pub stage: String,
    /// Who, as the forge names them.
    pub by: String,
    /// The role that they had then.
    pub role: String,
    /// Digest of what they agreed to.
    pub subject: Digest,
    /// Whether they had asked for the run themselves.
    pub self_approved: bool,
}

/// What it cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// US dollars.
    pub usd: String,
    /// Model tokens.
    pub tokens: u64,
}

/// What the write gate said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// `allow` or `needs-human`.
    pub verdict: crate::gate::Decision,
    /// Digest of the verdict's document.
    pub digest: Digest,
}

impl Statement {
    /// A statement about these files.
    pub(super) fn new(subject: Vec<Subject>, predicate: Predicate) -> Self {
        Self { statement_type: STATEMENT.to_owned(), subject, predicate_type: PREDICATE.to_owned(), predicate }
    }

    /// Whether the types are those that this build reads; else why not.
    pub(super) fn check_types(&self) -> Result<(), String> {
        for (found, known) in [(&self.statement_type, STATEMENT), (&self.predicate_type, PREDICATE)] {
            if found != known {
                return Err(format!("its type is `{found}`, and this build reads `{known}`"));
            }
        }
        match self.subject.iter().find(|subject| subject.content().is_none()) {
            Some(subject) => Err(format!("subject `{}` has no sha256 digest", subject.name)),
            None => Ok(()),
        }
    }

    /// The run's key.
    pub fn run_key(&self) -> &str {
        &self.predicate.run_details.metadata.invocation_id
    }

    /// `name@version` of the blueprint.
    pub fn blueprint(&self) -> &str {
        &self.predicate.build_definition.external_parameters.blueprint
    }

    /// Digest of the blueprint's files, if the statement names it.
    pub fn blueprint_digest(&self) -> Option<Digest> {
        let name = format!("blueprint/{}", self.blueprint());
        let used = &self.predicate.build_definition.resolved_dependencies;
        from_set(&used.iter().find(|dependency| dependency.name == name)?.digest)
    }
}

impl Subject {
    /// The file at this path, with this content.
    pub fn new(path: &str, content: Digest) -> Self {
        Self { name: path.to_owned(), digest: set(content) }
    }

    /// Digest of its content; none in a statement that was not made by Forgeline.
    pub fn content(&self) -> Option<Digest> {
        from_set(&self.digest)
    }
}

/// A digest as in-toto writes it.
pub(super) fn set(digest: Digest) -> DigestSet {
    DigestSet::from([(SHA256.to_owned(), digest.hex())])
}

fn from_set(set: &DigestSet) -> Option<Digest> {
    format!("sha256:{}", set.get(SHA256)?).parse().ok()
}
