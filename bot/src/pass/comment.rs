//! A new comment: its commands are carried out, and answered in one reply.

use forgeline_engine::{Input, spec::Trigger};
use forgeline_forge::types::{IssueState, RepoId};
use forgeline_model::{RunId, StageId};
use forgeline_store::{Decision, InboxRow, StoreError};
use serde_json::{Value, json};

use super::{
    Bot, Ground, PassError, Passed,
    start::{Began, Wanted},
};
use crate::{
    Action, Command, CommandLine, Principal, Reading, Resource, Role, authorize,
    command::{self, AuthorKind, Comment},
    reply::{self, Answered, RunLine},
    triggers::Asked,
};

/// Label that holds an item back from new runs.
pub(crate) const HOLD: &str = "forgeline/hold";

/// A comment's place and author.
struct Said<'a> {
    repo: &'a RepoId,
    number: u64,
    actor: &'a str,
    comment_id: String,
}

impl Bot {
    pub(super) async fn comment(
        &self,
        row: &InboxRow,
        repo: &RepoId,
        number: u64,
        actor: &str,
        payload: &Value,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        let on_issue = payload["on"] == "issue";
        let closed = on_issue && self.runner.forge.issue(repo, number).await?.state == IssueState::Closed;
        let author = if Self::is_own(actor) {
            AuthorKind::Forgeline
        } else if actor.ends_with("[bot]") {
            AuthorKind::Bot
        } else {
            AuthorKind::Human
        };
        let body = payload["body"].as_str().unwrap_or_default();
        let comment_id = payload["comment_id"].to_string();
        let subject = format!("{repo}#{number}/comment/{comment_id}");
        let reading = command::read(&Comment { body, author, edited: false, on_closed_item: closed });
        let (commands, unread) = match reading {
            Reading::Ignored(reason) => {
                let decision = Decision {
                    subject,
                    rule: "command.read".into(),
                    verdict: "ignore".into(),
                    detail: json!({"reason": format!("{reason:?}"), "author": actor}),
                };
                return Ok(self.runner.store.record(&[decision], Some(row.seq), self.runner.clock.now()).await?);
            }
            Reading::Commands { commands, unread } => (commands, unread),
        };
        let ground = self.ground(repo).await?;
        let said = Said { repo, number, actor, comment_id };
        let mut answers = Vec::with_capacity(commands.len());
        for line in &commands {
            answers.push(self.obey(&said, &ground, line, passed).await?);
        }
        let answered: Vec<Answered<'_>> =
            commands.iter().zip(&answers).map(|(command, answer)| Answered { command, answer }).collect();
        let key = format!("reply:{}", said.comment_id);
        self.say(repo, number, &key, &reply::comment(&answered, unread, &key), passed).await?;
        Ok(self.runner.store.record(&[], Some(row.seq), self.runner.clock.now()).await?)
    }

    /// Carries out one command; the answer.
    async fn obey(
        &self,
        said: &Said<'_>,
        ground: &Ground,
        line: &CommandLine,
        passed: &mut Passed,
    ) -> Result<String, PassError> {
        let command = match &line.parsed {
            Ok(command) => command,
            Err(fault) => {
                self.note(said, "command.parse", "refuse", json!({"line": line.text, "fault": fault.message})).await?;
                return Ok(reply::fault(&line.text, fault));
            }
        };
        let who = self.principal(said).await;
        let on = Resource { roles: ground.in_force.factory.config.roles.clone(), ..Resource::default() };
        if let Err(refusal) = authorize(&who, Action::Command(command.verb()), &on) {
            let detail = json!({"command": command.to_string(), "actor": said.actor, "role": who.role.map(Role::word), "reason": refusal.to_string()});
            self.note(said, "authorize", "refuse", detail).await?;
            return Ok(reply::refused(&refusal));
        }
        match command {
            Command::Run { blueprint, inputs, max_usd: _ } => {
                self.run_command(said, ground, line, command, (blueprint, inputs), passed).await
            }
            Command::Plan { blueprint, inputs } => self.plan_command(ground, blueprint, inputs),
            Command::Cancel { run } => self.cancel_command(said, run.as_ref()).await,
            Command::Why { subject } => self.why_command(said, subject.as_deref()).await,
            Command::Status => {
                let held = self.is_held(said.repo, said.number).await?;
                Ok(reply::status(&self.lines(said).await?, held))
            }
            Command::Help => Ok(reply::help(&who, &on)),
            Command::Hold | Command::HoldCancel => {
                let (bot, now) = (forgeline_forge::LocalForge::bot(), self.runner.clock.now());
                if *command == Command::Hold {
                    self.runner.forge.add_label(said.repo, said.number, HOLD, &bot, now).await?;
                    Ok(reply::held())
                } else {
                    self.runner.forge.remove_label(said.repo, said.number, HOLD, &bot, now).await?;
                    Ok(reply::released())
                }
            }
            Command::Retry { .. }
            | Command::Revise { .. }
            | Command::Approve { .. }
            | Command::Reject { .. }
            | Command::OkToTest { .. }
            | Command::OkToTestCancel
            | Command::Release => {
                self.note(said, "command.available", "refuse", json!({"command": command.to_string()})).await?;
                Ok(reply::not_available(command.verb()))
            }
        }
    }

