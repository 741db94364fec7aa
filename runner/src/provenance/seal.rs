//! From a run to the file of its pull request.

use std::collections::BTreeMap;

use forgeline_engine::{RunSpec, run::TaskStatus};
use forgeline_model::{DefinitionRef, Digest, SafePath};
use forgeline_repo::{Change, CommitId, Repo, RepoError, Trailer, TreeId};
use forgeline_store::RunView;

use super::{
    Envelope, Statement, Subject, TRAILER, path,
    statement::{
        Approval, BuildDefinition, Builder, Cost, Dependency, DigestSet, ExternalParameters, Gate, InternalParameters,
        Metadata, Output, Predicate, RunDetails, Stage, set,
    },
};
use crate::{gate::Verdict, signing::SigningKey};

/// What the parameters of a statement mean.
const BUILD_TYPE: &str = "https://forgeline.dev/run/v1";
/// The one builder.
const BUILDER: &str = "https://forgeline.dev/runner";

/// What a run's record says: all of a statement but the files that are written and the gate's verdict.
#[derive(Debug, Clone)]
pub struct Draft {
    path: SafePath,
    build_definition: BuildDefinition,
    run_details: RunDetails,
    stages: Vec<Stage>,
    approvals: Vec<Approval>,
    cost: Cost,
}

/// A statement in its envelope, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Where it lies.
    pub path: SafePath,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Draft {
    /// The draft of a run whose stages have ended.
    pub fn of(view: &RunView) -> Self {
        let spec = &view.spec;
        let mut dependencies = vec![definition("blueprint", &spec.plan.blueprint)];
        dependencies.extend(spec.plan.agents.iter().map(|agent| definition("agent", agent)));
        dependencies.extend(factory(spec));
        let build_definition = BuildDefinition {
            build_type: BUILD_TYPE.into(),
            external_parameters: ExternalParameters {
                blueprint: spec.plan.blueprint.to_string(),
                trigger: spec.trigger.kind.clone(),
                inputs: Digest::of(&spec.plan.inputs),
                item: spec.item.as_ref().map(|item| match &spec.item_repository {
                    Some(home) => format!("{home}#{}", item.id),
                    None => item.id.to_string(),
                }),
            },
            internal_parameters: InternalParameters { plan: spec.plan.digest(), contracts: spec.plan.contracts },
            resolved_dependencies: dependencies,
        };
        let run_details = RunDetails {
            builder: Builder {
                id: BUILDER.into(),
                version: BTreeMap::from([("forgeline".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]),
            },
            metadata: Metadata { invocation_id: spec.key.to_string(), started_on: spec.created_at.to_string() },
        };
        Self {
            path: path(&spec.target.branch),
            build_definition,
            run_details,
            stages: stages(view),
            approvals: approvals(view),
            cost: Cost { usd: view.state.spent.usd.to_string(), tokens: view.state.spent.tokens },
        }
    }

    /// The statement about what is written, in its envelope. `base` is the tree of the commit that the run started
    /// from. Equal arguments give equal bytes.
    pub fn seal(
        &self,
        base: TreeId,
        written: &BTreeMap<SafePath, Change>,
        verdict: &Verdict,
        key: Option<&SigningKey>,
    ) -> Sealed {
        let mut build_definition = self.build_definition.clone();
        let tree = DigestSet::from([("gitTree".to_owned(), base.to_string())]);
        build_definition.resolved_dependencies.push(Dependency { name: "base".into(), digest: tree });
        let subject = |(path, change): (&SafePath, &Change)| match change {
            Change::Write(bytes) => Some(Subject::new(path.as_str(), Digest::of_bytes(bytes))),
            Change::Delete => None,
        };
        let predicate = Predicate {
            build_definition,
            run_details: self.run_details.clone(),
            stages: self.stages.clone(),
            models: Vec::new(),
            approvals: self.approvals.clone(),
            cost: self.cost.clone(),
            gate: Gate { verdict: verdict.decision, digest: Digest::of(verdict) },
        };
        let statement = Statement::new(written.iter().filter_map(subject).collect(), predicate);
        Sealed { path: self.path.clone(), bytes: Envelope::seal(&statement, key).to_bytes() }
    }
}

impl Sealed {
    /// Written together with these changes.
    pub(crate) fn beside(&self, mut changes: BTreeMap<SafePath, Change>) -> BTreeMap<SafePath, Change> {
        changes.insert(self.path.clone(), Change::Write(self.bytes.clone()));
        changes
    }

    /// The trailer that ties the commit to it.
    pub fn trailer(&self) -> Trailer {
        Trailer::new(TRAILER, &Digest::of_bytes(&self.bytes).to_string())
    }
}

/// The tree of a run's commit without the run's own statement, which names the run: equal work gives equal trees.
pub(crate) fn tree_without(repo: &Repo, spec: &RunSpec, commit: CommitId) -> Result<TreeId, RepoError> {
    let without = BTreeMap::from([(path(&spec.target.branch), Change::Delete)]);
    match repo.compose(Some(commit), &without) {
        Ok(tree) => Ok(tree),
        Err(forgeline_repo::ComposeError::Repo(error)) => Err(error),
        // The statement's place is taken by something that is none; then there is nothing to leave out.
        Err(_) => repo.tree_of(commit),
    }
}

/// The commit of the factory whose definitions are in force, when that is another repository.
fn factory(spec: &RunSpec) -> Option<Dependency> {
    let commit = spec.definitions.commit.clone().filter(|_| spec.is_served_by_a_factory())?;
    let origin = &spec.definitions.origin;
    // Where it lies on a machine is no part of what was made.
    let name = if origin.starts_with('/') { "factory".to_owned() } else { format!("factory/{origin}") };
    Some(Dependency { name, digest: DigestSet::from([("gitCommit".to_owned(), commit)]) })
}

fn definition(kind: &str, reference: &DefinitionRef) -> Dependency {
    Dependency { name: format!("{kind}/{reference}"), digest: set(reference.digest) }
}

fn stages(view: &RunView) -> Vec<Stage> {
    let mut rows = Vec::new();
    for stage in &view.spec.plan.stages {
        for task in view.state.stages.get(&stage.id).into_iter().flat_map(|state| state.tasks()) {
            let TaskStatus::Done(output) = &task.status else { continue };
            rows.push(Stage {
                id: stage.id.to_string(),
                item: task.id.item.clone(),
                key: output.key,
                outputs: output
                    .artifacts
                    .iter()
                    .map(|it| Output {
                        path: it.path.clone(),
                        artifact_type: it.artifact_type.clone(),
                        digest: it.digest,
                    })
                    .collect(),
            });
        }
    }
    rows
}

/// Who agreed, stage by stage.
fn approvals(view: &RunView) -> Vec<Approval> {
    let mut rows = Vec::new();
    for stage in &view.spec.plan.stages {
        for task in view.state.stages.get(&stage.id).into_iter().flat_map(|state| state.tasks()) {
            let TaskStatus::Approved(question) = &task.status else { continue };
            rows.extend(question.given.iter().map(|given| Approval {
                stage: stage.id.to_string(),
                by: given.name.clone(),
                role: given.role.clone(),
                subject: given.subject,
                self_approved: given.self_approved,
            }));
        }
    }
    rows
}
