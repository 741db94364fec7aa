//! `forgeline runs retry` and `revise`: a run once more, as a further attempt that takes over what is known.

use clap::Args;
use forgeline_bot::command::without_commands;
use forgeline_engine::{
    RunSpec,
    spec::{Again, Forge, ReviewNotes, Revision},
};
use forgeline_model::{Digest, StageId};
use forgeline_runner::{
    Patience, Runner,
    again::{self, Wish},
};
use forgeline_store::{Decision, RunView};
use serde_json::{Value, json};

use crate::{
    app,
    commands::{Session, lookup::view_run, run},
    definitions,
    exit::{Exit, Failure},
    once_more::OnceMore,
    output,
    rehearsal::DryRun,
    signals, story,
};

/// What is tried again.
#[derive(Debug, Args)]
pub struct Retry {
    /// The run.
    run: String,
    /// From this stage on, done anew though its result is known; where the run failed when left out.
    #[arg(long)]
    stage: Option<StageId>,
    /// One element of that stage's matrix.
    #[arg(long, requires = "stage")]
    item: Option<String>,
    /// Do all stages anew, also those whose results are known.
    #[arg(long, conflicts_with = "stage")]
    fresh: bool,
    /// An input with another value, `name=value`.
    #[arg(long = "input", short, value_name = "NAME=VALUE")]
    inputs: Vec<String>,
    #[command(flatten)]
    how: DryRun,
}

/// What is wanted otherwise.
#[derive(Debug, Args)]
pub struct Revise {
    /// The run.
    run: String,
    /// What you want otherwise, in your own words.
    text: String,
    /// The first stage that hears of it; the first of all when left out.
    #[arg(long)]
    stage: Option<StageId>,
    #[command(flatten)]
    how: DryRun,
}

impl Retry {
    pub(super) async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let wish =
            |_: &RunView| Wish { from: self.stage.clone(), item: self.item.clone(), fresh: self.fresh, revision: None };
        once_more(session, &self.run, &self.inputs, self.how, "retry", wish).await
    }
}

impl Revise {
    pub(super) async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let wish = |view: &RunView| {
            let first = view.spec.plan.stages.first().map(|stage| stage.id.clone());
            let revision =
                self.stage.clone().or(first).map(|stage| Revision { stage, text: self.text.clone(), notes: None });
            Wish { revision, ..Wish::default() }
        };
        once_more(session, &self.run, &[], self.how, "revise", wish).await
    }
}

async fn once_more(
    session: &Session,
    name: &str,
    inputs: &[String],
    how: DryRun,
    verb: &str,
    wish: impl FnOnce(&RunView) -> Wish,
) -> anyhow::Result<Exit> {
    let session = &session.to_change(how).await?;
    let stop = signals::stop(session);
    let (watch, told) = story::watch();
    let in_force = definitions::usable(definitions::load(session)?)?;
    let escalation = session.operator.escalation(&in_force)?;
    let runner = app::open(session, in_force.registry.clone(), watch).await?.telling(escalation);
    let view = view_run(&runner.store, name).await?;
    let spec = &view.spec;
    if view.state.outcome().is_none() {
        let hint = "cancel it first, or let it end";
        anyhow::bail!(Failure::new(Exit::Failed, format!("run `{}` is under way; {hint}", spec.id)));
    }
    let mut wish = wish(&view);
    if let Some(revision) = &mut wish.revision {
        revision.notes = notes(&runner, spec, &revision.text).await?;
    }
    let missing = |error: again::NoSuchStage| Failure::new(Exit::NotFound, error.to_string());
    let again = again::of(&view, wish).map_err(missing)?;
    let asked = OnceMore { again, changes: inputs, detail: format!("runs {verb} {}", spec.id), fallback: &in_force };
    // The same wish for the same run is the same attempt.
    let key = |spec: &RunSpec, again: &Again, inputs: &Value| {
        format!("{}/{verb}/{}", spec.trigger_key, Digest::of(&json!({"again": again, "inputs": inputs})).hex())
    };
    let new = asked.prepare(&runner, &view, key).await?;
    if how.dry_run {
        let document = json!({"run": new.spec.id, "again_of": spec.id, "plan": new.spec.plan.digest()});
        let said = || format!("run {} would start as a further attempt at {}\n", new.spec.id, spec.id);
        session.out.print(verb, &document, said);
        return Ok(Exit::Success);
    }
    let why = Decision {
        subject: new.spec.id.to_string(),
        rule: "trigger.cli".into(),
        verdict: "start".into(),
        detail: json!({"again": new.spec.again, "actor": new.spec.trigger.actor}),
    };
    told.set(new.spec.clone());
    if !session.out.json {
        output::note(&format!("  run       {} tries {} again", new.spec.id, spec.id));
    }
    let view = run::carry_out(&runner, new, why, stop, Patience::Endless).await?;
    session.operator.witness(&runner).await?;
    runner.store.close().await;
    run::finish(session, &view)
}

/// What reviewers said on the pull request of the run's item, if it has one.
async fn notes(runner: &Runner, spec: &RunSpec, text: &str) -> anyhow::Result<Option<Box<ReviewNotes>>> {
    if spec.target.forge != Forge::Local {
        return Ok(None);
    }
    let mut rows = Vec::new();
    if let Some(item) = &spec.item {
        rows.extend(runner.store.runs_of(&spec.target.repository, item.id.as_str()).await?);
    }
    let number = rows.iter().find_map(|row| row.pull_request).and_then(|number| u64::try_from(number).ok());
    let (Some(number), Ok(repo)) = (number, spec.target.repository.parse()) else { return Ok(None) };
    // The same wish is the same request.
    let key = Digest::of(&json!([spec.id, text])).hex()[..16].to_owned();
    Ok(runner.review_notes(&repo, number, &key, without_commands).await?.map(Box::new))
}
