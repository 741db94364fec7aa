//! `retry` and `revise`: the last run of an item once more. What it finished is taken over by digest, not done again.

use forgeline_engine::{
    Outcome,
    spec::{Again, ReviewNotes, Revision, Trigger},
};
use forgeline_forge::{ForgeError, types::RepoId};
use forgeline_model::{StageId, WorkItem};
use forgeline_runner::{
    RunnerError,
    again::{self, Wish},
};
use forgeline_store::{Decision, Ruling, RunView};
use serde_json::json;

use super::{Answer, Said};
use crate::{
    Action, Command, CommandLine,
    command::without_commands,
    pass::{
        Bot, Ground, PassError,
        found::Found,
        start::{Began, Wanted},
    },
    reply,
    triggers::Asked,
};

impl Bot {
    /// Tries the last run again that did not end well.
    pub(super) async fn retry_command(
        &self,
        said: &Said<'_>,
        ground: &Ground,
        line: &CommandLine,
        command: &Command,
        (stage, fresh): (Option<&StageId>, bool),
        ruling: &mut Ruling,
    ) -> Result<Answer, PassError> {
        let ended_badly = |view: &RunView| {
            !matches!(view.state.outcome(), None | Some(Outcome::Published(_) | Outcome::NoChange { .. }))
        };
        let Some(view) = self.last_run(said, |view| fresh || stage.is_some() || ended_badly(view)).await? else {
            return Ok(Answer::Text(reply::nothing_to_retry()));
        };
        let wish = Wish { from: stage.cloned(), item: None, fresh, revision: None };
        Ok(Answer::Text(self.once_more(said, ground, line, command, &view, wish, ruling).await?))
    }

    /// Makes the last run's result anew with a person's words.
    pub(super) async fn revise_command(
        &self,
        said: &Said<'_>,
        ground: &Ground,
        line: &CommandLine,
        command: &Command,
        text: &str,
        ruling: &mut Ruling,
    ) -> Result<Answer, PassError> {
        let Some(view) = self.last_run(said, |_| true).await? else {
            return Ok(Answer::Text(reply::nothing_to_revise()));
        };
        let notes = self.notes(said, line).await?;
        let revision = revision(&view, text, notes);
        let says_something = |notes: &ReviewNotes| !notes.threads.is_empty() || !notes.reviews.is_empty();
        if revision.text.is_empty() && !revision.notes.as_deref().is_some_and(says_something) {
            return Ok(Answer::Text(reply::nothing_said()));
        }
        let heard = revision.notes.as_deref().map(reply::heard).unwrap_or_default();
        let wish = Wish { from: None, item: None, fresh: false, revision: Some(revision) };
        let runs = ruling.runs.len();
        let answer = self.once_more(said, ground, line, command, &view, wish, ruling).await?;
        let is_ready = ruling.runs.len() > runs && !heard.is_empty();
        Ok(Answer::Text(if is_ready { format!("{answer}\n\n{heard}") } else { answer }))
    }

