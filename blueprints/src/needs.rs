//! What a blueprint's stages read from a run, and this run does not have. Told while planning: a task that renders
//! such a template could only fail.

use std::collections::BTreeSet;

use forgeline_engine::{condition::Condition, context::lookup};
use forgeline_model::{Diagnostic, Span};
use serde_json::Value;

use crate::{
    agent::{Agent, TemplateFile, TemplateWork},
    blueprint::{Blueprint, Stage},
    codes,
    factory::{Definition, Factory},
    shape,
    text::{self, Reference},
    yaml::{Document, pointer_token},
};

/// What a run may have or lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    WorkItem,
    Entities,
    Event,
}

impl Need {
    /// What a path asks for.
    fn of(path: &str) -> Option<Self> {
        let mut parts = path.split('.');
        match (parts.next(), parts.next()) {
            (Some("work_item"), Some("spec")) => Some(Self::Entities),
            (Some("work_item"), _) => Some(Self::WorkItem),
            (Some("event"), _) => Some(Self::Event),
            _ => None,
        }
    }

    /// The value that holds it.
    fn path(self) -> &'static str {
        match self {
            Self::WorkItem => "work_item",
            Self::Entities => "work_item.spec",
            Self::Event => "event",
        }
    }

    fn refusal(self, blueprint: &str, path: &str) -> Diagnostic {
        let (code, what, hint) = match self {
            Self::WorkItem => (
                codes::NEEDS_WORK_ITEM,
                "a work item",
                "give one: `--work-item item.md`, `--issue 7`, or comment on an issue",
            ),
            Self::Entities => (
                codes::NEEDS_FORM,
                "a work item with entities",
                "write `## Entities` with lines like `- Order: number (string), customer (string)` into the work item",
            ),
            Self::Event => {
                (codes::NEEDS_EVENT, "an event", "an event starts it; `forgeline events publish` hands one in")
            }
        };
        Diagnostic::error(code, format!("blueprint `{blueprint}` needs {what}: it reads `{path}`")).hint(hint)
    }
}

/// What the blueprint reads and `context`, the values of the run, does not have: each once, at the first place.
///
/// A stage or template whose condition is false in this context reads nothing, nor does a block of a template whose
/// condition cannot hold.
pub fn unmet(factory: &Factory, definition: &Definition<Blueprint>, context: &Value) -> Vec<Diagnostic> {
    let mut reading = Reading { blueprint: &definition.reference.name, context, told: BTreeSet::new(), found: vec![] };
    for (index, stage) in definition.manifest.stages.iter().enumerate() {
        let at = format!("/stages/{index}");
        if !reading.condition(&definition.document, &format!("{at}/when"), stage.when.as_deref()) {
            continue;
        }
        for (name, value) in &stage.matrix {
            reading.value(&definition.document, &format!("{at}/matrix/{}", pointer_token(name)), value);
        }
        for (name, value) in &stage.with {
            reading.value(&definition.document, &format!("{at}/with/{}", pointer_token(name)), value);
        }
        let agent = stage.uses.as_ref().and_then(|uses| factory.resolve(uses).ok());
        if let Some(agent) = agent
            && let Some((skill, work)) = agent.manifest.template()
        {
            let skill = agent.manifest.skills.iter().position(|other| other.id == skill.id).unwrap_or_default();
            reading.agent(agent, work, &format!("/skills/{skill}"), stage);
        }
    }
    if reading.told.contains(&Need::Entities) {
        // A work item with entities is a work item.
        reading.found.retain(|finding| finding.code != codes::NEEDS_WORK_ITEM);
    }
    reading.found
}

struct Reading<'a> {
    blueprint: &'a str,
    context: &'a Value,
    told: BTreeSet<Need>,
    found: Vec<Diagnostic>,
}

