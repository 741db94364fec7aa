//! A new comment: its commands are carried out, and answered in one reply.

mod again;
mod approve;
mod look;
pub(in crate::pass) mod press;
mod run;
mod stop;
mod vouch;

use forgeline_engine::BotEffect;
use forgeline_forge::{
    ForgeError,
    types::{PullRequest, RepoId},
};
use forgeline_model::RunId;
use forgeline_store::{Decision, InboxRow, Ruled, Ruling};
use serde_json::{Value, json};

use super::{Bot, Ground, PassError, Passed, change, found::Found, ruling};
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
    /// The thread on lines that it stands in.
    thread: Option<u64>,
    /// What it stands under.
    on: Option<Found>,
    /// Whether that is held back from new runs; an earlier line of the same comment may have said so.
    is_held: bool,
    /// Whether it was dealt with before the state was rebuilt.
    is_old: bool,
    /// What is to be said beside the reply, on runs that the pull request starts.
    statuses: Vec<change::Answer>,
}

/// What a command is answered.
enum Answer {
    /// This, whatever comes of it.
    Text(String),
    /// It depends on whether the run could still take an input.
    OfInput {
        /// Its place among the ruling's inputs.
        place: usize,
        run: RunId,
        /// What is said if it could.
        well: String,
        /// The command's word.
        what: &'static str,
    },
}

impl Answer {
    fn text(self, ruled: &Ruled) -> String {
        match self {
            Self::Text(text) => text,
            Self::OfInput { place, run, well, what } => match &ruled.inputs[place] {
                Ok(_) => well,
                Err(why) => reply::came_to_nothing(what, &run, &why.to_string()),
            },
        }
    }
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

    fn decision(&self, rule: &str, verdict: &str, detail: Value) -> Decision {
        Decision { subject: self.subject(), rule: rule.into(), verdict: verdict.into(), detail }
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
        // The forge's own number is the same on every machine.
        let there = payload.get("there").filter(|it| it.is_u64());
        let comment_id = there.unwrap_or(&payload["comment_id"]).to_string();
        let on = self.find_item(repo, number).await?;
        let is_held = on.as_ref().is_some_and(|found| found.facts().is_held);
        let (thread, is_old) = (payload["thread"].as_u64(), passed.is_again);
        let mut said = Said { repo, number, actor, comment_id, thread, on, is_held, is_old, statuses: Vec::new() };
        let on_closed_item = said.is_on_closed();
        let (commands, unread) = match command::read(&Comment { body, author, edited: false, on_closed_item }) {
            Reading::Commands { commands, unread } => (commands, unread),
            // What Forgeline says itself decides nothing.
            Reading::Ignored(Ignored::Own) => return self.rule(ruling::on(row), |_| Vec::new(), passed).await,
            Reading::Ignored(reason) => {
                let detail = json!({"reason": reason.to_string(), "author": actor});
                let decision = said.decision("command.read", "ignore", detail);
                return self.rule(ruling::noted(row, decision), |_| Vec::new(), passed).await;
            }
        };
        let mut ruling = ruling::on(row);
        let mut answers = Vec::with_capacity(commands.len());
        match self.ground(repo).await {
            Ok(ground) => {
                for line in &commands {
                    answers.push(self.obey(&mut said, &ground, line, &mut ruling).await?);
                }
            }
            Err(error) => {
                let Some(reason) = error.no_ground() else { return Err(error) };
                ruling.decisions.push(said.decision("target.base", "refuse", json!({"reason": reason})));
                answers.extend(commands.iter().map(|_| Answer::Text(reply::unusable_repository(&reason))));
            }
        }
        let (statuses, thread) = (said.statuses, said.thread);
        let refusals = ruling.decisions.iter().filter(|decision| decision.verdict == "refuse").count();
        let accepted = refusals < commands.len();
        let seen = payload["comment_id"].as_u64().map(|comment| BotEffect::React {
            repository: repo.to_string(),
            number,
            comment,
            accepted,
        });
        let key = format!("reply:{}", said.comment_id);
        let say = |ruled: &Ruled| {
            let answers: Vec<String> = answers.into_iter().map(|answer| answer.text(ruled)).collect();
            let answered: Vec<Answered<'_>> =
                commands.iter().zip(&answers).map(|(command, answer)| Answered { command, answer }).collect();
            let text = reply::comment(&answered, unread, &key);
            let statuses = statuses.into_iter().filter_map(|answer| answer.effect(ruled));
            // The answer stands where the question does.
            let repository = repo.to_string();
            let answer = BotEffect::Say { repository, number, thread, key, text };
            seen.into_iter().chain([answer]).chain(statuses).collect()
        };
        self.rule(ruling, say, passed).await
    }

