//! `cancel` and `hold`.

use forgeline_engine::Input;
use forgeline_forge::LocalForge;
use forgeline_model::RunId;
use forgeline_store::StoreError;

use super::Said;
use crate::{
    pass::{Bot, PassError, found::HOLD},
    reply,
};

impl Bot {
    /// Stops a run of this item: the one named, else the newest that goes on.
    pub(super) async fn cancel_command(&self, said: &Said<'_>, run: Option<&RunId>) -> Result<String, PassError> {
        let store = &self.runner.store;
        let rows = store.runs_of(&said.repo.to_string(), &said.number.to_string()).await?;
        let wanted = rows.iter().find(|row| match run {
            Some(run) => row.run_id == run.as_str(),
            None => !row.finished,
        });
        let Some(run) = wanted.and_then(|row| row.run_id.parse::<RunId>().ok()) else {
            return Ok(reply::nothing_to_cancel());
        };
        let input = Input::Cancel { by: said.actor.to_owned() };
        match store.input(&run, &input, self.runner.clock.now()).await {
            Ok(_) => Ok(reply::cancelled(&run)),
            Err(StoreError::Illegal(why)) => Ok(reply::not_cancelled(&run, &why.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    /// Holds the item back from new runs, or lets them start again.
    pub(super) async fn hold_command(&self, said: &Said<'_>, hold: bool) -> Result<String, PassError> {
        let (forge, bot, now) = (&self.runner.forge, LocalForge::bot(), self.runner.clock.now());
        if hold {
            forge.add_label(said.repo, said.number, HOLD, &bot, now).await?;
            Ok(reply::held())
        } else {
            forge.remove_label(said.repo, said.number, HOLD, &bot, now).await?;
            Ok(reply::released())
        }
    }
}