    async fn run_command(
        &self,
        said: &Said<'_>,
        ground: &Ground,
        line: &CommandLine,
        command: &Command,
        (blueprint, inputs): (&str, &std::collections::BTreeMap<String, String>),
        passed: &mut Passed,
    ) -> Result<String, PassError> {
        let Some(definition) = ground.in_force.factory.blueprint(blueprint) else {
            let known = ground.in_force.factory.blueprints();
            let known: Vec<&str> = known.iter().map(|it| it.reference.name.as_str()).collect();
            return Ok(reply::unknown_blueprint(blueprint, &known));
        };
        let inputs = match command::typed_inputs(&definition.manifest.inputs, inputs) {
            Ok(inputs) => inputs,
            Err(faults) => {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                return Ok(reply::invalid_inputs(blueprint, &faults));
            }
        };
        if self.is_held(said.repo, said.number).await? {
            self.note(said, "hold", "refuse", json!({"command": command.to_string()})).await?;
            return Ok(reply::held());
        }
        let item = self.runner.forge.issue(said.repo, said.number).await.ok().map(|issue| issue.work_item());
        let decision = Decision {
            subject: self.subject(said),
            rule: "trigger.command".into(),
            verdict: "start".into(),
            detail: json!({"command": command.to_string(), "actor": said.actor, "line": line.line}),
        };
        let wanted = Wanted {
            blueprint,
            inputs,
            item: item.clone(),
            trigger: Trigger {
                kind: "command".into(),
                actor: said.actor.to_owned(),
                detail: command.to_string(),
                chain_depth: 0,
            },
            asked: Asked::Command { comment_id: &said.comment_id, line: line.line, command },
            event: None,
            decisions: vec![decision],
            inbox: None,
        };
        Ok(match self.begin(ground, wanted, passed).await? {
            Began::Run(answer) => answer,
            Began::NeedsForm => match &item {
                Some(item) => reply::asks_for_form(item, blueprint),
                None => reply::invalid_inputs(blueprint, &["it needs a work item with `## Entities`".to_owned()]),
            },
            Began::Invalid(faults) => {
                let faults: Vec<String> = faults.iter().map(|fault| fault.message.clone()).collect();
                reply::invalid_inputs(blueprint, &faults)
            }
        })
    }