impl Reading<'_> {
    fn lacks(&self, path: &str) -> Option<Need> {
        Need::of(path).filter(|need| lookup(self.context, need.path()).is_none())
    }

    /// Whether a branch can be taken whose guards all hold something.
    fn is_reached(&self, guards: &[String]) -> bool {
        guards.iter().all(|guard| self.lacks(guard).is_none())
    }

    fn read(&mut self, path: &str, place: impl FnOnce(Diagnostic) -> Diagnostic) {
        if let Some(need) = self.lacks(path)
            && self.told.insert(need)
        {
            self.found.push(place(need.refusal(self.blueprint, path)));
        }
    }

    fn reference(&mut self, reference: &Reference, place: impl FnOnce(Diagnostic) -> Diagnostic) {
        if !reference.optional && self.is_reached(&reference.guards) {
            self.read(&reference.path, place);
        }
    }

    /// Whether what the condition guards may be done; what it reads itself is needed unless it can be decided without.
    fn condition(&mut self, document: &Document, pointer: &str, text: Option<&str>) -> bool {
        let Some(Ok(condition)) = text.map(Condition::parse) else { return true };
        match condition.evaluate(self.context) {
            Ok(holds) => holds,
            Err(_) => {
                for path in condition.references() {
                    self.read(&path, |diagnostic| document.at(pointer, diagnostic));
                }
                true
            }
        }
    }

    /// Every text in a value of a manifest.
    fn value(&mut self, document: &Document, pointer: &str, value: &Value) {
        for (pointer, text) in shape::texts(value, pointer) {
            for reference in text::references(text) {
                self.reference(&reference, |diagnostic| document.at(&pointer, diagnostic));
            }
        }
    }

    fn agent(&mut self, agent: &Definition<Agent>, work: &TemplateWork, at: &str, stage: &Stage) {
        for (index, template) in work.templates.iter().enumerate() {
            self.template(agent, template, &format!("{at}/templates/{index}"));
        }
        for (name, value) in &work.outputs {
            self.value(&agent.document, &format!("{at}/outputs/{}", pointer_token(name)), value);
        }
        for (event, fields) in &work.events {
            let is_told = |emits: &String| emits.split_once('@').is_some_and(|(name, _)| name == event);
            if stage.emits.iter().any(is_told) {
                for (name, value) in fields {
                    self.value(&agent.document, &format!("{at}/events/{event}/{}", pointer_token(name)), value);
                }
            }
        }
    }

    fn template(&mut self, agent: &Definition<Agent>, template: &TemplateFile, at: &str) {
        let document = &agent.document;
        if !self.condition(document, &format!("{at}/when"), template.when.as_deref()) {
            return;
        }
        for (name, text) in [("each", template.each.as_deref()), ("to", Some(template.to.as_str()))] {
            for reference in text.into_iter().flat_map(text::references) {
                self.reference(&reference, |diagnostic| document.at(&format!("{at}/{name}"), diagnostic));
            }
        }
        let mut seen = BTreeSet::new();
        for (path, _) in agent.files.iter() {
            let is_it =
                if template.from.ends_with('/') { path.starts_with(&template.from) } else { path == template.from };
            if is_it {
                for reference in text::references(path) {
                    self.reference(&reference, |diagnostic| diagnostic.in_file(format!("{}/{path}", agent.folder)));
                }
                self.file(agent, path, &mut seen);
            }
        }
    }

    /// A template file with the partials that it includes.
    fn file(&mut self, agent: &Definition<Agent>, path: &str, seen: &mut BTreeSet<String>) {
        let source = agent.files.get(path).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let Some(source) = source.filter(|_| path.ends_with(".hbs") && seen.insert(path.to_owned())) else { return };
        for reference in text::references(source) {
            self.reference(&reference, |diagnostic| {
                let length = u32::try_from(reference.path.chars().count()).unwrap_or(1).max(1);
                let file = format!("{}/{path}", agent.folder);
                diagnostic.at(Span { file, line: reference.line, column: reference.column, length }, source)
            });
        }
        for inclusion in text::inclusions(source) {
            if self.is_reached(&inclusion.guards) {
                self.file(agent, &format!("partials/{}.hbs", inclusion.name), seen);
            }
        }
    }
}