    /// Adds what one command asks for to the ruling; the answer.
    async fn obey(
        &self,
        said: &mut Said<'_>,
        ground: &Ground,
        line: &CommandLine,
        ruling: &mut Ruling,
    ) -> Result<Answer, PassError> {
        let refused = |ruling: &mut Ruling, decision: Decision, answer: String| {
            ruling.decisions.push(decision);
            Ok(Answer::Text(answer))
        };
        let command = match &line.parsed {
            Ok(command) => command,
            Err(fault) => {
                let detail = json!({"line": line.text, "fault": fault.message});
                let decision = said.decision("command.parse", "refuse", detail);
                return refused(ruling, decision, reply::fault(&line.text, fault));
            }
        };
        let who = self.principal(said.repo, said.actor).await?;
        let asked = match command {
            Command::Approve { stage, .. } | Command::Reject { stage, .. } => match self.asked(said, stage).await? {
                Some(asked) => Some(asked),
                None => {
                    let decision = said.decision("approval.waits", "refuse", json!({"command": command.to_string()}));
                    return refused(ruling, decision, reply::nothing_waits(stage));
                }
            },
            _ => None,
        };
        // A run that writes elsewhere is approved by who may do so there.
        let elsewhere = asked.as_ref().map(|asked| asked.view.spec.target.repository.parse::<RepoId>());
        let elsewhere = elsewhere.and_then(Result::ok).filter(|repo| repo != said.repo);
        let (who, on) = match (&asked, elsewhere) {
            (Some(asked), Some(repo)) => {
                let there = self.ground(&repo).await?;
                let who = self.principal(&repo, said.actor).await?;
                (who, self.waiting_resource(said, &there, asked).await?)
            }
            (Some(asked), None) => (who, self.waiting_resource(said, ground, asked).await?),
            (None, _) => (who, ground.resource()),
        };
        let on = self.on_item(said, &who, on).await?;
        if let Err(refusal) = authorize(&who, Action::Command(command.verb()), &on) {
            let detail = json!({"command": command.to_string(), "actor": said.actor, "role": who.role.map(Role::word), "reason": refusal.to_string()});
            return refused(ruling, said.decision("authorize", "refuse", detail), reply::refused(&refusal));
        }
        let unavailable = json!({"command": command.to_string()});
        Ok(match command {
            Command::Run { .. }
            | Command::Plan { .. }
            | Command::Retry { .. }
            | Command::Revise { .. }
            | Command::OkToTest { .. }
                if ground.is_broken() =>
            {
                let decision = said.decision("definitions.valid", "refuse", ground.brokenness());
                let in_force = &ground.in_force;
                let answer = reply::invalid_definitions(&in_force.source.origin, &in_force.findings);
                return refused(ruling, decision, answer);
            }
            Command::Run { blueprint, inputs, max_usd } => {
                let wanted = (blueprint.as_str(), inputs, *max_usd);
                Answer::Text(self.run_command(said, ground, line, command, wanted, ruling).await?)
            }
            Command::Plan { blueprint, inputs } => {
                Answer::Text(self.plan_command(said, ground, command, (blueprint, inputs), ruling).await?)
            }
            Command::Cancel { run } => self.cancel_command(said, run.as_ref(), ruling).await?,
            Command::Why { subject } => Answer::Text(self.why_command(said, subject.as_deref()).await?),
            Command::Status => Answer::Text(self.status_command(said).await?),
            Command::Help => Answer::Text(reply::help(&who, &on)),
            Command::Hold => Answer::Text(stop::hold_command(said, true, ruling)),
            Command::HoldCancel => Answer::Text(stop::hold_command(said, false, ruling)),
            Command::Approve { sha, digest, .. } => match asked {
                Some(asked) if let Some(now) = self.runner.moved_base(&asked.view).await? => {
                    let detail =
                        json!({"command": command.to_string(), "expected": asked.view.spec.target.base, "actual": now});
                    let decision = said.decision("approval.base", "refuse", detail);
                    return refused(ruling, decision, reply::approves_an_old_base(&asked.view.spec, &now));
                }
                Some(asked) => approve::approve(said, asked, &who, (sha, digest.as_deref()), command, ruling),
                None => unreachable!("looked for above"),
            },
            Command::Reject { reason, .. } => match asked {
                Some(asked) => approve::reject(said, asked, &who, reason, command, ruling),
                None => unreachable!("looked for above"),
            },
            Command::Retry { stage, fresh } => {
                self.retry_command(said, ground, line, command, (stage.as_ref(), *fresh), ruling).await?
            }
            Command::Revise { text } => self.revise_command(said, ground, line, command, text, ruling).await?,
            Command::OkToTest { sha } => Answer::Text(self.vouch_command(said, ground, sha, command, ruling).await?),
            Command::OkToTestCancel => Answer::Text(self.vouch_no_more(said, ruling).await?),
            Command::Release => {
                let decision = said.decision("command.available", "refuse", unavailable);
                return refused(ruling, decision, reply::not_available(command.verb()));
            }
        })
    }

