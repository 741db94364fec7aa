//! `cancel` and `hold`.

use forgeline_engine::{BotEffect, Input};
use forgeline_model::RunId;
use forgeline_store::{Decision, Ruling};

use super::{Answer, Said};
use crate::{
    Action, Verb,
    pass::{Bot, PassError, found::HOLD},
    reply,
};

impl Bot {
    /// Stops a run of this item: the one named, else the newest that goes on.
    pub(super) async fn cancel_command(
        &self,
        said: &Said<'_>,
        run: Option<&RunId>,
        ruling: &mut Ruling,
    ) -> Result<Answer, PassError> {
        let rows = self.runner.store.runs_of(&said.repo.to_string(), &said.number.to_string()).await?;
        let wanted = rows.iter().find(|row| match run {
            Some(run) => row.run_id == run.as_str(),
            None => !row.finished,
        });
        let Some(run) = wanted.and_then(|row| row.run_id.parse::<RunId>().ok()) else {
            return Ok(Answer::Text(reply::nothing_to_cancel()));
        };
        let target = wanted.map(|row| row.repository.as_str()).unwrap_or_default();
        let who = (said.actor, Action::Command(Verb::Cancel));
        if let Some((decision, text)) = self.refused_there(said.repo, target, who).await? {
            ruling.decisions.push(Decision { subject: said.subject(), ..decision });
            return Ok(Answer::Text(text));
        }
        Ok(self.cancel_this(said, &run, ruling))
    }

    /// Stops this run.
    pub(super) fn cancel_this(&self, said: &Said<'_>, run: &RunId, ruling: &mut Ruling) -> Answer {
        let place = ruling.inputs.len();
        ruling.inputs.push((run.clone(), Input::Cancel { by: said.actor.to_owned() }));
        Answer::OfInput { place, well: reply::cancelled(run), run: run.clone(), what: "cancel" }
    }
}

/// Holds the item back from new runs, or lets them start again.
pub(super) fn hold_command(said: &mut Said<'_>, hold: bool, ruling: &mut Ruling) -> String {
    said.is_held = hold;
    ruling.effects.push(BotEffect::Label {
        repository: said.repo.to_string(),
        number: said.number,
        label: HOLD.to_owned(),
        present: hold,
    });
    if hold { reply::held() } else { reply::released() }
}
