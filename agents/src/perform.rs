//! One task: from a request to a proposal. Reads no clock, no file and no environment.

use forgeline_blueprints::{agent::Work, text};
use forgeline_model::task::{
    AgentBundle, Proposal, ProposedEvent, ProposedFile, TaskFailure, TaskOutcome, TaskRequest, Usage,
};
use serde_json::{Map, Value, json};

use crate::{LoadedAgent, check, failure, fix, render, review};

/// Does a task with an agent's files.
pub fn perform(bundle: &AgentBundle, request: &TaskRequest) -> TaskOutcome {
    match LoadedAgent::load(bundle) {
        Ok(agent) => perform_loaded(&agent, request),
        Err(failure) => TaskOutcome::Failed(failure),
    }
}

/// Does a task with an agent that is ready.
pub fn perform_loaded(agent: &LoadedAgent, request: &TaskRequest) -> TaskOutcome {
    match propose(agent, request) {
        Ok(proposal) => TaskOutcome::Done(proposal),
        Err(failure) => TaskOutcome::Failed(failure),
    }
}

fn propose(agent: &LoadedAgent, request: &TaskRequest) -> Result<Proposal, TaskFailure> {
    let (work, skill) = agent.plan()?;
    let work = match work {
        Work::Template(work) => work,
        Work::ContractReview => return review::propose(request, skill),
        other => return Err(failure::terminal("skill", format!("a `{}` skill cannot be done here", other.kind()))),
    };
    let mut context = context(request)?;
    let mut files = render::files(agent, work, &context, request)?;
    let mut validation = fix::all(&agent.manifest.correction.fixers, &mut files)?;
    validation.extend(check::all(&agent.manifest.output.validators, &files, request)?);

    insert(
        &mut context,
        "files",
        files.iter().map(|file| json!({"path": file.path, "type": file.artifact_type})).collect(),
    );
    let outputs = resolve_map(work.outputs.iter(), "outputs", &context)?;
    insert(&mut context, "outputs", Value::Object(outputs.clone()));
    let events = request
        .emits
        .iter()
        .map(|event| {
            let place = format!("events.{}", event.event_type);
            let fields = work.events.get(&event.event_type).into_iter().flatten();
            Ok(ProposedEvent {
                event_type: event.event_type.clone(),
                version: event.version.clone(),
                fields: resolve_map(fields, &place, &context)?,
            })
        })
        .collect::<Result<_, TaskFailure>>()?;
    Ok(Proposal { files, outputs, events, validation, skill, usage: Usage::default() })
}

/// The request's context and, under `with`, the stage's parameters.
fn context(request: &TaskRequest) -> Result<Value, TaskFailure> {
    let with = text::resolve(&request.with, &request.context)
        .map_err(|error| failure::of_text(&format!("`with` of stage `{}`", request.stage), &error))?;
    let mut context = match &request.context {
        Value::Object(_) => request.context.clone(),
        Value::Null => json!({}),
        _ => return Err(failure::terminal("template", "the task's context is not an object")),
    };
    insert(&mut context, "with", with);
    Ok(context)
}

/// Puts a value into a context, which is an object.
pub(crate) fn insert(context: &mut Value, name: &str, value: Value) {
    if let Value::Object(map) = context {
        map.insert(name.to_owned(), value);
    }
}

fn resolve_map<'a>(
    values: impl Iterator<Item = (&'a String, &'a Value)>,
    place: &str,
    context: &Value,
) -> Result<Map<String, Value>, TaskFailure> {
    values
        .map(|(name, value)| {
            let resolved = text::resolve(value, context);
            resolved
                .map(|value| (name.clone(), value))
                .map_err(|error| failure::of_text(&format!("{place}.{name}"), &error))
        })
        .collect()
}

/// Bytes of all files together.
pub(crate) fn total_bytes(files: &[ProposedFile]) -> u64 {
    files.iter().map(|file| file.content.len() as u64).sum()
}

#[cfg(test)]
mod tests;