    fn plan_command(
        &self,
        ground: &Ground,
        blueprint: &str,
        inputs: &std::collections::BTreeMap<String, String>,
    ) -> Result<String, PassError> {
        let in_force = &ground.in_force;
        let Some(definition) = in_force.factory.blueprint(blueprint) else {
            let known = in_force.factory.blueprints();
            let known: Vec<&str> = known.iter().map(|it| it.reference.name.as_str()).collect();
            return Ok(reply::unknown_blueprint(blueprint, &known));
        };
        let plan = command::typed_inputs(&definition.manifest.inputs, inputs)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())
            .and_then(|inputs| {
                forgeline_runner::prepare::compile(&in_force.factory, &in_force.registry, blueprint, &inputs)
                    .map_err(|faults| faults.into_iter().map(|fault| fault.message).collect())
            });
        Ok(match plan {
            Ok(plan) => forgeline_runner::report::plan_markdown(&plan),
            Err(faults) => reply::invalid_inputs(blueprint, &faults),
        })
    }

    async fn cancel_command(&self, said: &Said<'_>, run: Option<&RunId>) -> Result<String, PassError> {
        let store = &self.runner.store;
        let rows = store.runs_of(&said.repo.to_string(), &said.number.to_string()).await?;
        let wanted = rows.iter().find(|row| match run {
            Some(run) => row.run_id == run.as_str(),
            None => !row.finished,
        });
        let Some(run) = wanted.and_then(|row| row.run_id.parse::<RunId>().ok()) else {
            return Ok("**Nothing to cancel.** No run of this item is under way.".to_owned());
        };
        let input = Input::Cancel { by: said.actor.to_owned() };
        match store.input(&run, &input, self.runner.clock.now()).await {
            Ok(_) => Ok(format!("**Cancelled** `{run}`.")),
            Err(StoreError::Illegal(why)) => Ok(format!("**Nothing to cancel.** `{run}`: {why}.")),
            Err(error) => Err(error.into()),
        }
    }

    async fn why_command(&self, said: &Said<'_>, subject: Option<&str>) -> Result<String, PassError> {
        let own = format!("{}#{}", said.repo, said.number);
        let rows = self.runner.store.decisions(subject.unwrap_or(&own)).await?;
        if rows.is_empty() {
            return Ok("**Nothing is recorded** about that.".to_owned());
        }
        let lines: Vec<String> = rows
            .iter()
            .rev()
            .take(20)
            .map(|row| {
                let decision = &row.decision;
                format!(
                    "- `{}` **{}** by `{}`: `{}`",
                    decision.subject, decision.verdict, decision.rule, decision.detail
                )
            })
            .collect();
        Ok(lines.join("\n"))
    }

    async fn lines(&self, said: &Said<'_>) -> Result<Vec<RunLine>, PassError> {
        let store = &self.runner.store;
        let mut lines = Vec::new();
        for row in store.runs_of(&said.repo.to_string(), &said.number.to_string()).await?.iter().take(10) {
            let Ok(run) = row.run_id.parse::<RunId>() else { continue };
            let view = store.run(&run).await?;
            let ended = view.state.stages.values().filter(|stage| stage.is_ended()).count();
            let at: Option<&StageId> = view
                .state
                .stages
                .iter()
                .find(|(_, stage)| !stage.is_ended() || !stage.is_satisfied())
                .map(|(id, _)| id);
            lines.push(RunLine {
                run,
                blueprint: row.blueprint.clone(),
                state: row.state.clone(),
                stages: (ended, view.spec.plan.stages.len()),
                stage: at.map(ToString::to_string),
                pull_request: row.pull_request.and_then(|number| u64::try_from(number).ok()),
            });
        }
        Ok(lines)
    }

    /// The live role of who speaks; a forge that does not answer gives none.
    async fn principal(&self, said: &Said<'_>) -> Principal {
        principal(self, said.repo, said.actor).await
    }

    async fn note(&self, said: &Said<'_>, rule: &str, verdict: &str, detail: Value) -> Result<(), PassError> {
        let decision = Decision { subject: self.subject(said), rule: rule.into(), verdict: verdict.into(), detail };
        Ok(self.runner.store.record(&[decision], None, self.runner.clock.now()).await?)
    }

    fn subject(&self, said: &Said<'_>) -> String {
        format!("{}#{}/comment/{}", said.repo, said.number, said.comment_id)
    }

    pub(crate) async fn is_held(&self, repo: &RepoId, number: u64) -> Result<bool, PassError> {
        match self.runner.forge.issue(repo, number).await {
            Ok(issue) => Ok(issue.labels.iter().any(|label| label == HOLD)),
            Err(_) => Ok(false),
        }
    }
}

/// Somebody on the local forge, with the role they have now.
pub(crate) async fn principal(bot: &Bot, repo: &RepoId, login: &str) -> Principal {
    let role = match login.parse() {
        Ok(login) => bot.runner.forge.role_of(repo, &login).await.ok().flatten(),
        Err(_) => None,
    };
    Principal {
        id: login.to_owned(),
        name: login.to_owned(),
        role: role.and_then(|role| Role::from_word(role.as_str())),
        is_human: !login.ends_with("[bot]"),
    }
}
