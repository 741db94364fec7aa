//! A new comment: its commands are carried out, and answered in one reply.

mod look;
mod run;
mod stop;

use forgeline_forge::types::RepoId;
use forgeline_store::{Decision, InboxRow};
use serde_json::{Value, json};

use super::{Bot, Ground, PassError, Passed, found::Found};
use crate::{
    Action, Command, CommandLine, Principal, Reading, Resource, Role, authorize,
    command::{self, AuthorKind, Comment, Ignored},
    reply::{self, Answered},
};

/// A comment's place and author.
struct Said<'a> {
    repo: &'a RepoId,
    number: u64,
    actor: &'a str,
    comment_id: String,
    /// What it stands under.
    on: Option<Found>,
}

impl Said<'_> {
    /// The item, as decisions name it.
    fn item(&self) -> String {
        format!("{}#{}", self.repo, self.number)
    }

    /// The comment, as decisions name it.
    fn subject(&self) -> String {
        format!("{}/comment/{}", self.item(), self.comment_id)
    }

    fn is_held(&self) -> bool {
        self.on.as_ref().is_some_and(|found| found.facts().is_held)
    }

    fn is_on_closed(&self) -> bool {
        self.on.as_ref().is_some_and(|found| found.facts().is_closed)
    }
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
        let author = if Self::is_own(actor) {
            AuthorKind::Forgeline
        } else if actor.ends_with("[bot]") {
            AuthorKind::Bot
        } else {
            AuthorKind::Human
        };
        let body = payload["body"].as_str().unwrap_or_default();
        let comment_id = payload["comment_id"].to_string();
        let said = Said { repo, number, actor, comment_id, on: self.find_item(repo, number).await? };
        let on_closed_item = said.is_on_closed();
        let (commands, unread) = match command::read(&Comment { body, author, edited: false, on_closed_item }) {
            Reading::Commands { commands, unread } => (commands, unread),
            Reading::Ignored(reason) => {
                let decision = Decision {
                    subject: said.subject(),
                    rule: "command.read".into(),
                    verdict: "ignore".into(),
                    detail: json!({"reason": reason.to_string(), "author": actor}),
                };
                // What Forgeline says itself decides nothing.
                let decisions = if reason == Ignored::Own { vec![] } else { vec![decision] };
                return Ok(self.runner.store.record(&decisions, Some(row.seq), self.runner.clock.now()).await?);
            }
        };
        let mut answers = Vec::with_capacity(commands.len());
        match self.ground(repo).await {
            Ok(ground) => {
                for line in &commands {
                    answers.push(self.obey(&said, &ground, line, passed).await?);
                }
            }
            Err(error) => {
                let Some(reason) = error.no_ground() else { return Err(error) };
                self.note(&said, "target.base", "refuse", json!({"reason": reason})).await?;
                answers = vec![reply::unusable_repository(&reason); commands.len()];
            }
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
        let who = self.principal(said.repo, said.actor).await;
        let on = Resource { roles: ground.in_force.factory.config.roles.clone(), ..Resource::default() };
        if let Err(refusal) = authorize(&who, Action::Command(command.verb()), &on) {
            let detail = json!({"command": command.to_string(), "actor": said.actor, "role": who.role.map(Role::word), "reason": refusal.to_string()});
            self.note(said, "authorize", "refuse", detail).await?;
            return Ok(reply::refused(&refusal));
        }
        match command {
            Command::Run { .. } | Command::Plan { .. } if ground.is_broken() => {
                self.note(said, "definitions.valid", "refuse", ground.brokenness()).await?;
                Ok(reply::invalid_definitions(&ground.in_force.source.origin, &ground.in_force.findings))
            }
            Command::Run { max_usd: Some(_), .. } => {
                self.note(said, "command.available", "refuse", json!({"command": command.to_string()})).await?;
                Ok(reply::option_not_available("--max-usd"))
            }
            Command::Run { blueprint, inputs, max_usd: None } => {
                self.run_command(said, ground, line, command, (blueprint, inputs), passed).await
            }
            Command::Plan { blueprint, inputs } => Ok(run::plan_command(said, ground, blueprint, inputs)),
            Command::Cancel { run } => self.cancel_command(said, run.as_ref()).await,
            Command::Why { subject } => self.why_command(said, subject.as_deref()).await,
            Command::Status => self.status_command(said).await,
            Command::Help => Ok(reply::help(&who, &on)),
            Command::Hold => self.hold_command(said, true).await,
            Command::HoldCancel => self.hold_command(said, false).await,
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

    async fn note(&self, said: &Said<'_>, rule: &str, verdict: &str, detail: Value) -> Result<(), PassError> {
        let decision = Decision { subject: said.subject(), rule: rule.into(), verdict: verdict.into(), detail };
        Ok(self.runner.store.record(&[decision], None, self.runner.clock.now()).await?)
    }

    /// Somebody on the local forge, with the live role; a forge that does not answer gives none.
    pub(super) async fn principal(&self, repo: &RepoId, login: &str) -> Principal {
        let role = match login.parse() {
            Ok(login) => self.runner.forge.role_of(repo, &login).await.ok().flatten(),
            Err(_) => None,
        };
        Principal {
            id: login.to_owned(),
            name: login.to_owned(),
            role: role.and_then(|role| Role::from_word(role.as_str())),
            is_human: !login.ends_with("[bot]"),
        }
    }
}
