//! A tag was made or moved: the blueprints that wait for tags.

use forgeline_forge::types::RepoId;
use forgeline_repo::CommitId;
use forgeline_store::InboxRow;
use serde_json::Value;

use super::{Bot, PassError, Passed, change::Changed, ruling};
use crate::{
    Occurrence,
    triggers::{Asked, Happening, Pushed, Skip},
};

impl Bot {
    pub(super) async fn tagged(
        &self,
        row: &InboxRow,
        repo: &RepoId,
        tag: &str,
        actor: &str,
        payload: &Value,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        let reference = format!("refs/tags/{tag}");
        let after = payload["after"].as_str().and_then(|after| after.parse::<CommitId>().ok());
        let now = {
            let reference = reference.clone();
            self.runner.forge.with_git(repo, move |git| git.resolve(&reference)).await?
        };
        let Some(after) = after.filter(|after| now == Some(*after)) else {
            // It is gone, or names something else by now, which is told as well.
            return self.rule(ruling::on(row), |_| Vec::new(), passed).await;
        };
        let subject = format!("{repo}@{reference}/{after}");
        let Some(ground) = self.ground_of_change(row, repo, &reference, &subject, actor, passed).await? else {
            return Ok(());
        };
        let (mut ruling, mut answers) = (ruling::on(row), Vec::new());
        let skip = Skip::find(&self.message(repo, after).await?, None);
        let pushed = Pushed::Tag { tag: tag.to_owned(), author: actor.to_owned(), skip };
        let after = after.to_string();
        let changed = Changed {
            subject,
            asked: Asked::Push { reference: &reference, after: &after },
            detail: format!("tag {tag} {after}"),
            occurrence: Occurrence { what: Happening::Push(pushed), item: None },
            number: None,
            pull_request: None,
            is_old: passed.is_again,
        };
        self.changed(&ground, changed, super::change::is_push, actor, &mut ruling, &mut answers).await?;
        self.rule_and_answer(ruling, answers, passed).await
    }
}
