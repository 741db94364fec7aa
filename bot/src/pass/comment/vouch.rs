//! `ok-to-test`: one revision of an outsider's pull request is looked at, because a maintainer says so.
//!
//! The word is for the very commit that is named. A later push is another commit, which nobody has vouched for; nothing has
//! to be remembered for that.

use forgeline_blueprints::blueprint::PullRequestAction;
use forgeline_engine::Input;
use forgeline_forge::types::PullRequest;
use forgeline_store::Ruling;
use serde_json::json;

use super::Said;
use crate::{
    Command,
    pass::{Bot, Ground, PassError, change, found::Found},
    reply,
};

/// Fewest digits of a commit: an outsider can make two commits that share a shorter beginning.
const FEWEST_DIGITS: usize = 16;

impl Bot {
    /// Starts for this commit what the pull request would have started for somebody with the right to write.
    pub(super) async fn vouch_command(
        &self,
        said: &mut Said<'_>,
        ground: &Ground,
        sha: &str,
        command: &Command,
        ruling: &mut Ruling,
    ) -> Result<String, PassError> {
        let detail =
            |rest: serde_json::Value| json!({"command": command.to_string(), "actor": said.actor, "detail": rest});
        let Some(Found::PullRequest(pull_request)) = &said.on else {
            ruling.decisions.push(said.decision("ok-to-test", "refuse", detail(json!("no pull request"))));
            return Ok(reply::nothing_to_vouch_for());
        };
        let pull_request: PullRequest = (**pull_request).clone();
        let head = pull_request.head_commit.to_string();
        if sha.len() < FEWEST_DIGITS || !head.starts_with(sha) {
            ruling.decisions.push(said.decision("ok-to-test", "refuse", detail(json!({"head": head}))));
            return Ok(reply::vouches_for_another(&head, sha.len() >= FEWEST_DIGITS));
        }
        ruling.decisions.push(said.decision("ok-to-test", "accept", detail(json!({"head": head}))));
        let mut answers = Vec::new();
        let before = ruling.runs.len();
        let who = change::Mover {
            actor: said.actor,
            action: PullRequestAction::Updated,
            by_command: true,
            is_old: said.is_old,
        };
        self.headed(ground, pull_request, who, ruling, &mut answers).await?;
        said.statuses.extend(answers);
        Ok(reply::vouched(&head, ruling.runs.len() > before))
    }

    /// Stops what was started for this pull request.
    pub(super) async fn vouch_no_more(&self, said: &Said<'_>, ruling: &mut Ruling) -> Result<String, PassError> {
        let repository = said.repo.to_string();
        let mut stopped = 0;
        for run in self.runner.store.unfinished().await? {
            // One that cannot be read is reported by whoever carries it out.
            let Ok(view) = self.runner.store.run(&run).await else { continue };
            let is_it = view.spec.pull_request.as_ref().is_some_and(|it| it.number == said.number);
            if is_it && view.spec.target.repository == repository {
                ruling.inputs.push((run, Input::Cancel { by: said.actor.to_owned() }));
                stopped += 1;
            }
        }
        ruling.decisions.push(said.decision("ok-to-test", "revoke", json!({"actor": said.actor, "stopped": stopped})));
        Ok(reply::vouches_no_more(stopped))
    }
}
