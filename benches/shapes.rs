//! Runs of a hundred stages that do nothing, made from definitions as any other run is.

use std::{fmt, path::Path, sync::LazyLock};

use forgeline_engine::spec::{Definitions, Forge, Trigger};
use forgeline_model::FileSet;
use forgeline_runner::{
    Clock, InForce,
    prepare::{Request, prepare},
};
use forgeline_store::NewRun;
use serde_json::json;

use crate::noop;

/// Stages of each shape.
pub(crate) const STAGES: u32 = 100;
/// Chains of the grid, and stages of each.
const SIDE: u32 = 10;

/// How stages follow each other.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// Each after the one before.
    Chain,
    /// Ten chains of ten.
    Grid,
    /// One stage.
    Single,
}

impl Shape {
    /// Those of [`STAGES`] stages.
    pub(crate) const LARGE: [Self; 2] = [Self::Chain, Self::Grid];

    /// As many as can be at work at once.
    pub(crate) fn workers(self) -> usize {
        match self {
            Self::Chain | Self::Single => 1,
            Self::Grid => SIDE as usize,
        }
    }

    /// A run of this shape on a repository at a commit; the same one for the same key.
    pub(crate) fn run(self, repository: &Path, base: &str, key: &str) -> NewRun {
        let repository = repository.display().to_string();
        let request = Request {
            factory: &IN_FORCE.factory,
            definitions: IN_FORCE.source.clone(),
            registry: &IN_FORCE.registry,
            blueprint: self.name(),
            inputs: json!({}),
            max_usd: None,
            item: None,
            item_spec: None,
            item_repository: None,
            pull_request: None,
            project: "bench".parse().expect("a project id"),
            forge: Forge::Git,
            repository,
            base_branch: "main".into(),
            base: base.to_owned(),
            trigger: Trigger { kind: "cli".into(), actor: "ana".into(), detail: "run".into(), chain_depth: 0 },
            trigger_key: format!("{}/{key}", self.name()),
            event: None,
            again: None,
        };
        prepare(request, Clock::system().now()).unwrap_or_else(|faults| panic!("{faults:?}"))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Grid => "grid",
            Self::Single => "single",
        }
    }

    fn follows(self, stage: u32) -> Option<u32> {
        let is_first = match self {
            Self::Chain => stage == 0,
            Self::Grid => stage.is_multiple_of(SIDE),
            Self::Single => true,
        };
        (!is_first).then(|| stage - 1)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chain => "chain of 100",
            Self::Grid => "grid of 10 x 10",
            Self::Single => "one stage",
        })
    }
}

static IN_FORCE: LazyLock<InForce> = LazyLock::new(|| {
    let mut files = FileSet::new("benchmark");
    files.insert("agents/noop/agent.yaml", noop::AGENT);
    for (shape, stages) in [(Shape::Chain, STAGES), (Shape::Grid, STAGES), (Shape::Single, 1)] {
        let text = noop::blueprint(shape.name(), stages, |stage| shape.follows(stage));
        files.insert(format!("blueprints/{}/blueprint.yaml", shape.name()), text);
    }
    let source = Definitions { origin: "benchmark".into(), commit: None, dirty: false, contracts: None };
    let in_force = InForce::of_files(&files, source);
    assert!(in_force.findings.is_empty(), "{:?}", in_force.findings);
    in_force
});
