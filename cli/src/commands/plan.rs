//! `forgeline plan`: what a run would do.

use clap::Args;
use forgeline_engine::{RunSpec, plan::PlannedStage};
use forgeline_runner::{Watch, prepare};
use serde_json::{Value, json};

use super::Session;
use crate::{
    app, definitions,
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
        // Opening the state may make or migrate it; a plan leaves it as it is.
        let mut copy = session.to_change(DryRun { dry_run: true }).await?;
        copy.out = session.out;
        show(&copy, &self.asked).await
    }
}

/// Shows the plan of what is asked, on the session's state.
pub(super) async fn show(session: &Session, asked: &Asked) -> anyhow::Result<Exit> {
    let in_force = definitions::usable(definitions::load(session)?)?;
    let runner = app::open(session, in_force.registry.clone(), Watch::nobody()).await?;
    let mut request = request::resolve(asked, &in_force, &runner).await?;
    request.trigger_key = "plan".into();
    let refuse = |faults| Failure::invalid(format!("blueprint `{}` cannot run", asked.blueprint), faults);
    let new = prepare::prepare(request, runner.clock.now()).map_err(refuse)?;
    let spec = &new.spec;
    session.out.print("plan", &value(spec), || text(spec));
    Ok(Exit::Success)
}

/// The plan of a run for machines.
pub(super) fn value(spec: &RunSpec) -> Value {
    json!({
        "digest": spec.plan.digest(),
        "definitions": spec.definitions,
        "target": spec.target,
        "plan": spec.plan,
        "cost": {"model_calls": 0, "usd": "0.00"},
    })
}

/// The plan of a run for people.
pub(super) fn text(spec: &RunSpec) -> String {
    let rows: Vec<Vec<String>> = spec.plan.stages.iter().map(row).collect();
    let dirty = if spec.definitions.dirty { " (not committed)" } else { "" };
    format!(
        "{} on {} at {}\ndefinitions from {}{dirty}\nbranch {}\n\n{}\nplan {}: no model call, 0.00 USD; nothing was written\n",
        spec.plan.blueprint,
        spec.target.repository,
        &spec.target.base[..12],
        spec.definitions.origin,
        spec.target.branch,
        table(&["STAGE", "AGENT", "AFTER", "WRITES", "TELLS"], &rows),
        spec.plan.digest().short(),
    )
}

fn row(stage: &PlannedStage) -> Vec<String> {
    let join = |items: Vec<String>| if items.is_empty() { "-".to_owned() } else { items.join(", ") };
    vec![
        stage.id.to_string(),
        stage.performer(),
        join(stage.needs.iter().map(ToString::to_string).collect()),
        join(stage.produces.iter().map(|it| it.path.clone()).collect()),
        join(stage.emits.iter().map(|it| format!("{}@{}", it.event_type, it.version)).collect()),
    ]
}
