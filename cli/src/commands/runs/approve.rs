//! `forgeline runs approve` and `reject`: a word on a stage that waits for people.

use clap::Args;
use forgeline_bot::{Action, Principal, Resource, Role, Verb, authorize};
use forgeline_engine::{Approval, Input, plan::Work, run::Question, spec::Forge};
use forgeline_forge::types::Login;
use forgeline_model::StageId;
use forgeline_runner::Runner;
use forgeline_store::{Decision, Ruling, RunView};
use serde_json::json;

use crate::{
    commands::{Session, lookup::view_run},
    exit::{Exit, Failure},
    rehearsal::DryRun,
    request,
};

/// Agree to a stage that waits, or refuse it.
#[derive(Debug, Args)]
pub struct Word {
    /// The run.
    run: String,
    /// The stage; may be left out when only one waits.
    stage: Option<StageId>,
    /// As which user of the local forge; the one of this machine otherwise.
    #[arg(long = "as", value_name = "USER")]
    actor: Option<Login>,
    /// Why, for the record.
    #[arg(long, short, default_value = "")]
    message: String,
    #[command(flatten)]
    how: DryRun,
}

pub(super) async fn perform(session: &Session, word: Word, agrees: bool) -> anyhow::Result<Exit> {
    let session = &session.to_change(word.how).await?;
    let runner = session.look().await?;
    let view = view_run(&runner.store, &word.run).await?;
    let (stage, question) = waiting(&view, word.stage.as_ref())?;
    let who = principal(&runner, &view, word.actor.as_ref()).await;
    let verb = if agrees { Verb::Approve } else { Verb::Reject };
    authorize(&who, Action::Command(verb), &resource(&view, &stage))
        .map_err(|refusal| Failure::new(Exit::Denied, refusal.to_string()))?;
    let input = match agrees {
        true => Input::Approve { stage: stage.clone(), approval: approval(&who, &question) },
        false => Input::Reject { stage: stage.clone(), by: who.name.clone(), reason: word.message.clone() },
    };
    let decision = Decision {
        subject: view.spec.id.to_string(),
        rule: "approval.given".into(),
        verdict: verb.word().into(),
        detail: json!({"stage": stage, "actor": who.name, "subject": question.subject, "message": word.message}),
    };
    let ruling = Ruling { inputs: vec![(view.spec.id.clone(), input)], decisions: vec![decision], ..Ruling::default() };
    let ruled = runner.store.decide(ruling, |_| Vec::new(), runner.clock.now()).await?;
    if let Some(Err(why)) = ruled.inputs.first() {
        anyhow::bail!(Failure::new(Exit::Failed, why.to_string()));
    }
    let document = json!({"run": view.spec.id, "stage": stage, "by": who.name});
    session.out.print(verb.word(), &document, || {
        let next = "`forgeline bot once`, or the command that started the run, goes on with it";
        format!(
            "recorded: {} {} stage {stage} of {}; {next}\n",
            who.name,
            if agrees { "approves" } else { "rejects" },
            view.spec.id
        )
    });
    Ok(Exit::Success)
}

/// The stage that is meant, and what it asks.
fn waiting(view: &RunView, named: Option<&StageId>) -> Result<(StageId, Question), Failure> {
    let all: Vec<(StageId, Question)> =
        view.state.questions().map(|(stage, question)| (stage.clone(), question.clone())).collect();
    let names = || all.iter().map(|(stage, _)| format!("`{stage}`")).collect::<Vec<_>>().join(", ");
    let id = &view.spec.id;
    match (named, all.as_slice()) {
        (_, []) => Err(Failure::new(Exit::NotFound, format!("no stage of run `{id}` waits for people"))),
        (None, [one]) => Ok(one.clone()),
        (None, _) => Err(Failure::new(Exit::Usage, format!("which stage of run `{id}`? {} wait", names()))),
        (Some(stage), _) => all.iter().find(|(id, _)| id == stage).cloned().ok_or_else(|| {
            Failure::new(Exit::NotFound, format!("stage `{stage}` of run `{id}` does not wait; {} does", names()))
        }),
    }
}

/// Who speaks: with the role of the local forge, or, on a plain repository of this machine, as its administrator.
async fn principal(runner: &Runner, view: &RunView, actor: Option<&Login>) -> Principal {
    let name = actor.map_or_else(request::user, ToString::to_string);
    let role = match (view.spec.target.forge, view.spec.target.repository.parse(), name.parse()) {
        (Forge::Git, ..) => Some(Role::Admin),
        (Forge::Local, Ok(repo), Ok(login)) => {
            let role = runner.forge.role_of(&repo, &login).await.ok().flatten();
            role.and_then(|role| Role::from_word(role.as_str()))
        }
        (Forge::Local, ..) => None,
    };
    Principal { id: name.clone(), is_human: !name.ends_with("[bot]"), name, role }
}

fn resource(view: &RunView, stage: &StageId) -> Resource {
    let approvers = match view.spec.plan.stage(stage).map(|stage| &stage.work) {
        Some(Work::Approval { approval }) => approval.roles.clone(),
        Some(Work::Agent { .. }) | None => Vec::new(),
    };
    Resource { requester: Some(view.spec.trigger.actor.clone()), approvers, ..Resource::default() }
}

fn approval(who: &Principal, question: &Question) -> Approval {
    Approval {
        id: who.id.clone(),
        name: who.name.clone(),
        role: who.role.map_or("", Role::word).to_owned(),
        subject: question.subject,
        self_approved: false,
    }
}
