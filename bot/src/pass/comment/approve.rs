//! `approve` and `reject`: a word on a stage that waits for people.

use forgeline_engine::{Approval, Input, plan::Work, run::Question};
use forgeline_model::StageId;
use forgeline_store::{Ruling, RunView};
use serde_json::json;

use super::{Answer, Said};
use crate::{
    Command, Principal, Resource, Role,
    pass::{Bot, Ground, PassError, found::Found},
    reply,
};

/// Fewest digits that name a commit or a digest.
const FEWEST_DIGITS: usize = 7;

/// A run whose stage waits, with the question.
pub(super) struct Asked {
    pub(super) view: RunView,
    stage: StageId,
    question: Question,
}

impl Bot {
    /// The newest run of this item, or of this pull request, in which the stage waits for people.
    pub(super) async fn asked(&self, said: &Said<'_>, stage: &StageId) -> Result<Option<Asked>, PassError> {
        let store = &self.runner.store;
        let repo = said.repo.to_string();
        let mut rows = store.runs_of(&repo, &said.number.to_string()).await?;
        rows.extend(store.runs_of_pull_request(&repo, said.number).await?);
        for row in rows {
            let (false, Ok(run)) = (row.finished, row.run_id.parse()) else { continue };
            let view = store.run(&run).await?;
            let question = view.state.questions().find(|(id, _)| *id == stage).map(|(_, question)| question.clone());
            if let Some(question) = question {
                return Ok(Some(Asked { view, stage: stage.clone(), question }));
            }
        }
        // What a pull request started stands under no item; the newest counts.
        for run in store.unfinished().await?.into_iter().rev() {
            let Ok(view) = store.run(&run).await else { continue };
            let is_it = view.spec.pull_request.as_ref().is_some_and(|at| at.number == said.number);
            let question = view.state.questions().find(|(id, _)| *id == stage).map(|(_, question)| question.clone());
            if let (true, Some(question)) = (is_it && view.spec.target.repository == repo, question) {
                return Ok(Some(Asked { view, stage: stage.clone(), question }));
            }
        }
        Ok(None)
    }

    /// What the authorizer must know about the stage that waits.
    pub(super) async fn waiting_resource(
        &self,
        said: &Said<'_>,
        ground: &Ground,
        asked: &Asked,
    ) -> Result<Resource, PassError> {
        let spec = &asked.view.spec;
        let approvers = match spec.plan.stage(&asked.stage).map(|stage| &stage.work) {
            Some(Work::Approval { approval }) => approval.roles.clone(),
            Some(Work::Agent { .. }) | None => Vec::new(),
        };
        let mut authors = match &said.on {
            Some(Found::PullRequest(pull_request)) => vec![pull_request.author.to_string()],
            Some(Found::Issue(_)) | None => Vec::new(),
        };
        // What an earlier attempt made is taken over, so whoever asked for that has a part in this one.
        let mut earlier = spec.again.as_ref().map(|again| again.of.clone());
        while let Some(run) = earlier {
            let view = self.runner.store.run(&run).await?;
            authors.push(view.spec.trigger.actor.clone());
            earlier = view.spec.again.as_ref().map(|again| again.of.clone());
        }
        Ok(Resource { requester: Some(spec.trigger.actor.clone()), authors, approvers, ..ground.resource() })
    }
}

/// Adds somebody's yes to the ruling, if it is about exactly what waits.
pub(super) fn approve(
    said: &Said<'_>,
    asked: Asked,
    who: &Principal,
    (sha, digest): (&str, Option<&str>),
    command: &Command,
    ruling: &mut Ruling,
) -> Answer {
    let Asked { view, stage, question } = asked;
    let head = &view.spec.target.base;
    let subject = question.subject.hex();
    let named = |given: &str, full: &str| given.len() >= FEWEST_DIGITS && full.starts_with(&given.to_lowercase());
    let other = if !named(sha, head) {
        Some(("commit", &head[..12.min(head.len())]))
    } else if !digest.is_some_and(|digest| named(digest.trim_start_matches("sha256:"), &subject)) {
        // The commit alone does not say what would be done to it.
        Some(("digest", &subject[..12]))
    } else {
        None
    };
    if let Some((what, expected)) = other {
        let detail = json!({"command": command.to_string(), "expected": expected, "what": what});
        ruling.decisions.push(said.decision("approval.subject", "refuse", detail));
        return Answer::Text(reply::approves_something_else(what, expected));
    }
    let approval = Approval {
        id: who.id.clone(),
        name: who.name.clone(),
        role: who.role.map_or("", Role::word).to_owned(),
        subject: question.subject,
        self_approved: false,
    };
    let detail = json!({
        "command": command.to_string(), "actor": who.name, "role": approval.role, "head": head,
        "subject": question.subject, "plan": view.spec.plan.digest(),
    });
    ruling.decisions.push(said.decision("approval.given", "approve", detail));
    let place = ruling.inputs.len();
    ruling.inputs.push((view.spec.id.clone(), Input::Approve { stage: stage.clone(), approval }));
    let missing = (question.min as usize).saturating_sub(question.given.len() + 1);
    Answer::OfInput { place, run: view.spec.id.clone(), well: reply::approved(&stage, missing), what: "approve" }
}

/// Adds somebody's no to the ruling.
pub(super) fn reject(
    said: &Said<'_>,
    asked: Asked,
    who: &Principal,
    reason: &str,
    command: &Command,
    ruling: &mut Ruling,
) -> Answer {
    let Asked { view, stage, .. } = asked;
    let detail = json!({"command": command.to_string(), "actor": who.name, "role": who.role.map(Role::word)});
    ruling.decisions.push(said.decision("approval.given", "reject", detail));
    let place = ruling.inputs.len();
    let input = Input::Reject { stage: stage.clone(), by: who.name.clone(), reason: reason.to_owned() };
    ruling.inputs.push((view.spec.id.clone(), input));
    Answer::OfInput { place, run: view.spec.id.clone(), well: reply::rejected(&stage), what: "reject" }
}
