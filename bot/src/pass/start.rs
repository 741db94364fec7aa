//! From an allowed request to a stored run.

use forgeline_blueprints::codes;
use forgeline_engine::spec::{Again, Forge, PullRequestAt, Trigger};
use forgeline_model::{DefinitionRef, Diagnostic, Event, ProjectId, RunId, Usd, WorkItem};
use forgeline_runner::prepare::{self, Request};
use forgeline_store::{Decided, Ruled, Ruling};
use serde_json::Value;

use super::{Bot, Ground, PassError, limits::Limit};
use crate::{
    reply,
    triggers::{Asked, TriggerKey, TriggerScope},
};

/// What is asked of a blueprint.
pub(crate) struct Wanted<'a> {
    pub(crate) blueprint: &'a str,
    pub(crate) inputs: Value,
    pub(crate) max_usd: Option<Usd>,
    pub(crate) item: Option<WorkItem>,
    /// `owner/name` of the repository that keeps it, if that is not where the run writes.
    pub(crate) item_repository: Option<String>,
    /// The pull request that it is about.
    pub(crate) pull_request: Option<PullRequestAt>,
    pub(crate) trigger: Trigger,
    pub(crate) asked: Asked<'a>,
    pub(crate) event: Option<Event>,
    pub(crate) again: Option<Again>,
    /// Whether it was asked before the state was rebuilt; how many begin now does not matter then.
    pub(crate) is_old: bool,
}

/// What came of it.
pub(crate) enum Began {
    /// It is part of the ruling now.
    Ready(Begun),
    /// Not now: as many runs began as may.
    TooMany(Limit),
    /// The item has no form that the blueprint needs.
    NeedsForm,
    /// It cannot run; what is wrong.
    Invalid(Vec<Diagnostic>),
}

/// A run that a ruling starts, or joins.
pub(crate) struct Begun {
    place: usize,
    run: RunId,
    blueprint: DefinitionRef,
    stages: usize,
    /// Whether any of them may write a file.
    writes: bool,
}

impl Begun {
    /// Whether it is new, once that is known.
    pub(crate) fn is_new(&self, ruled: &Ruled) -> bool {
        matches!(ruled.runs[self.place], Decided::Started(..))
    }

    /// The run.
    pub(crate) fn run(&self) -> &RunId {
        &self.run
    }

    /// The answer to who started it.
    pub(crate) fn reply(&self) -> String {
        reply::started(&self.run, &self.blueprint, self.stages, self.writes)
    }

    /// The answer to who asked for the same again.
    pub(crate) fn joined(&self) -> String {
        reply::joined(&self.run, &self.blueprint)
    }
}

/// The key under which what was asked starts one run of the blueprint.
pub(super) fn trigger_key(ground: &Ground, blueprint: &str, asked: &Asked<'_>) -> String {
    let scope = TriggerScope {
        tenant: "default".into(),
        forge: "local".into(),
        repository_id: ground.known_as.clone(),
        blueprint: blueprint.to_owned(),
    };
    TriggerKey::of(&scope, asked).to_string()
}

impl Bot {
    /// Prepares a run and makes it part of the ruling.
    pub(crate) async fn begin(
        &self,
        ground: &Ground,
        wanted: Wanted<'_>,
        ruling: &mut Ruling,
    ) -> Result<Began, PassError> {
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
            max_usd: wanted.max_usd,
            item: wanted.item,
            item_spec,
            item_repository: wanted.item_repository,
            pull_request: wanted.pull_request,
            project: self.project(ground),
            forge: Forge::Local,
            repository: ground.repo.to_string(),
            base_branch: ground.target.base_branch.to_string(),
            base: ground.target.base.to_string(),
            trigger: wanted.trigger,
            trigger_key: trigger_key(ground, wanted.blueprint, &wanted.asked),
            event: wanted.event,
            again: wanted.again,
        };
        let new = match prepare::prepare(request, self.runner.clock.now()) {
            Ok(new) => new,
            Err(faults) if faults.iter().any(|fault| fault.code == prepare::NEEDS_FORM) => return Ok(Began::NeedsForm),
            Err(faults) => return Ok(Began::Invalid(faults)),
        };
        let spec = &new.spec;
        let writes = spec.plan.stages.iter().any(|stage| !stage.produces.is_empty());
        if writes && !ground.because.is_target {
            let message = format!("`{}` keeps work items only: nothing is written there", ground.repo);
            let fault = Diagnostic::error(codes::OUTSIDE_TARGETS, message);
            return Ok(Began::Invalid(vec![
                fault.hint("name another repository with `repo=`, or add this one to `targets`"),
            ]));
        }
        if !wanted.is_old
            && let Some(limit) = self.reached_limit(ground, spec, ruling).await?
        {
            return Ok(Began::TooMany(limit));
        }
        let begun = Begun {
            place: ruling.runs.len(),
            run: spec.id.clone(),
            blueprint: spec.plan.blueprint.clone(),
            stages: spec.plan.stages.len(),
            writes,
        };
        ruling.decisions.extend(ground.served(spec.id.to_string()));
        ruling.runs.push(new);
        Ok(Began::Ready(begun))
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
