//! `forgeline runs cancel`.

use forgeline_engine::Input;
use forgeline_store::StoreError;
use serde_json::json;

use crate::{
    commands::{Session, lookup::view_run},
    exit::{Exit, Failure},
    request,
};

pub(super) async fn perform(session: &Session, name: &str) -> anyhow::Result<Exit> {
    let runner = session.look().await?;
    let view = view_run(&runner.store, name).await?;
    let id = &view.spec.id;
    if let Some(outcome) = view.state.outcome() {
        anyhow::bail!(Failure::new(
            Exit::Failed,
            format!("run `{id}` has ended: {}; there is nothing to cancel", outcome.word())
        ));
    }
    match runner.store.input(id, &Input::Cancel { by: request::user() }, runner.clock.now()).await {
        Ok(_) => {}
        Err(StoreError::Illegal(_)) => {
            anyhow::bail!(Failure::new(
                Exit::Failed,
                format!("run `{id}` ended a moment ago; there is nothing to cancel")
            ))
        }
        Err(error) => return Err(error.into()),
    }
    session.out.print("cancel", &json!({"run": id}), || {
        format!("run {id} will stop at its next checkpoint; nothing more is written for it\n")
    });
    Ok(Exit::Success)
}
