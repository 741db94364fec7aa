//! The graph of a blueprint: ids, `needs`, circles, and an order to run in.

use std::collections::{BTreeMap, BTreeSet};

use forgeline_engine::plan::RunOn;
use forgeline_model::Diagnostic;

use crate::{
    blueprint::{Blueprint, Stage},
    codes,
    factory::Definition,
    suggest,
};

/// Most stages of a blueprint.
pub(super) const MAX_STAGES: usize = 256;

/// Duplicate ids, missing stages and circles.
pub(super) fn check(definition: &Definition<Blueprint>) -> Vec<Diagnostic> {
    let stages = &definition.manifest.stages;
    let document = &definition.document;
    let mut found = Vec::new();
    if stages.is_empty() {
        let diagnostic = Diagnostic::error(codes::MISSING_FIELD, "the blueprint has no stage");
        found.push(document.at_key("/stages", diagnostic.hint("add at least one stage that `uses` an agent")));
    }
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, stage) in stages.iter().enumerate() {
        if let Some(earlier) = first.get(stage.id.as_str()) {
            let line = document.place(&format!("/stages/{earlier}/id")).line;
            let diagnostic = Diagnostic::error(codes::DUPLICATE_STAGE, format!("a second stage `{}`", stage.id))
                .hint(format!("the first one is on line {line}; give one of them another id"));
            found.push(document.at(&format!("/stages/{index}/id"), diagnostic));
        } else {
            first.insert(stage.id.as_str(), index);
        }
    }
    for (index, stage) in stages.iter().enumerate() {
        if let Some(undone) = &stage.compensates {
            found.extend(compensation(definition, index, undone.as_str(), &first));
        }
        for (place, need) in stage.needs.iter().enumerate() {
            if !first.contains_key(need.as_str()) {
                let others = first.keys().copied().filter(|id| *id != stage.id.as_str());
                let diagnostic = Diagnostic::error(codes::UNKNOWN_STAGE, format!("there is no stage `{need}`"))
                    .hint(suggest::hint(need.as_str(), others));
                found.push(document.at(&format!("/stages/{index}/needs/{place}"), diagnostic));
            }
        }
    }
    if let Err(circle) = order(stages) {
        let index = circle.first().and_then(|id| first.get(id.as_str())).copied().unwrap_or_default();
        let shown: Vec<String> = circle.iter().chain(circle.first()).map(|id| format!("`{id}`")).collect();
        let message = format!("stages wait for each other: {}", shown.join(" needs "));
        let diagnostic = Diagnostic::error(codes::CYCLE, message).hint("remove one of these `needs`");
        found.push(document.at_key(&format!("/stages/{index}/needs"), diagnostic));
    }
    found
}

/// What a stage that undoes another may be: a stage of its own right after nothing, of one that does something.
fn compensation(
    definition: &Definition<Blueprint>,
    index: usize,
    undone: &str,
    stages: &BTreeMap<&str, usize>,
) -> Option<Diagnostic> {
    let all = &definition.manifest.stages;
    let stage = &all[index];
    let at = |below: &str, diagnostic| Some(definition.document.at(&format!("/stages/{index}/{below}"), diagnostic));
    let Some(other) = stages.get(undone).map(|place| &all[*place]) else {
        let others = stages.keys().copied().filter(|id| *id != stage.id.as_str());
        let diagnostic = Diagnostic::error(codes::UNKNOWN_STAGE, format!("there is no stage `{undone}`"));
        return at("compensates", diagnostic.hint(suggest::hint(undone, others)));
    };
    if other.compensates.is_some() || other.approval.is_some() || other.id == stage.id {
        let diagnostic = Diagnostic::error(codes::STAGE_WORK, format!("the stage `{undone}` is nothing to undo"));
        return at("compensates", diagnostic.hint("name a stage that `uses` an agent and undoes none itself"));
    }
    if !stage.needs.is_empty() || stage.run_on != RunOn::Success || stage.approval.is_some() {
        let diagnostic =
            Diagnostic::error(codes::STAGE_WORK, format!("`{}` undoes a stage and waits for others too", stage.id));
        return at(
            "compensates",
            diagnostic.hint("leave out `needs`, `run_on` and `approval`: it runs when the run ends badly"),
        );
    }
    None
}

/// Indices of the stages in an order in which each follows what it needs; else in the order of the file.
///
/// # Errors
/// The ids of a circle, each needing the next and the last the first.
pub(crate) fn order(stages: &[Stage]) -> Result<Vec<usize>, Vec<String>> {
    let ids: BTreeSet<&str> = stages.iter().map(|stage| stage.id.as_str()).collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut placed = vec![false; stages.len()];
    let mut order = Vec::with_capacity(stages.len());
    while order.len() < stages.len() {
        let ready = stages.iter().enumerate().find(|(index, stage)| {
            !placed[*index]
                && stage.needs.iter().all(|need| done.contains(need.as_str()) || !ids.contains(need.as_str()))
        });
        let Some((index, stage)) = ready else { return Err(circle(stages, &order)) };
        done.insert(stage.id.as_str());
        placed[index] = true;
        order.push(index);
    }
    Ok(order)
}

/// Walks along unmet needs until a stage comes again.
fn circle(stages: &[Stage], ordered: &[usize]) -> Vec<String> {
    let waiting: BTreeMap<&str, &Stage> = stages
        .iter()
        .enumerate()
        .filter(|(index, _)| !ordered.contains(index))
        .map(|(_, stage)| (stage.id.as_str(), stage))
        .collect();
    let mut path: Vec<&str> = Vec::new();
    let mut next = waiting.keys().next().copied();
    while let Some(id) = next {
        if let Some(start) = path.iter().position(|seen| *seen == id) {
            return path[start..].iter().map(|id| (*id).to_owned()).collect();
        }
        path.push(id);
        next = waiting.get(id).and_then(|stage| {
            stage.needs.iter().map(forgeline_model::StageId::as_str).find(|need| waiting.contains_key(need))
        });
    }
    path.into_iter().map(str::to_owned).collect()
}

/// Ids of every stage that this one needs, directly or not.
pub(crate) fn ancestors<'a>(stages: &'a [Stage], stage: &'a Stage) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&str> =
        stage.needs.iter().chain(&stage.compensates).map(forgeline_model::StageId::as_str).collect();
    while let Some(id) = next.pop() {
        if found.insert(id) {
            let needed = stages.iter().filter(|other| other.id.as_str() == id).flat_map(|other| &other.needs);
            next.extend(needed.map(forgeline_model::StageId::as_str));
        }
    }
    found
}
