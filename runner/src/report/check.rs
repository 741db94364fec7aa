//! What the check of a blueprint says on a commit: how it ended, whose failure it was, what to do. Pure functions.

use std::fmt::Write as _;

use forgeline_blueprints::text::neutralise_markdown as plain;
use forgeline_engine::{Outcome, RunSpec, fact::Publication, run::TaskStatus};
use forgeline_forge::types::Conclusion;
use forgeline_model::{Annotation, AnnotationLevel, DefinitionRef, markdown::sentence};
pub use forgeline_registry::review::LABELS as REVIEW_LABELS;
use forgeline_store::RunView;

use super::{outcome_text, waiting};
use crate::gate::{Decision, RuleOutcome, Verdict, masked};

/// Most marks on lines that the write gate leaves.
const MAX_MARKS: usize = 20;

/// What is to stand on a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckSaid {
    /// How it ended; none while it goes on.
    pub conclusion: Option<Conclusion>,
    /// Markdown.
    pub text: String,
    /// Marks on lines.
    pub annotations: Vec<Annotation>,
}

/// The name of a blueprint's check; protection rules ask for it.
pub fn name(blueprint: &str) -> String {
    format!("forgeline/{blueprint}")
}

/// Whose a failure is: who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// What was asked or brought is not right.
    Author,
    /// What the blueprint or its agents do is not right.
    Blueprint,
    /// A language model did not do what it should.
    Model,
    /// The forge, or what lies between.
    Forge,
    /// This program, or its machine.
    Forgeline,
    /// A person decided so.
    Person,
}

impl Whose {
    /// Whose the end of a run is; nobody's if it ended well.
    pub fn of(outcome: &Outcome) -> Option<Self> {
        Some(match outcome {
            Outcome::Published(_) | Outcome::NoChange { .. } => return None,
            Outcome::Refused { gate: Some(_), .. } => Self::Blueprint,
            Outcome::Refused { gate: None, .. } | Outcome::Cancelled { .. } => Self::Person,
            Outcome::Failed { kind, .. } => Self::of_kind(kind),
        })
    }

    fn of_kind(kind: &str) -> Self {
        match kind {
            "input" | "form" => Self::Author,
            "validation" | "template" | "limit" | "timeout" | "budget" | "skill" | "contract" | "matrix"
            | "condition" | "command" => Self::Blueprint,
            "model" | "provider" | "quota" => Self::Model,
            "publish" | "forge" => Self::Forge,
            // A crash, a lost worker, and whatever has no word here.
            _ => Self::Forgeline,
        }
    }

    /// The line that says so.
    fn line(self) -> &'static str {
        match self {
            Self::Author => "**Whose failure:** the author's. What was asked or brought has to change.",
            Self::Blueprint => "**Whose failure:** the blueprint's. Its owners have to change it or what it is given.",
            Self::Model => {
                "**Whose failure:** the model's. `/forgeline retry` asks it again; another model is the operator's to set."
            }
            Self::Forge => "**Whose failure:** the forge's. `/forgeline retry` tries once more when it is well again.",
            Self::Forgeline => "**Whose failure:** Forgeline's, or its machine's. `/forgeline retry` tries once more.",
            Self::Person => "**Whose failure:** nobody's. A person decided so.",
        }
    }
}

/// A run has begun.
pub fn begins(spec: &RunSpec) -> String {
    format!("`{}` is at work: run `{}`. `/forgeline status` shows how far it is.", spec.plan.blueprint, spec.id)
}

/// What stands on the pull request that a run looks at.
pub fn of_run(view: &RunView) -> CheckSaid {
    let spec = &view.spec;
    let Some(outcome) = view.state.outcome() else {
        let waits = view.state.questions().next().is_some();
        let conclusion = waits.then_some(Conclusion::ActionRequired);
        return CheckSaid { conclusion, text: masked(&waiting::text(view, None)), annotations: Vec::new() };
    };
    let has_failed = view.state.tasks().any(|task| matches!(task.status, TaskStatus::Failed(_)));
    let conclusion = match outcome {
        Outcome::Published(_) | Outcome::NoChange { .. } => Conclusion::Success,
        Outcome::Refused { gate: None, .. } if !has_failed => Conclusion::Neutral,
        Outcome::Refused { .. } => Conclusion::Failure,
        Outcome::Failed { kind, .. } if kind == "timeout" => Conclusion::TimedOut,
        Outcome::Failed { .. } => Conclusion::Failure,
        Outcome::Cancelled { .. } => Conclusion::Cancelled,
    };
    let mut text = said(spec, outcome);
    if let Some(whose) = Whose::of(outcome) {
        let _ = write!(text, "\n\n{}", whose.line());
    }
    CheckSaid { conclusion: Some(conclusion), text, annotations: Vec::new() }
}

