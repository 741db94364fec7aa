//! `forgeline run --dry-run`: the tasks are performed on a copy of the state, and the write gate judges what they propose,
//! by the same code as in earnest. No repository, forge or index changes.

use forgeline_engine::Outcome;
use forgeline_runner::{Driven, Patience, gate::Decision, prepare};
use serde_json::json;

use crate::{
    app,
    commands::{Session, plan, wording},
    exit::{Exit, Failure},
    output,
    request::{self, Asked},
    signals, story,
};

/// `session` works on a copy.
pub(super) async fn perform(session: &Session, asked: &Asked) -> anyhow::Result<Exit> {
    let stop = signals::stop(session);
    let (watch, told) = story::watch();
    let (runner, aim) = request::aim(asked, session, |registry| app::rehearse(session, registry, watch)).await?;
    let mut request = request::resolve(&aim.asked, &aim.in_force, &runner).await?;
    request.trigger_key = "dry run".into();
    let refuse = |faults| Failure::invalid(format!("blueprint `{}` cannot run", asked.blueprint), faults);
    let new = prepare::prepare(request, runner.clock.now()).map_err(refuse)?;
    let spec = new.spec.clone();
    let estimate = plan::estimate_of(&runner, &spec).await?;
    let estimate = estimate.as_ref();
    told.set(spec.clone());
    runner.store.start(new, Vec::new(), runner.clock.now()).await?;
    let view = match runner.drive(&spec.id, stop, Patience::Endless).await? {
        Driven::Ended(view) => view,
        Driven::Stopped(_) => return Ok(Exit::Interrupted),
        Driven::Waiting(view, what) => {
            output::note(&format!("  waits     {}; a dry run goes no further", wording::waiting(&view, &what)));
            session.out.print("plan", &plan::value(&spec, estimate), || plan::text(&spec, estimate));
            return Ok(Exit::Waiting);
        }
    };
    let exit = match view.state.outcome() {
        // All stages ended well, and the gate is asked; everything else is a stage that failed.
        Some(Outcome::NoChange { .. }) => {
            let verdict = runner.verdict_now(&view).await?;
            let mut document = plan::value(&spec, estimate);
            document["gate"] = json!(verdict);
            session.out.print("plan", &document, || format!("{}\n{}", plan::text(&spec, estimate), verdict.render()));
            match verdict.decision {
                Decision::Allow | Decision::NeedsHuman => Exit::Success,
                Decision::Deny => Exit::Denied,
            }
        }
        Some(_) | None => super::finish(session, &view)?,
    };
    runner.store.close().await;
    Ok(exit)
}
