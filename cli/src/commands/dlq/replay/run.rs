//! The request of a run that died, asked once more: by the definitions and on the base of now, for what is wrong may have
//! been mended there.

use std::path::PathBuf;

use forgeline_engine::{
    RunSpec,
    spec::{Forge, Trigger},
};
use forgeline_forge::types::RepoId;
use forgeline_model::{Digest, RunId, WorkItem};
use forgeline_runner::{
    OpenTarget,
    again::{self, Wish},
    prepare::{self, Request},
};
use forgeline_store::{Decision, NewRun, RunView};
use serde_json::json;

use super::{Attempt, Outcome};
use crate::{
    definitions::{self, InForce},
    exit::Failure,
    request::{changed_inputs, user},
};

impl Attempt<'_> {
    /// A new run for the same request. Its key follows from the letter and the inputs, so asking twice means one run.
    pub(super) async fn run(&self, run: &RunId) -> anyhow::Result<Outcome> {
        let view = self.runner.store.run(run).await?;
        let new = self.prepared(&view).await?;
        let id = new.spec.id.to_string();
        let why = Decision {
            subject: id.clone(),
            rule: "trigger.replay".into(),
            verdict: "start".into(),
            detail: json!({"dead_letter": self.row.id, "again": new.spec.again, "actor": new.spec.trigger.actor}),
        };
        let now = self.runner.clock.now();
        let (done, _) = self.runner.store.replay_as_run(self.row, new, why, &user(), now).await?;
        Ok(Outcome { kind: "run", id, done, next: "carries it out" })
    }

    async fn prepared(&self, view: &RunView) -> anyhow::Result<NewRun> {
        let spec = &*view.spec;
        let again = again::of(view, Wish::default())?;
        let path = self.path(spec).await?;
        let base_branch = spec.target.base_branch.parse()?;
        let target = OpenTarget::find(&path, &spec.target.repository, Some(&base_branch))?;
        let own = match spec.target.forge {
            Forge::Local => InForce::of_commit(&path, target.base, &spec.target.repository)?,
            Forge::Git => None,
        };
        let in_force = own.as_ref().unwrap_or(self.in_force);
        definitions::check(in_force)?;
        let item = self.item(spec).await?;
        let blueprint = spec.plan.blueprint.name.as_str();
        let refuse = |faults| Failure::invalid(format!("blueprint `{blueprint}` cannot run"), faults);
        let item_spec = match &item {
            Some(item) => prepare::item_spec(item, &format!("work item {}", item.id)).map_err(refuse)?,
            None => None,
        };
        let changes = Digest::of(&self.inputs).hex();
        let request = Request {
            factory: &in_force.factory,
            definitions: in_force.source.clone(),
            registry: &in_force.registry,
            blueprint,
            inputs: changed_inputs(blueprint, &spec.plan.inputs, &self.given, in_force)?,
            max_usd: None,
            item,
            item_spec,
            project: spec.source.project_id.clone(),
            forge: spec.target.forge,
            repository: spec.target.repository.clone(),
            base_branch: target.base_branch.to_string(),
            base: target.base.to_string(),
            trigger: Trigger {
                kind: "cli".into(),
                actor: user(),
                detail: format!("dead letter {}", self.row.id),
                // A run that followed from others still does.
                chain_depth: spec.trigger.chain_depth,
            },
            // The run's own id is part of it: numbers of letters begin anew with a new database.
            trigger_key: format!("replay/{}/{}/{changes}", spec.id, self.row.id),
            event: again::event(spec),
            again: Some(again),
        };
        Ok(prepare::prepare(request, self.runner.clock.now()).map_err(refuse)?)
    }

    async fn path(&self, spec: &RunSpec) -> anyhow::Result<PathBuf> {
        Ok(match spec.target.forge {
            Forge::Local => self.runner.forge.git_dir(&repo(spec)?).await?,
            Forge::Git => PathBuf::from(&spec.target.repository),
        })
    }

    /// The work item as it is now, where it can be read again.
    async fn item(&self, spec: &RunSpec) -> anyhow::Result<Option<WorkItem>> {
        let Some(item) = &spec.item else { return Ok(None) };
        match (spec.target.forge, item.id.as_str().parse::<u64>()) {
            (Forge::Local, Ok(number)) => Ok(Some(self.runner.forge.issue(&repo(spec)?, number).await?.work_item())),
            (Forge::Local | Forge::Git, _) => Ok(Some(item.clone())),
        }
    }
}

fn repo(spec: &RunSpec) -> anyhow::Result<RepoId> {
    Ok(spec.target.repository.parse()?)
}