/// What stands on Forgeline's own pull request, at the commit that a run made.
pub fn of_publication(spec: &RunSpec, outcome: &Outcome, publication: &Publication) -> CheckSaid {
    let verdict = serde_json::from_value::<Verdict>(publication.gate.clone()).ok();
    let objections: Vec<&RuleOutcome> = verdict.iter().flat_map(Verdict::objections).collect();
    let mut text = said(spec, outcome);
    let word = verdict.as_ref().map_or("unknown", |verdict| verdict.decision.word());
    let _ = write!(text, "\n\nWrite gate: **{word}**");
    for it in objections.iter().take(MAX_MARKS) {
        let subject = it.subject.as_deref().map(|subject| format!(" `{subject}`")).unwrap_or_default();
        let _ = write!(text, "\n- `{}`{subject}: {}", it.rule, plain(&it.reason));
    }
    let needs_human = verdict.as_ref().is_none_or(|verdict| verdict.decision != Decision::Allow);
    let is_clean = publication.conflict.is_none() && !needs_human;
    let marks = objections.iter().filter_map(|it| mark(it)).take(MAX_MARKS);
    CheckSaid {
        conclusion: Some(if is_clean { Conclusion::Success } else { Conclusion::Neutral }),
        text: masked(&text),
        annotations: marks.collect(),
    }
}

/// What a review says, with whose it is that it did not end well.
pub fn of_review(text: &str, is_bad: bool) -> String {
    if is_bad { format!("{text}\n\n{}", Whose::Author.line()) } else { text.to_owned() }
}

/// There is no review.
pub fn of_no_review(text: &str, outcome: &Outcome) -> String {
    match Whose::of(outcome) {
        Some(whose) => masked(&format!("{text}\n\n{}", whose.line())),
        None => text.to_owned(),
    }
}

/// A blueprint whose check is required does not start, and need not: the check ends so that the forge lets it pass.
pub fn skipped(blueprint: &DefinitionRef, (condition, expected, actual): (&str, &str, &str)) -> String {
    format!(
        "`{blueprint}` has nothing to do here, so this check does not stand in the way.\n\n- condition: {}\n- expected: {}\n- \
         found: {}\n\n`/forgeline run {}` starts it all the same.",
        plain(condition),
        plain(expected),
        plain(actual),
        blueprint.name
    )
}

/// A blueprint whose check is required would start, and who brought the change may not start it.
pub fn needs_voucher(blueprint: &DefinitionRef, refusal: &str, head: &str) -> String {
    format!(
        "`{blueprint}` waits for a maintainer. {} Read what the pull request brings, then comment:\n\n```\n/forgeline \
         ok-to-test {head}\n```",
        sentence(refusal)
    )
}

/// A blueprint whose check is required would start, and not now.
pub fn not_now(blueprint: &DefinitionRef, reply: &str) -> String {
    format!("`{blueprint}` did not start.\n\n{reply}\n\nThen comment `/forgeline run {}`.", blueprint.name)
}

/// A blueprint whose check is required cannot start.
pub fn cannot_start(blueprint: &DefinitionRef, faults: &[String]) -> String {
    let mut text = format!("`{blueprint}` cannot start:\n\n");
    for fault in faults {
        let _ = writeln!(text, "- {}", plain(fault));
    }
    let _ = write!(text, "\n{}", Whose::Blueprint.line());
    masked(&text)
}

/// The comment on a pull request whose newest head has nothing more that was reviewed at an earlier one.
pub fn taken_back(blueprint: &DefinitionRef, head: &str) -> String {
    format!(
        "### Nothing to review\n\nWhat was reviewed here is not part of this pull request any more.\n\n<sub>{blueprint} looked \
         for it at `{}`</sub>",
        head.get(..12).unwrap_or(head)
    )
}

fn said(spec: &RunSpec, outcome: &Outcome) -> String {
    let text = sentence(&outcome_text(spec, outcome));
    masked(&format!("**{}** · run `{}`\n\n{text}", spec.plan.blueprint, spec.id))
}

/// A mark on the first line of the file that the gate speaks of.
fn mark(it: &RuleOutcome) -> Option<Annotation> {
    let path = it.subject.as_deref().filter(|path| path.parse::<forgeline_model::SafePath>().is_ok())?;
    let level = match it.verdict {
        Decision::Deny => AnnotationLevel::Failure,
        Decision::NeedsHuman => AnnotationLevel::Warning,
        Decision::Allow => AnnotationLevel::Notice,
    };
    Some(Annotation { path: path.to_owned(), line: 1, level, title: it.rule.clone(), message: masked(&it.reason) })
}

#[cfg(test)]
mod tests;
