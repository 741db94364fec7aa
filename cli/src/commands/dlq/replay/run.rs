//! The request of a run that died, asked once more.

use forgeline_model::{Digest, RunId};
use forgeline_runner::again::{self, Wish};
use forgeline_store::Decision;
use serde_json::json;

use super::{Attempt, Outcome};
use crate::{once_more::OnceMore, request::user};

impl Attempt<'_> {
    /// A new run for the same request. Its key follows from the letter and the inputs, so asking twice means one run.
    pub(super) async fn run(&self, run: &RunId) -> anyhow::Result<Outcome> {
        let view = self.runner.store.run(run).await?;
        let asked = OnceMore {
            again: again::of(&view, Wish::default())?,
            changes: &self.given,
            detail: format!("dead letter {}", self.row.id),
            fallback: self.in_force,
        };
        let changes = Digest::of(&self.inputs).hex();
        let letter = self.row.id;
        // The run's own id is part of it: numbers of letters begin anew with a new database.
        let new =
            asked.prepare(self.runner, &view, |spec, _, _| format!("replay/{}/{letter}/{changes}", spec.id)).await?;
        let id = new.spec.id.to_string();
        let why = Decision {
            subject: id.clone(),
            rule: "trigger.replay".into(),
            verdict: "start".into(),
            detail: json!({"dead_letter": letter, "again": new.spec.again, "actor": new.spec.trigger.actor}),
        };
        let now = self.runner.clock.now();
        let (done, _) = self.runner.store.replay_as_run(self.row, new, why, &user(), now).await?;
        Ok(Outcome { kind: "run", id, done, next: "carries it out" })
    }
}
