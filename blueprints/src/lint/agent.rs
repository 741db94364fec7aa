//! One agent.

use std::collections::BTreeSet;

use forgeline_model::Diagnostic;

use super::{names, skill};
use crate::{
    agent::{Agent, Skill, Work},
    codes,
    factory::Definition,
    suggest,
};

/// Everything that is wrong with one agent.
pub(crate) fn agent(definition: &Definition<Agent>) -> Vec<Diagnostic> {
    let agent = &definition.manifest;
    let document = &definition.document;
    let mut found = Vec::new();
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    for (index, one) in agent.skills.iter().enumerate() {
        let at = format!("/skills/{index}");
        if !ids.insert(&one.id) {
            let diagnostic = Diagnostic::error(codes::DUPLICATE_STAGE, format!("a second skill `{}`", one.id));
            found.push(document.at(&format!("{at}/id"), diagnostic.hint("give one of them another id")));
        }
        found.extend(of_skill(definition, one, &at));
    }
    if agent.skill().is_none() {
        let kinds: Vec<&str> = agent.skills.iter().map(|skill| skill.work.kind()).collect();
        let message = match kinds.as_slice() {
            [] => "the agent has no skill".to_owned(),
            [kind] => format!("skill kind `{kind}` is not available in this build"),
            _ => format!("none of the skill kinds {} is available in this build", suggest::list(&kinds)),
        };
        let diagnostic = Diagnostic::error(codes::UNAVAILABLE_SKILL, message);
        found.push(document.at_key("/skills", diagnostic.hint("add a `template` skill that does the work without it")));
    }
    if let Some(query) = agent.context.knowledge.as_ref().and_then(|knowledge| knowledge.query.as_deref()) {
        let names = names::of_agent(&agent.inputs);
        found.extend(names::template(document, "/context/knowledge/query", query, &names));
    }
    found
}

fn of_skill(definition: &Definition<Agent>, one: &Skill, at: &str) -> Vec<Diagnostic> {
    match &one.work {
        Work::Template(work) => skill::template(definition, work, at),
        Work::Model(work) => {
            let mut found = skill::file(definition, &format!("{at}/prompt"), &work.prompt);
            let schema = work.output_schema.as_deref();
            found.extend(
                schema.into_iter().flat_map(|file| skill::file(definition, &format!("{at}/output_schema"), file)),
            );
            found
        }
        Work::Composite(work) => {
            let others: Vec<&str> =
                definition.manifest.skills.iter().map(|skill| skill.id.as_str()).filter(|id| *id != one.id).collect();
            let unknown = work.steps.iter().enumerate().filter(|(_, step)| !others.contains(&step.as_str()));
            unknown
                .map(|(index, step)| {
                    let diagnostic =
                        Diagnostic::error(codes::UNKNOWN_STAGE, format!("there is no other skill `{step}`"))
                            .hint(suggest::hint(step, others.iter().copied()));
                    definition.document.at(&format!("{at}/steps/{index}"), diagnostic)
                })
                .collect()
        }
        Work::Command(_) | Work::Tool(_) | Work::ContractReview => Vec::new(),
    }
}
