//! `status` and `why`: they look, and show nothing that is not about the item they are asked on.

use forgeline_model::RunId;
use forgeline_store::{Decision, RunRow};

use super::Said;
use crate::{
    pass::{Bot, PassError},
    reply::{self, RunLine},
};

/// Most runs that a status lists.
const MAX_RUNS: usize = 10;

impl Bot {
    pub(super) async fn status_command(&self, said: &Said<'_>) -> Result<String, PassError> {
        let mut lines = Vec::new();
        for row in self.runs_on(said).await?.iter().take(MAX_RUNS) {
            let Ok(run) = row.run_id.parse::<RunId>() else { continue };
            let view = self.runner.store.run(&run).await?;
            let ended = view.state.stages.values().filter(|stage| stage.is_ended()).count();
            let at = view.state.stages.iter().find(|(_, stage)| !stage.is_ended() || !stage.is_satisfied());
            lines.push(RunLine {
                run,
                blueprint: row.blueprint.clone(),
                state: row.state.clone(),
                stages: (ended, view.spec.plan.stages.len()),
                stage: at.map(|(id, _)| id.to_string()),
                waits: row.waits.clone(),
                elsewhere: (row.repository != said.repo.to_string()).then(|| row.repository.clone()),
                pull_request: row.pull_request.and_then(|number| u64::try_from(number).ok()),
            });
        }
        Ok(reply::status(&lines, said.is_held))
    }

    /// What was decided on this item, on one of its runs, or on an event that one of them told or was started by. What
    /// else is recorded may be about a repository that the asker cannot see, and is answered like what is not recorded.
    pub(super) async fn why_command(&self, said: &Said<'_>, subject: Option<&str>) -> Result<String, PassError> {
        let own = said.item();
        let asked = subject.unwrap_or(&own);
        let mut found: Vec<Decision> = Vec::new();
        for subject in self.subjects(said, asked).await? {
            let rows = self.runner.store.decisions_about(&subject).await?;
            found.extend(rows.into_iter().map(|row| row.decision));
        }
        Ok(reply::decisions(asked, &found))
    }

    /// The subjects of decisions that a name means here.
    async fn subjects(&self, said: &Said<'_>, asked: &str) -> Result<Vec<String>, PassError> {
        let own = said.item();
        if asked == own || asked.strip_prefix(&own).is_some_and(|rest| rest.starts_with('/')) {
            return Ok(vec![asked.to_owned()]);
        }
        let runs = self.runs_on(said).await?;
        if runs.iter().any(|row| row.run_id == asked) {
            let cause = match asked.parse::<RunId>() {
                Ok(run) => self.cause(&run).await?,
                Err(_) => None,
            };
            return Ok([asked.to_owned()].into_iter().chain(cause.map(|event| format!("event {event}"))).collect());
        }
        let told_by = self.runner.store.run_of_event(asked).await?;
        let mut is_own = told_by.is_some_and(|run| runs.iter().any(|row| row.run_id == run));
        for row in &runs {
            if let (false, Ok(run)) = (is_own, row.run_id.parse::<RunId>()) {
                is_own = self.cause(&run).await?.is_some_and(|event| event == asked);
            }
        }
        Ok(if is_own { vec![format!("event {asked}")] } else { Vec::new() })
    }

    /// Id of the event that started a run.
    async fn cause(&self, run: &RunId) -> Result<Option<String>, PassError> {
        let view = self.runner.store.run(run).await?;
        let trigger = &view.spec.trigger;
        let id = trigger.detail.split_whitespace().last().filter(|_| trigger.kind == "event");
        Ok(id.map(str::to_owned))
    }

    async fn runs_on(&self, said: &Said<'_>) -> Result<Vec<RunRow>, PassError> {
        Ok(self.runner.store.runs_of(&said.repo.to_string(), &said.number.to_string()).await?)
    }
}
