//! `forgeline run`: a blueprint on a repository, here and now.

mod rehearse;

use clap::Args;
use forgeline_engine::Outcome;
use forgeline_runner::{Driven, Patience, Runner, Stop, report, summarise};
use forgeline_store::{Decided, Decision, NewRun, RunView};
use serde_json::{Value, json};

use super::{Session, wording};
use crate::{
    app,
    ci::job::{self, Group},
    exit::Exit,
    output,
    rehearsal::DryRun,
    request::{self, Asked},
    signals, story,
};

/// Run a blueprint.
///
/// On a plain Git repository the result is a local branch; on a repository of the local forge it is a pull request.
/// The same command again joins or resumes the same run; once it has ended, it says what stands.
#[derive(Debug, Args)]
pub struct Run {
    /// What to run, and on what.
    #[command(flatten)]
    pub asked: Asked,
    /// Say of each stage why its result was taken over from an earlier run, or not.
    #[arg(long)]
    pub explain_cache: bool,
    #[command(flatten)]
    pub how: DryRun,
}

impl Run {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        if self.how.dry_run {
            return rehearse::perform(&session.to_change(self.how).await?, &self.asked).await;
        }
        let ci = session.ci.as_deref();
        let stop = signals::stop(session);
        let (watch, told) = story::watch();
        let group = Group::begin(ci, &format!("forgeline run {}", self.asked.blueprint));
        let (runner, aim) = request::aim(&self.asked, session, |registry| app::open(session, registry, watch)).await?;
        let runner = runner.telling(session.operator.escalation(&aim.in_force)?);
        let request = request::resolve(&aim.asked, &aim.in_force, &runner).await?;
        let (new, why) = request::prepare_attempt(request, &runner).await?;
        told.set(new.spec.clone());
        if !session.out.json {
            announce(&new);
        }
        let view = carry_out(&runner, new, why, stop, Patience::Endless).await?;
        session.operator.witness(&runner).await?;
        if self.explain_cache {
            output::note(super::reuse::text(&runner, &view).await?.trim_end());
        }
        runner.store.close().await;
        drop(group);
        if let Some(ci) = ci {
            job::tell_run(ci, &view);
        }
        finish(session, &view)
    }
}

/// Decides the run, or joins it, and drives it to its end.
pub async fn carry_out(
    runner: &Runner,
    new: NewRun,
    why: Decision,
    stop: Stop,
    patience: Patience,
) -> anyhow::Result<RunView> {
    let id = new.spec.id.clone();
    match runner.store.start(new, vec![why], runner.clock.now()).await? {
        Decided::Started(..) => {}
        Decided::Joined(id) => {
            output::note(&format!("  joined    {id}: the same was asked before; going on from where it stands"))
        }
    }
    match runner.drive(&id, stop, patience).await? {
        Driven::Ended(view) => Ok(view),
        Driven::Waiting(view, what) => {
            output::note(&format!("  waits     {}", wording::waiting(&view, &what)));
            Ok(view)
        }
        Driven::Stopped(view) => {
            output::note(&format!(
                "\nstopped; `forgeline runs show {id}` shows how far it came, the same command goes on from there"
            ));
            Ok(view)
        }
    }
}

fn announce(new: &NewRun) {
    let spec = &new.spec;
    output::note(&format!("  run       {} of {} on {}", spec.id, spec.plan.blueprint, spec.target.repository));
    let dirty = if spec.definitions.dirty { " (not committed)" } else { "" };
    output::note(&format!("  using     definitions from {}{dirty}", spec.definitions.origin));
    if let Some(from) = &spec.definitions.contracts {
        output::note(&format!("            contracts of {from}"));
    }
}

/// Prints how it ended and picks the exit code.
pub fn finish(session: &Session, view: &RunView) -> anyhow::Result<Exit> {
    session.out.print("run", &run_json(view), || match view.state.outcome() {
        Some(outcome) => format!("{}\n", report::outcome_text(&view.spec, outcome)),
        None => String::new(),
    });
    Ok(match view.state.outcome() {
        None if matches!(view.state.word(), "waiting" | "paused") => Exit::Waiting,
        None => Exit::Interrupted,
        Some(Outcome::Published(_) | Outcome::NoChange { .. }) => Exit::Success,
        Some(Outcome::Refused { .. }) => Exit::Denied,
        Some(Outcome::Failed { kind, .. }) if kind == "timeout" => Exit::TimedOut,
        Some(Outcome::Failed { .. }) => Exit::Failed,
        Some(Outcome::Cancelled { .. }) => Exit::Interrupted,
    })
}

/// A run for machines.
pub fn run_json(view: &RunView) -> Value {
    let spec = &view.spec;
    json!({
        "id": spec.id,
        "blueprint": spec.plan.blueprint,
        "repository": spec.target.repository,
        "item": spec.item.as_ref().map(|item| &item.id),
        "branch": spec.target.branch,
        "status": view.state.word(),
        "outcome": view.state.outcome(),
        "created_at": spec.created_at.to_string(),
        "stages": summarise(view).iter().map(|stage| json!({
            "stage": stage.stage, "agent": stage.agent, "files": stage.files, "millis": stage.millis,
            "tasks": stage.tasks, "reused": stage.reused,
        })).collect::<Vec<_>>(),
    })
}
