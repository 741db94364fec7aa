//! `run` and `plan`.

use std::collections::BTreeMap;

use forgeline_blueprints::{blueprint::Blueprint, factory::Definition};
use forgeline_engine::spec::Trigger;
use forgeline_model::{Diagnostic, Usd, WorkItem};
use forgeline_runner::prepare;
use forgeline_store::Ruling;
use serde_json::{Value, json};

use super::Said;
use crate::{
    Command, CommandLine, command,
    pass::{
        Bot, Ground, PassError,
        found::Found,
        start::{Began, Wanted},
    },
    reply,
    triggers::Asked,
};

type Typed = BTreeMap<String, String>;

impl Bot {
    pub(super) async fn run_command(
        &self,
        said: &Said<'_>,
        ground: &Ground,
        line: &CommandLine,
        command: &Command,
        (blueprint, inputs, max_usd): (&str, &Typed, Option<Usd>),
        ruling: &mut Ruling,
    ) -> Result<String, PassError> {
        let (_, inputs) = match understood(ground, blueprint, inputs) {
            Ok(understood) => understood,
            Err(answer) => return Ok(answer),
        };
        if said.is_held {
            let detail = json!({"command": command.to_string()});
            ruling.decisions.push(said.decision("hold", "refuse", detail));
            return Ok(reply::held());
        }
        let item = said.on.as_ref().and_then(Found::work_item);
        let wanted = Wanted {
            blueprint,
            inputs,
            max_usd,
            item: item.clone(),
            pull_request: said.on.as_ref().and_then(Found::pull_request),
            trigger: Trigger {
                kind: "command".into(),
                actor: said.actor.to_owned(),
                detail: command.to_string(),
                chain_depth: 0,
            },
            asked: Asked::Command { comment_id: &said.comment_id, line: line.line, command },
            event: None,
            again: None,
            is_old: said.is_old,
        };
        Ok(match self.begin(ground, wanted, ruling).await? {
            Began::Ready(begun) => {
                let detail = json!({"command": command.to_string(), "actor": said.actor, "line": line.line});
                ruling.decisions.push(said.decision("trigger.command", "start", detail));
                begun.reply()
            }
            Began::TooMany(limit) => {
                ruling.decisions.push(limit.decision(said.subject(), blueprint));
                limit.reply()
            }
            Began::NeedsForm => match &item {
                Some(item) => reply::asks_for_form(item, blueprint),
                None => reply::invalid_inputs(blueprint, &["it needs a work item with `## Entities`".to_owned()]),
            },
            Began::Invalid(faults) => refused(blueprint, item.as_ref(), &faults),
        })
    }
}

/// The plan of a blueprint with these inputs, or why there is none.
pub(super) fn plan_command(said: &Said<'_>, ground: &Ground, blueprint: &str, inputs: &Typed) -> String {
    let (definition, inputs) = match understood(ground, blueprint, inputs) {
        Ok(understood) => understood,
        Err(answer) => return answer,
    };
    let name = &definition.reference.name;
    let factory = &ground.in_force.factory;
    let item = said.on.as_ref().and_then(Found::work_item);
    let planned = prepare::compile(factory, &ground.in_force.registry, name, &inputs).and_then(|plan| {
        let mut context = json!({"inputs": plan.inputs});
        if let Some(item) = &item {
            let spec = prepare::item_spec(item, &format!("issue #{}", item.id))?;
            context["work_item"] = prepare::item_view(item, spec.as_ref());
        }
        let unmet = prepare::unmet(factory, name, &context);
        if unmet.is_empty() { Ok(plan) } else { Err(unmet) }
    });
    match planned {
        Ok(plan) => forgeline_runner::report::plan_markdown(&plan),
        Err(faults) => refused(name, item.as_ref(), &faults),
    }
}

/// The answer to who asks for what cannot run.
fn refused(blueprint: &str, item: Option<&WorkItem>, faults: &[Diagnostic]) -> String {
    match item {
        Some(item) if faults.iter().any(|fault| fault.code == prepare::NEEDS_FORM) => {
            reply::asks_for_form(item, blueprint)
        }
        _ => {
            let faults: Vec<String> = faults.iter().map(|fault| fault.message.clone()).collect();
            reply::invalid_inputs(blueprint, &faults)
        }
    }
}

/// The blueprint that is meant and its inputs with their types, or the answer that says what is wrong.
fn understood<'a>(
    ground: &'a Ground,
    blueprint: &str,
    inputs: &Typed,
) -> Result<(&'a Definition<Blueprint>, Value), String> {
    let factory = &ground.in_force.factory;
    let Some(definition) = factory.blueprint(blueprint) else {
        let known = factory.blueprints();
        let known: Vec<&str> = known.iter().map(|it| it.reference.name.as_str()).collect();
        return Err(reply::unknown_blueprint(blueprint, &known));
    };
    match command::typed_inputs(&definition.manifest.inputs, inputs) {
        Ok(inputs) => Ok((definition, inputs)),
        Err(faults) => {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Err(reply::invalid_inputs(blueprint, &faults))
        }
    }
}