    /// What the next attempt hears of the pull request: the one under which this was said, else the newest of the item's runs.
    async fn notes(&self, said: &Said<'_>, line: &CommandLine) -> Result<Option<ReviewNotes>, PassError> {
        let number = match &said.on {
            Some(Found::PullRequest(it)) => Some(it.number),
            Some(Found::Issue(_)) | None => {
                let rows = self.runner.store.runs_of(&said.repo.to_string(), &said.number.to_string()).await?;
                rows.iter().find_map(|row| row.pull_request).and_then(|number| u64::try_from(number).ok())
            }
        };
        let Some(number) = number else { return Ok(None) };
        let key = format!("{}/{}", said.comment_id, line.line);
        match self.runner.review_notes(said.repo, number, &key, without_commands).await {
            Err(RunnerError::Forge(ForgeError::NoItem { .. })) => Ok(None),
            notes => Ok(notes?),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a command with its place, its run and what is wished")]
    pub(super) async fn once_more(
        &self,
        said: &Said<'_>,
        ground: &Ground,
        line: &CommandLine,
        command: &Command,
        view: &RunView,
        wish: Wish,
        ruling: &mut Ruling,
    ) -> Result<String, PassError> {
        if said.is_held {
            ruling.decisions.push(said.decision("hold", "refuse", json!({"command": command.to_string()})));
            return Ok(reply::held());
        }
        let target = view.spec.target.repository.as_str();
        let action = Action::Command(command.verb());
        if let Some((decision, text)) = self.refused_there(said.repo, target, (said.actor, action)).await? {
            ruling.decisions.push(Decision { subject: said.subject(), ..decision });
            return Ok(text);
        }
        // What was routed elsewhere goes there again.
        let elsewhere = match target.parse::<RepoId>() {
            Ok(repo) if repo != *said.repo => Some(self.ground(&repo).await?),
            _ => None,
        };
        let ground = elsewhere.as_ref().unwrap_or(ground);
        let again = match again::of(view, wish) {
            Ok(again) => again,
            Err(unknown) => return Ok(reply::unknown_stage(&unknown.to_string())),
        };
        let blueprint = view.spec.plan.blueprint.name.clone();
        let Again { attempt, .. } = again;
        let wanted = Wanted {
            blueprint: &blueprint,
            inputs: view.spec.plan.inputs.clone(),
            max_usd: None,
            item: self.item_now(said, view).await?,
            item_repository: view.spec.item_repository.clone(),
            pull_request: view.spec.pull_request.clone(),
            trigger: Trigger {
                kind: "command".into(),
                actor: said.actor.to_owned(),
                detail: command.to_string(),
                chain_depth: view.spec.trigger.chain_depth,
            },
            asked: Asked::Command { comment_id: &said.comment_id, line: line.line, command },
            event: again::event(&view.spec),
            again: Some(again),
            is_old: said.is_old,
        };
        Ok(match self.begin(ground, wanted, ruling).await? {
            Began::Ready(begun) => {
                let detail = json!({
                    "command": command.to_string(), "actor": said.actor, "again": view.spec.id, "attempt": attempt,
                });
                ruling.decisions.push(said.decision("trigger.command", "start", detail));
                begun.reply()
            }
            Began::TooMany(limit) => {
                ruling.decisions.push(limit.decision(said.subject(), &blueprint));
                limit.reply()
            }
            Began::NeedsForm => {
                reply::invalid_inputs(&blueprint, &["it needs a work item with `## Entities`".to_owned()])
            }
            Began::Invalid(faults) => {
                let faults: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
                reply::invalid_inputs(&blueprint, &faults)
            }
        })
    }

    /// The work item as it is now: what was wrong may have been mended there. Under a pull request that is the item of the
    /// run that wrote it.
    async fn item_now(&self, said: &Said<'_>, view: &RunView) -> Result<Option<WorkItem>, PassError> {
        if let Some(item) = said.on.as_ref().and_then(Found::work_item) {
            return Ok(Some(item));
        }
        let Some(item) = &view.spec.item else { return Ok(None) };
        let found = match item.id.as_str().parse() {
            Ok(number) => match view.spec.item_home().parse() {
                Ok(home) => self.find_item(&home, number).await?,
                Err(_) => None,
            },
            Err(_) => None,
        };
        Ok(Some(found.as_ref().and_then(Found::work_item).unwrap_or_else(|| item.clone())))
    }

    /// The newest run of this item, or that wrote this pull request, that has ended and is wanted.
    async fn last_run(
        &self,
        said: &Said<'_>,
        is_wanted: impl Fn(&RunView) -> bool,
    ) -> Result<Option<RunView>, PassError> {
        let (store, repo) = (&self.runner.store, said.repo.to_string());
        let mut rows = store.runs_of(&repo, &said.number.to_string()).await?;
        rows.extend(store.runs_of_pull_request(&repo, said.number).await?);
        for row in rows.iter().filter(|row| row.finished) {
            let Ok(run) = row.run_id.parse() else { continue };
            let view = store.run(&run).await?;
            if is_wanted(&view) {
                return Ok(Some(view));
            }
        }
        Ok(None)
    }
}

/// The first word may name a stage; else the words are for the first one.
fn revision(view: &RunView, text: &str, notes: Option<ReviewNotes>) -> Revision {
    let stages = &view.spec.plan.stages;
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let notes = notes.map(Box::new);
    match stages.iter().find(|stage| stage.id.as_str() == first) {
        Some(stage) => Revision { stage: stage.id.clone(), text: rest.trim().to_owned(), notes },
        None => Revision {
            stage: stages.first().map_or_else(|| "all".parse().expect("a stage id"), |stage| stage.id.clone()),
            text: text.to_owned(),
            notes,
        },
    }
}
