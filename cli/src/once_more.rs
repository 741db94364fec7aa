//! The request of an earlier run, asked once more: by the definitions and on the base of now, and with the work item as it
//! is now, for what was wrong may have been mended there.

use std::{path::PathBuf, sync::Arc};

use forgeline_engine::{
    RunSpec,
    spec::{Again, Forge, Trigger},
};
use forgeline_forge::types::RepoId;
use forgeline_model::WorkItem;
use forgeline_runner::{
    OpenTarget, Runner, again,
    prepare::{self, Request},
};
use forgeline_store::{NewRun, RunView};
use serde_json::Value;

use crate::{
    definitions::{self, InForce},
    exit::Failure,
    request::{changed_inputs, user},
};

/// What is asked, beyond what the earlier run was asked.
pub struct OnceMore<'a> {
    /// Which attempt it is, and of what.
    pub again: Again,
    /// Inputs with other values, as they were typed.
    pub changes: &'a [String],
    /// What started it, for people.
    pub detail: String,
    /// Definitions for a target that keeps none of its own.
    pub fallback: &'a InForce,
}

impl OnceMore<'_> {
    /// The run to be. `key` names the wish by the earlier run and the inputs: the same wish is the same run.
    pub async fn prepare(
        self,
        runner: &Runner,
        view: &RunView,
        key: impl FnOnce(&RunSpec, &Again, &Value) -> String,
    ) -> anyhow::Result<NewRun> {
        let spec = &*view.spec;
        let path = path(runner, spec).await?;
        let base_branch = spec.target.base_branch.parse()?;
        let target = OpenTarget::find(&path, &spec.target.repository, Some(&base_branch))?;
        let served = match spec.target.forge {
            Forge::Local => {
                runner.read_factories().await;
                let fallback = Arc::new(self.fallback.clone());
                Some(runner.definitions_at(&repo(spec)?, target.base, &fallback).await?.in_force)
            }
            Forge::Git => None,
        };
        let in_force = served.as_deref().unwrap_or(self.fallback);
        definitions::check(in_force)?;
        let blueprint = spec.plan.blueprint.name.as_str();
        let refuse = |faults| Failure::invalid(format!("blueprint `{blueprint}` cannot run"), faults);
        let inputs = changed_inputs(blueprint, &spec.plan.inputs, self.changes, in_force)?;
        let item = item(runner, spec).await?;
        let item_spec = match &item {
            Some(item) => prepare::item_spec(item, &format!("work item {}", item.id)).map_err(refuse)?,
            None => None,
        };
        let request = Request {
            factory: &in_force.factory,
            definitions: in_force.source.clone(),
            registry: &in_force.registry,
            blueprint,
            trigger_key: key(spec, &self.again, &inputs),
            inputs,
            max_usd: None,
            item,
            item_spec,
            item_repository: spec.item_repository.clone(),
            pull_request: spec.pull_request.clone(),
            project: spec.source.project_id.clone(),
            forge: spec.target.forge,
            repository: spec.target.repository.clone(),
            base_branch: target.base_branch.to_string(),
            base: target.base.to_string(),
            trigger: Trigger {
                kind: "cli".into(),
                actor: user(),
                detail: self.detail,
                // A run that followed from others still does.
                chain_depth: spec.trigger.chain_depth,
            },
            event: again::event(spec),
            again: Some(self.again),
        };
        Ok(prepare::prepare(request, runner.clock.now()).map_err(refuse)?)
    }
}

async fn path(runner: &Runner, spec: &RunSpec) -> anyhow::Result<PathBuf> {
    Ok(match spec.target.forge {
        Forge::Local => runner.forge.git_dir(&repo(spec)?).await?,
        Forge::Git => PathBuf::from(&spec.target.repository),
    })
}

/// The work item, read again where it can be.
async fn item(runner: &Runner, spec: &RunSpec) -> anyhow::Result<Option<WorkItem>> {
    let Some(item) = &spec.item else { return Ok(None) };
    match (spec.target.forge, item.id.as_str().parse::<u64>()) {
        (Forge::Local, Ok(number)) => {
            Ok(Some(runner.forge.issue(&spec.item_home().parse()?, number).await?.work_item()))
        }
        (Forge::Local | Forge::Git, _) => Ok(Some(item.clone())),
    }
}

fn repo(spec: &RunSpec) -> anyhow::Result<RepoId> {
    Ok(spec.target.repository.parse()?)
}
