//! Where an event comes from: the run that it belongs to, and that run's work item.

use forgeline_engine::spec::Forge;
use forgeline_forge::types::RepoId;
use forgeline_model::RunId;
use forgeline_store::{EventRow, RunView};
use serde_json::json;

use crate::{
    pass::{Bot, PassError, Passed},
    triggers::ItemFacts,
};

impl Bot {
    /// The run that told an event. A published event may name one by its correlation: the newest run that shares it.
    pub(super) async fn origin(&self, row: &EventRow, passed: &mut Passed) -> Result<Option<RunView>, PassError> {
        let store = &self.runner.store;
        if let Some(run) = row.run.as_ref().and_then(|run| run.parse::<RunId>().ok()) {
            return Ok(Some(store.run(&run).await?));
        }
        if let Some(run) = store.run_of_correlation(&row.event.correlation_id).await? {
            return Ok(Some(store.run(&run).await?));
        }
        let detail = json!({
            "expected": "a run of this factory with the event's `correlation_id`",
            "actual": row.event.correlation_id,
        });
        self.note_event(row, "event.origin", "ignore", detail, passed).await?;
        Ok(None)
    }

    /// The work item of the run that told an event, as it is now: what it holds back stays back.
    pub(super) async fn facts_of(&self, origin: &RunView) -> Result<Option<ItemFacts>, PassError> {
        let target = &origin.spec.target;
        let number = origin.spec.item.as_ref().and_then(|item| item.id.as_str().parse::<u64>().ok());
        let (Forge::Local, Some(number), Ok(repo)) = (target.forge, number, origin.spec.item_home().parse::<RepoId>())
        else {
            return Ok(None);
        };
        Ok(self.find_item(&repo, number).await?.map(|found| found.facts()))
    }
}
