//! What a run gives up: a task that failed for good, or the run itself when its publishing did.

use forgeline_engine::{Fact, Outcome, RunSpec, step::REJECTED};
use forgeline_model::Criticality;

use super::{DeadLetter, Subject};

/// The letter that a fact makes, if it gives something up.
pub(crate) fn of_fact(spec: &RunSpec, fact: &Fact) -> Option<DeadLetter> {
    match fact {
        // A person's no is an answer, not an accident.
        Fact::TaskFailed { failure, .. } if failure.kind == REJECTED => None,
        Fact::TaskFailed { task, attempt, failure, last: true } => {
            let agent = spec.plan.stage(&task.stage).and_then(|stage| stage.agent());
            let agent = agent.map_or("forgeline", |agent| agent.name.as_str());
            let subject = Subject::Task { run: spec.id.clone(), task: task.to_string() };
            Some(letter(spec, agent, subject, &failure.kind, &failure.message, *attempt))
        }
        Fact::Finished { outcome: Outcome::Failed { task: None, kind, message } } => {
            Some(letter(spec, "forgeline", Subject::Run(spec.id.clone()), kind, message, 1))
        }
        _ => None,
    }
}

fn letter(spec: &RunSpec, agent: &str, subject: Subject, kind: &str, reason: &str, attempts: u32) -> DeadLetter {
    DeadLetter {
        project: spec.source.project_id.to_string(),
        criticality: criticality(spec),
        agent: agent.to_owned(),
        error_kind: kind.to_owned(),
        subject,
        body: "{}".to_owned(),
        reason: reason.to_owned(),
        attempts,
        run: Some(spec.id.clone()),
    }
}

/// How bad a failure of the run's project is, as it was when the run was decided.
pub(crate) fn criticality(spec: &RunSpec) -> Criticality {
    serde_json::from_value(spec.context["project"]["criticality"].clone()).unwrap_or_default()
}