    /// Whether a pull request brings what somebody without the right to write made elsewhere. Only a maintainer's word lets such
    /// a head be looked at.
    ///
    /// # Errors
    /// The forge does not answer.
    pub(super) async fn is_foreign(&self, repo: &RepoId, it: &PullRequest) -> Result<bool, PassError> {
        // A fork's branch is not one of the repository's; the mirror calls it so.
        if it.head.as_str() != format!("forks/{}", it.number) {
            return Ok(false);
        }
        let author = self.principal(repo, it.author.as_str()).await?;
        Ok(author.role.is_none_or(|role| role < Role::Editor))
    }

    /// The same thing as something stands on this item: it may be closed, or show an outsider's revision.
    ///
    /// # Errors
    /// The forge does not answer.
    async fn on_item(&self, said: &Said<'_>, who: &Principal, on: Resource) -> Result<Resource, PassError> {
        let on = Resource { is_closed: said.is_on_closed(), ..on };
        Ok(match &said.on {
            Some(Found::PullRequest(it)) if who.role == Some(Role::Editor) => {
                Resource { is_foreign_head: self.is_foreign(said.repo, it).await?, ..on }
            }
            _ => on,
        })
    }

    /// Somebody on a forge, with the live role.
    ///
    /// # Errors
    /// The forge does not answer: nothing is decided, and it is asked again later.
    pub(super) async fn principal(&self, repo: &RepoId, login: &str) -> Result<Principal, PassError> {
        let role = match login.parse() {
            Ok(login) => match self.runner.forge.role_of(repo, &login).await {
                Ok(role) => role,
                Err(ForgeError::NoUser { .. }) => None,
                Err(error) => return Err(error.into()),
            },
            Err(_) => None,
        };
        Ok(Principal {
            id: login.to_owned(),
            name: login.to_owned(),
            role: role.and_then(|role| Role::from_word(role.as_str())),
            is_human: !login.ends_with("[bot]"),
        })
    }
}
