//! What is fixed about a run when it is asked for.

use std::rc::Rc;

use forgeline_engine::{
    RunSpec,
    spec::{Again, Concurrency, Definitions, Forge, Target, Trigger, WritePolicy},
};
use forgeline_model::{RunId, RunKey, TraceId, event::EventSource};
use serde_json::json;

use crate::{forge::Person, git::hex, store, switches::Bug, world::World};

/// What somebody asks for.
pub(crate) struct Asked {
    pub(crate) happening: usize,
    pub(crate) actor: Person,
    pub(crate) item: usize,
    pub(crate) blueprint: usize,
    pub(crate) again: Option<RunId>,
}

impl World {
    /// The run that is asked for. Its key names what was asked, in terms that delivery, redelivery and rescan all yield.
    pub(crate) fn new_run(&self, asked: &Asked) -> store::NewRun {
        let blueprint = &self.blueprints[asked.blueprint];
        // The blueprint of a further attempt follows from the runs there are, so it is no part of what was asked.
        let named = asked.again.is_none().then_some(&blueprint.name);
        let mut trigger_key = json!(["acme/shop", named, "command", asked.happening]).to_string();
        if self.store.bug == Some(Bug::TimeInTriggerKey) {
            trigger_key += &format!(" at step {}", self.step);
        }
        let id = RunId::of_trigger(&trigger_key);
        let is_label = asked.happening.is_multiple_of(5);
        let again = asked.again.as_ref().map(|of| {
            let attempt = self.store.runs[of].spec.again.as_ref().map_or(1, |again| again.attempt) + 1;
            Again { of: of.clone(), attempt, fresh: Vec::new(), revision: None }
        });
        let group = blueprint.group.map(|cancel_in_progress| Concurrency {
            group: format!("{}/{}", blueprint.name, asked.item),
            cancel_in_progress,
        });
        let spec = RunSpec {
            key: RunKey::of_trigger(&trigger_key),
            trigger_key,
            trigger: Trigger {
                kind: if is_label { "label" } else { "command" }.into(),
                actor: asked.actor.name.into(),
                detail: "run".into(),
                chain_depth: 0,
            },
            source: EventSource {
                trace_id: TraceId::of_run(&id),
                correlation_id: format!("item-{}", asked.item),
                project_id: "shop".parse().expect("a project id"),
            },
            target: Target {
                forge: Forge::Local,
                repository: "acme/shop".into(),
                base_branch: "main".into(),
                base: hex(self.git.main()),
                branch: format!("forgeline/{}/{}", blueprint.name, asked.item),
            },
            item: None,
            item_repository: None,
            pull_request: None,
            context: json!({"inputs": blueprint.plan.inputs, "item": asked.item}),
            plan: blueprint.plan.clone(),
            definitions: Definitions { origin: "built in".into(), commit: None, dirty: false, contracts: None },
            policy: WritePolicy::default(),
            concurrency: group,
            again,
            created_at: self.now,
            id,
        };
        (Rc::new(spec), asked.happening, asked.item, asked.blueprint)
    }
}
