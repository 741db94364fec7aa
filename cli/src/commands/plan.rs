//! `forgeline plan`: what a run would do.

use clap::Args;
use forgeline_engine::{
    RunSpec,
    estimate::{Estimate, estimate},
    plan::PlannedStage,
};
use forgeline_runner::{Runner, Watch, prepare};
use serde_json::{Value, json};

use super::{Session, wording::duration};
use crate::{
    app,
    exit::{Exit, Failure},
    output::table,
    rehearsal::DryRun,
    request::{self, Asked},
};

/// Show what a run would do; writes nothing.
#[derive(Debug, Args)]
pub struct PlanCommand {
    /// What to run, and on what.
    #[command(flatten)]
    pub asked: Asked,
}

impl PlanCommand {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        // A state that is there is opened as any command opens it; a copy of a large one would take long.
        if session.state.join(forgeline_store::DATABASE).is_file() {
            return show(session, &self.asked).await;
        }
        // Opening one that is not there would make it; a plan leaves everything as it is.
        let mut copy = session.to_change(DryRun { dry_run: true }).await?;
        copy.out = session.out;
        show(&copy, &self.asked).await
    }
}

/// Shows the plan of what is asked, on the session's state.
pub(super) async fn show(session: &Session, asked: &Asked) -> anyhow::Result<Exit> {
    let watch = Watch::nobody();
    let (runner, aim) = request::aim(asked, session, |registry| app::open(session, registry, watch)).await?;
    let mut request = request::resolve(&aim.asked, &aim.in_force, &runner).await?;
    request.trigger_key = "plan".into();
    let refuse = |faults| Failure::invalid(format!("blueprint `{}` cannot run", asked.blueprint), faults);
    let new = prepare::prepare(request, runner.clock.now()).map_err(refuse)?;
    let spec = &new.spec;
    let estimate = estimate_of(&runner, spec).await?;
    session.out.print("plan", &value(spec, estimate.as_ref()), || text(spec, estimate.as_ref()));
    Ok(Exit::Success)
}

/// What the run will probably take, if its blueprint ran before.
pub(super) async fn estimate_of(runner: &Runner, spec: &RunSpec) -> anyhow::Result<Option<Estimate>> {
    let past = runner.store.past_of(&spec.plan.blueprint.name).await?;
    Ok(estimate(&spec.plan, &past))
}

/// The plan of a run for machines.
pub(super) fn value(spec: &RunSpec, estimate: Option<&Estimate>) -> Value {
    json!({
        "digest": spec.plan.digest(),
        "definitions": spec.definitions,
        "target": spec.target,
        "plan": spec.plan,
        "cost": {"model_calls": 0, "usd": "0.00"},
        "estimate": estimate,
    })
}

/// The plan of a run for people.
pub(super) fn text(spec: &RunSpec, estimate: Option<&Estimate>) -> String {
    let rows: Vec<Vec<String>> = spec.plan.stages.iter().map(|stage| row(stage, estimate)).collect();
    let usually = estimate.map_or_else(String::new, |it| {
        let runs = if it.runs == 1 { "run".to_owned() } else { format!("{} runs", it.runs) };
        format!("\nusually {} of work and {} USD, by the last {runs}", duration(it.millis), it.usd)
    });
    let dirty = if spec.definitions.dirty { " (not committed)" } else { "" };
    let contracts = spec.definitions.contracts.as_ref().map_or_else(String::new, |it| format!("\ncontracts of {it}"));
    format!(
        "{} on {} at {}\ndefinitions from {}{dirty}{contracts}\nbranch {}\n\n{}\nplan {}: no model call, 0.00 USD; nothing was written{usually}\n",
        spec.plan.blueprint,
        spec.target.repository,
        &spec.target.base[..12],
        spec.definitions.origin,
        spec.target.branch,
        table(&["STAGE", "AGENT", "AFTER", "USUALLY", "WRITES", "TELLS"], &rows),
        spec.plan.digest().short(),
    )
}

fn row(stage: &PlannedStage, estimate: Option<&Estimate>) -> Vec<String> {
    let join = |items: Vec<String>| if items.is_empty() { "-".to_owned() } else { items.join(", ") };
    vec![
        stage.id.to_string(),
        stage.performer(),
        join(stage.needs.iter().map(ToString::to_string).collect()),
        estimate.and_then(|it| it.stages.get(&stage.id)).map_or_else(|| "-".to_owned(), |it| duration(it.millis)),
        join(stage.produces.iter().map(|it| it.path.clone()).collect()),
        join(stage.emits.iter().map(|it| format!("{}@{}", it.event_type, it.version)).collect()),
    ]
}
