//! From an allowed request to a stored run.

use forgeline_engine::spec::{Forge, Trigger};
use forgeline_model::{DefinitionRef, Diagnostic, Event, ProjectId, RunId, WorkItem};
use forgeline_runner::prepare::{self, Request};
use forgeline_store::{Decided, Decision, NewRun};
use serde_json::Value;

use super::{Bot, Ground, PassError, Passed};
use crate::{
    reply,
    triggers::{Asked, TriggerKey, TriggerScope},
};

/// What is asked of a blueprint.
pub(crate) struct Wanted<'a> {
    pub(crate) blueprint: &'a str,
    pub(crate) inputs: Value,
    pub(crate) item: Option<WorkItem>,
    pub(crate) trigger: Trigger,
    pub(crate) asked: Asked<'a>,
    pub(crate) event: Option<Event>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) inbox: Option<i64>,
}

/// What came of it.
pub(crate) enum Began {
    /// Stored.
    Started(Begun),
    /// The same was asked before; this is its run.
    Joined(Begun),
    /// The item has no form that the blueprint needs.
    NeedsForm,
    /// It cannot run; what is wrong.
    Invalid(Vec<Diagnostic>),
}

/// A run that there is.
pub(crate) struct Begun {
    run: RunId,
    blueprint: DefinitionRef,
    stages: usize,
}

impl Begun {
    /// The answer to who started it.
    pub(crate) fn reply(&self) -> String {
        reply::started(&self.run, &self.blueprint, self.stages)
    }

    /// The answer to who asked for the same again.
    pub(crate) fn joined(&self) -> String {
        reply::joined(&self.run, &self.blueprint)
    }
}

impl Bot {
    /// Prepares and stores a run.
    pub(crate) async fn begin(
        &self,
        ground: &Ground,
        wanted: Wanted<'_>,
        passed: &mut Passed,
    ) -> Result<Began, PassError> {
        let scope = TriggerScope {
            tenant: "default".into(),
            forge: "local".into(),
            repository_id: ground.repo.to_string(),
            blueprint: wanted.blueprint.to_owned(),
        };
        let item_spec = match &wanted.item {
            Some(item) => match prepare::item_spec(item, &format!("issue #{}", item.id)) {
                Ok(spec) => spec,
                Err(faults) => return Ok(Began::Invalid(faults)),
            },
            None => None,
        };
        let request = Request {
            factory: &ground.in_force.factory,
            definitions: ground.in_force.source.clone(),
            registry: &ground.in_force.registry,
            blueprint: wanted.blueprint,
            inputs: wanted.inputs,
            item: wanted.item,
            item_spec,
            project: self.project(ground),
            forge: Forge::Local,
            repository: ground.repo.to_string(),
            base_branch: ground.target.base_branch.to_string(),
            base: ground.target.base.to_string(),
            trigger: wanted.trigger,
            trigger_key: TriggerKey::of(&scope, &wanted.asked).to_string(),
            event: wanted.event,
            decisions: wanted.decisions,
            inbox: wanted.inbox,
        };
        let new = match prepare::prepare(request, self.runner.clock.now()) {
            Ok(new) => new,
            Err(faults) if faults.iter().any(|fault| fault.code == prepare::NEEDS_FORM) => return Ok(Began::NeedsForm),
            Err(faults) => return Ok(Began::Invalid(faults)),
        };
        let NewRun { spec, .. } = &new;
        let (blueprint, stages) = (spec.plan.blueprint.clone(), spec.plan.stages.len());
        Ok(match self.runner.store.decide(new, self.runner.clock.now()).await? {
            Decided::Started(run, _) => {
                passed.started.push(run.clone());
                Began::Started(Begun { run, blueprint, stages })
            }
            Decided::Joined(run) => Began::Joined(Begun { run, blueprint, stages }),
        })
    }

    /// The project that owns the repository, by the factory's settings.
    pub(crate) fn project(&self, ground: &Ground) -> ProjectId {
        let shown = ground.repo.to_string();
        let projects = &ground.in_force.factory.config.projects;
        match projects.iter().find(|project| project.repositories.contains(&shown)) {
            Some(project) => project.id.clone(),
            None => "default".parse().expect("`default` is a project id"),
        }
    }
}
