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
    Action, Command, CommandLine, command,
    pass::{
        Bot, Ground, PassError,
        found::Found,
        route::{self, Way},
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
        let (there, inputs) = match self.destination(said, ground, command, (blueprint, inputs), ruling).await? {
            Ok(found) => found,
            Err(answer) => return Ok(answer),
        };
        let ground = there.as_deref().unwrap_or(ground);
        let (_, inputs) = match understood(ground, blueprint, &inputs) {
            Ok(understood) => understood,
            Err(answer) => return Ok(answer),
        };
        if said.is_held {
            let detail = json!({"command": command.to_string()});
            ruling.decisions.push(said.decision("hold", "refuse", detail));
            return Ok(reply::held());
        }
        let item = said.on.as_ref().and_then(Found::work_item);
        // The comment's number means something where it stands.
        let comment_id = match &there {
            Some(_) => said.subject(),
            None => said.comment_id.clone(),
        };
        let wanted = Wanted {
            blueprint,
            inputs,
            max_usd,
            item: item.clone(),
            item_repository: there.is_some().then(|| said.repo.to_string()),
            pull_request: said.on.as_ref().and_then(Found::pull_request).filter(|_| there.is_none()),
            trigger: Trigger {
                kind: "command".into(),
                actor: said.actor.to_owned(),
                detail: command.to_string(),
                chain_depth: 0,
            },
            asked: Asked::Command { comment_id: &comment_id, line: line.line, command },
            event: None,
            again: None,
            is_old: said.is_old,
        };
        Ok(match self.begin(ground, wanted, ruling).await? {
            Began::Ready(begun) => {
                let detail = json!({"command": command.to_string(), "actor": said.actor, "line": line.line});
                ruling.decisions.push(said.decision("trigger.command", "start", detail));
                match &there {
                    Some(there) => reply::routed(&there.repo.to_string(), &begun.reply()),
                    None => begun.reply(),
                }
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

    /// The plan of a blueprint where its work would go.
    pub(super) async fn plan_command(
        &self,
        said: &Said<'_>,
        ground: &Ground,
        command: &Command,
        (blueprint, inputs): (&str, &Typed),
        ruling: &mut Ruling,
    ) -> Result<String, PassError> {
        Ok(match self.destination(said, ground, command, (blueprint, inputs), ruling).await? {
            Ok((there, inputs)) => plan(said, there.as_deref().unwrap_or(ground), blueprint, &inputs),
            Err(answer) => answer,
        })
    }

    /// Another repository that the work goes into, if it does, and the inputs without its name; else the answer that says why
    /// it goes nowhere.
    async fn destination(
        &self,
        said: &Said<'_>,
        ground: &Ground,
        command: &Command,
        (blueprint, inputs): (&str, &Typed),
        ruling: &mut Ruling,
    ) -> Result<Result<(Option<Box<Ground>>, Typed), String>, PassError> {
        // A blueprint that has an input of this name means that.
        let factory = &ground.in_force.factory;
        let is_input = factory.blueprint(blueprint).is_some_and(|it| declares(&it.manifest.inputs, route::NAMED));
        let mut inputs = inputs.clone();
        let named = if is_input { None } else { inputs.remove(route::NAMED) };
        let who = (said.actor, Action::Command(command.verb()));
        let answer = match self.way(ground, said.on.as_ref(), named.as_deref(), who).await? {
            Way::Here => return Ok(Ok((None, inputs))),
            Way::There(there) if there.is_broken() => {
                ruling.decisions.push(said.decision("definitions.valid", "refuse", there.brokenness()));
                reply::invalid_definitions(&there.in_force.source.origin, &there.in_force.findings)
            }
            Way::There(there) => {
                let detail = json!({"repository": there.repo.to_string(), "command": command.to_string()});
                ruling.decisions.push(said.decision("route.repository", "use", detail));
                return Ok(Ok((Some(there), inputs)));
            }
            Way::Unknown(choices) => {
                let detail = json!({"command": command.to_string(), "choices": choices});
                ruling.decisions.push(said.decision("route.repository", "ask", detail));
                reply::which_repository(&choices)
            }
            Way::Refused(refused, text) => {
                let (rule, detail) = *refused;
                ruling.decisions.push(said.decision(rule, "refuse", detail));
                text
            }
        };
        Ok(Err(answer))
    }
}

/// Whether inputs of this schema have one of that name.
fn declares(schema: &Value, name: &str) -> bool {
    schema.get("properties").is_some_and(|properties| properties.get(name).is_some())
}

/// The plan of a blueprint with these inputs, or why there is none.
fn plan(said: &Said<'_>, ground: &Ground, blueprint: &str, inputs: &Typed) -> String {
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
